"""One request to a page: who asks, for what, and what to answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from attrs import field, frozen
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from syncline.engine import Session
from syncline.engine.opening.jobs import AnySession
from syncline.model import Ref
from syncline.state.browsing import Place

from .person import Person, Role
from .rendering import templates
from .site import Pages, WorkingPort
from .vocabulary import ARTICLES, Vocabulary, vocabulary
from .works import Ending, Outcome, Work

MOST_FORM = 16_000_000
"""Bytes of a form: a body of the longest kind, percent-encoded, and a little more."""

MOST_FIELDS = 1000

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Missing(Exception):
    """There is no such page, or this person may not know that there is."""


class Forbidden(Exception):
    """This person's role does not allow it."""


class TooLarge(Exception):
    """The form is longer than any that a page could have sent."""


@frozen(kw_only=True)
class Form:
    """What a person has sent."""

    fields: tuple[tuple[str, str], ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """Return a field; the first where it was sent more than once."""
        return next((value for key, value in self.fields if key == name), default)

    def all(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [value for key, value in self.fields if key == name]


@frozen(kw_only=True)
class Visit:
    """A request, with everything that a view needs."""

    pages: Pages
    request: Request
    form: Form = field(factory=Form)

    @property
    def person(self) -> Person:
        person: Person = self.request.state.person
        return person

    @property
    def job(self) -> str:
        """The job of the path.

        Raises:
            Missing: the runner has none of that name.
        """
        name = str(self.request.path_params["job"])
        if name not in self.pages.runner.jobs:
            raise Missing(f"There is no job {name!r} here.")
        return name

    @property
    def working(self) -> WorkingPort:
        return self.pages.runner.jobs[self.job]

    @property
    def session(self) -> AnySession:
        return self.pages.runner.session(self.job)

    @property
    def articles(self) -> Session:
        """The session of a documents job.

        Raises:
            Missing: the job is of another kind: it has fields, and no articles.
        """
        match self.session:
            case Session() as found:
                return found
            case _:
                raise Missing(
                    f"{self.job} is a configuration job: its rules manage fields. Texts, losses"
                    " and pairs are those of documents jobs."
                )

    def terms_of(self, job: str) -> Vocabulary:
        """Return the words for what a job keeps; those for articles where there is none."""
        known = job in self.pages.runner.jobs
        return vocabulary(self.pages.runner.session(job)) if known else ARTICLES

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def line(self) -> int:
        """Return the number of a line of the history in the path.

        Raises:
            Missing: there cannot be so many.
        """
        number = int(self.path("id"))
        if number >= 2**63:
            raise Missing("There is no such line in the history.")
        return number

    def query(self, name: str, default: str = "") -> str:
        """Return a value of the query."""
        return self.request.query_params.get(name, default)

    def ref(self, name: str = "ref") -> Ref:
        """Return the ref in the query or the form.

        Raises:
            Missing: it is none.
        """
        text = self.form.get(name) or self.query(name)
        try:
            return Ref.parse(text)
        except ValueError:
            raise Missing(f"{text!r} is no reference such as 'wiki:98312'.") from None

    def need(self, role: Role) -> None:
        """Go on only for a person with this role.

        Raises:
            Forbidden: it is another one.
        """
        if not self.person.may(role):
            raise Forbidden(f"This needs the role {role}; you are signed in as {self.person.role}.")

    # -- addresses ---------------------------------------------------------------------------

    def url(self, *segments: object, **query: object) -> str:
        """Return the address of a page; query values of None are left out."""
        root = self.request.scope.get("root_path", "")
        path = root + "/" + "/".join(quote(str(segment), safe="") for segment in segments)
        pairs = {key: value for key, value in query.items() if value is not None and value != ""}
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def here(self, *segments: object, **query: object) -> str:
        """Return the address of a page of this job."""
        return self.url("jobs", self.job, *segments, **query)

    @property
    def after(self) -> Place:
        """Where the page begins, from the query; the start when there is nothing usable."""
        return place_of(self.query("after"))

    # -- answers -----------------------------------------------------------------------------

    def show(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return a page."""
        terms = self.terms_of(values.get("job") or "")
        told = {**self._common(), "terms": terms, **values}
        text = templates().get_template(template).render(told)
        return HTMLResponse(text, status_code=status, headers=HEADERS)

    def _common(self) -> dict[str, Any]:
        return {
            "person": self.person,
            "csrf_token": self.request.state.csrf,
            "url": self.url,
            "jobs": list(self.pages.runner.jobs),
            "terms_of": self.terms_of,
            "path": self.request.url.path,
            "flash": self._flash(),
            "job": None,
        }

    def _flash(self) -> Work | None:
        work = self.pages.works.get(self.query("done"))
        return work if work is not None and self.may_see(work) else None

    def may_see(self, work: Work) -> bool:
        """Tell whether a work is this person's business."""
        return work.person == self.person.name or self.person.may("operator")

    def to(self, address: str) -> Response:
        """Send the browser to another page."""
        return RedirectResponse(address, status_code=303, headers=HEADERS)

    def said(self, address: str, title: str, message: str, ending: Ending = "done") -> Response:
        """Go to a page that says what has just happened."""
        name = self.person.name
        work = self.pages.works.note(message, job=self.job, title=title, person=name, ending=ending)
        return self.to(with_query(address, done=work.id))

    async def started(
        self, do: Callable[[], Awaitable[Outcome]], *, title: str, back: str
    ) -> Response:
        """Start something, and show how it went, or that it runs."""
        works = self.pages.works
        name = self.person.name
        work = works.start(do, job=self.job, title=title, person=name, back=back)
        await works.wait(work, self.pages.patience)
        return self.to(self.url("progress", work.id))


def with_query(address: str, **more: str) -> str:
    """Return an address with more in its query."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(more)}"


def place_of(text: str) -> Place:
    """Return a place that `text_of` wrote; the start for anything else."""
    try:
        title, key = map(str, json.loads(text) if text else ("", ""))
        # Half a surrogate is no text of a database.
        (title + key).encode()
    except (ValueError, TypeError, RecursionError):
        return ("", "")
    return title, key


def text_of(place: Sequence[str] | None) -> str | None:
    """Return a place as a value of a query."""
    return json.dumps(list(place), ensure_ascii=False) if place is not None else None


async def form_of(request: Request) -> Form:
    """Return the fields of a form.

    Raises:
        TooLarge: nobody typed that much.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_FORM:
            raise TooLarge(f"The form is longer than {MOST_FORM:,} bytes.")
        parts.append(part)
    text = b"".join(parts).decode("utf-8", "replace")
    try:
        found = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise TooLarge(f"The form has more than {MOST_FIELDS:,} fields.") from None
    return Form(fields=tuple(found))


Answer = Callable[[Visit], Awaitable[Response]]

__all__ = [
    "HEADERS",
    "MOST_FORM",
    "Answer",
    "Forbidden",
    "Form",
    "Missing",
    "TooLarge",
    "Visit",
    "form_of",
    "place_of",
    "text_of",
    "with_query",
]

"""The plan as an artefact: what a pass would do, to be read, approved, and applied exactly."""

from __future__ import annotations

import json
from math import ceil
from typing import Any

from attrs import asdict, frozen

from ...errors import ConfigError, Refused, Stale
from ..runs.report import Refusal

FORMAT = 1


@frozen(kw_only=True)
class PlanItem:
    """One item of a plan: what was seen, what would be done, and what it would look like."""

    pair: str
    left: str | None
    right: str | None
    title: str
    decision: str
    side: str | None
    reason: str
    left_version: str = ""
    right_version: str = ""
    values: tuple[str, ...] = ()
    """Digests of the documents that would be written, in order, whatever their links lead to."""
    diff: str = ""
    """For people: what changes on the written side."""
    losses: tuple[str, ...] = ()
    detail: str = ""
    calls: float = 0
    """API calls that carrying it out takes."""
    line: str = ""
    """All of it in one sentence, where the job has one: `queue Support: name "A" -> "B" (…)`."""


@frozen(kw_only=True)
class Plan:
    """What one pass would do."""

    job: str
    made_at: str
    mapping: str
    items: tuple[PlanItem, ...] = ()
    examined: int = 0
    calls: float = 0
    minutes: float | None = None
    """How long the calls take at the configured limits; None when there is no limit."""
    refused: Refusal | None = None
    incomplete: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    """Items that could not be looked at, with the reason: the plan says nothing about them."""
    waiting: int = 0
    """Items in quarantine that are not due, which a pass would not try."""
    format: int = FORMAT

    @property
    def duration(self) -> str:
        """Return how long the calls take at the limits, for people; "" where there is no limit."""
        if self.minutes is None:
            return ""
        if self.minutes < 1:
            return f"{ceil(self.minutes * 60)} s"
        return f"{self.minutes:,.1f} minutes"

    def to_json(self) -> str:
        """Return the plan as text; bodies are only in the diffs of items that would change."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Return the plan that `to_json` wrote.

        Raises:
            ConfigError: it is no plan of this version.
        """
        try:
            raw = json.loads(text)
            if raw["format"] != FORMAT:
                raise ConfigError([f"the plan has format {raw['format']}, this is {FORMAT}"])
            return _plan_of(raw)
        except (KeyError, TypeError, ValueError) as error:
            why = "this is not a plan; `syncline plan --out FILE` writes one"
            raise ConfigError([why]) from error

    def require(self, job: str, mapping: str) -> None:
        """Refuse to be applied to a job that it was not made for.

        Args:
            mapping: the version of the job's rules, as they are now.

        Raises:
            Refused: it is another job's.
            Stale: the rules have changed since.
        """
        if self.job != job:
            raise Refused(f"the plan is for job {self.job}, this is {job}")
        if self.mapping != mapping:
            raise Stale("the rules have changed since the plan was made; plan again")


def _plan_of(raw: dict[str, Any]) -> Plan:
    items = tuple(
        PlanItem(**{**i, "values": tuple(i["values"]), "losses": tuple(i["losses"])})
        for i in raw["items"]
    )
    refused = raw["refused"]
    refusal = Refusal(**{**refused, "titles": tuple(refused["titles"])}) if refused else None
    rest = {k: raw[k] for k in ("job", "made_at", "mapping", "examined", "calls", "minutes")}
    return Plan(
        **rest,
        items=items,
        refused=refusal,
        incomplete=tuple(raw["incomplete"]),
        alarms=tuple(raw["alarms"]),
        failed=tuple(raw.get("failed", ())),
        waiting=raw.get("waiting", 0),
    )

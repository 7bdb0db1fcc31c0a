"""Writes `docs/reference/*.md` from the code: `python -m syncline.cli.reference docs/reference`.

Every sentence of these pages stands in the code that does it, so they cannot say something else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .. import plugins
from ..config.jobs import KINDS
from ..config.jobs import settings_of as settings_of_job
from ..config.schema import of_type
from ..config.service import Service
from ..connector import Connector
from ..mapping.inputs import EXAMPLE
from .config_kinds import OTHERS, kinds_of, naming, refused_of, rows_of_kind
from .connectors import SettingRow, forms_of, rows_of, settings_of, type_name
from .interaction_page import interaction_page
from .parser import overview, parser_for
from .verbs import VERBS

NOTE = "<!-- Written by `python -m syncline.cli.reference docs/reference`; do not edit. -->"
WIDTH = 96
"""Columns of the help texts in the pages, whatever terminal writes them."""


def pages(connectors: Mapping[str, Connector]) -> dict[str, str]:
    """Return the pages by file name."""
    found = {
        "command-line.md": _command_line(),
        "configuration.md": _configuration(),
        "interaction-events.md": f"{NOTE}\n\n{interaction_page()}",
    }
    for name, connector in connectors.items():
        found[f"connector-{name}.md"] = "\n".join(_connector(connector)) + "\n"
    return found


def _command_line() -> str:
    return "\n".join(_command_lines()) + "\n"


def _command_lines() -> Iterator[str]:
    yield from (NOTE, "", "# Command line", "")
    yield from _fenced(overview(()))
    for verb in VERBS:
        yield from (f"## syncline {verb.name}", "")
        for parser in _parsers(parser_for(verb.name), verb.name):
            yield from _fenced(_help(parser))


def _parsers(parser: argparse.ArgumentParser, name: str) -> Iterator[argparse.ArgumentParser]:
    """Yield the parser of a verb, and those of the words that may follow it."""
    for found in _choices(parser).get(name, ()):
        yield found
        for inner in _choices(found).values():
            yield from inner


def _choices(parser: argparse.ArgumentParser) -> dict[str, list[argparse.ArgumentParser]]:
    actions = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    return {name: [inner] for action in actions for name, inner in action.choices.items()}


def _help(parser: argparse.ArgumentParser) -> str:
    parser.formatter_class = _fixed
    return parser.format_help()


def _fixed(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, width=WIDTH)


def _fenced(text: str) -> Iterator[str]:
    yield from ("```text", text.rstrip("\n"), "```", "")


def _configuration() -> str:
    return "\n".join(_configuration_lines()) + "\n"


def _configuration_lines() -> Iterator[str]:
    yield from (NOTE, "", "# Configuration file", "", _INTRODUCTION)
    for kind in KINDS:
        yield from (f"## Jobs of kind `{kind}`", "", "`[jobs.<name>]`", "")
        yield from _settings(of_type(settings_of_job(kind)))
    yield from ("", "## The service", "", _SERVICE, "`[service]`", "")
    yield from _settings(of_type(Service))
    yield from ("", "## Expressions", "", _EXPRESSIONS)
    yield from (f"| `{name}` | `{example!r}` |" for name, example in EXAMPLE.items())
    yield from ("", _IDS, "", "## Rules", "", _RULES)


_INTRODUCTION = """\
`syncline.toml` has a `state` (the SQLite file that remembers what was synchronised), connections
and jobs. A state that several machines share is kept by a connection:
`state = { connection = "cloud", table = "syncline" }`. `syncline init` writes a file to begin with,
`syncline check` finds every fault of it with line and column, `syncline schema` prints its JSON
Schema for editors. Unknown keys are faults.

| value | written as |
|---|---|
| duration | `"30s"`, `"10m"`, `"4h"`, `"1d"` |
| schedule | five cron fields in UTC, such as `"0 2 * * *"` |
| secret | `{ env = "NAME" }`, `{ file = "path" }`, or `{ <provider> = "name" }`; never as text |
| path of titles | `"Orders/Returns"`, or `["Orders", "Returns"]` when a title has a slash |
| file or folder | relative ones begin at the folder of `syncline.toml` |

`[connections.<name>]` has a `connector` and the settings of that connector; each has a page here.
`[connections.<name>.webhook]` has a `form` and the settings of that form: see the same page, and
[webhooks](../webhooks.md) for what to set up on the other end.
"""

_SERVICE = """\
What `syncline run` offers over HTTP. Nothing of it is required: without `[service]` pages and the
receiver of webhooks listen on loopback, and a one-time address is printed at the start.
"""

_EXPRESSIONS = """\
Conditions (`when`) and templates are CEL, the Common Expression Language. A filter may also be a
condition alone: `include = "'public' in labels"`. They know these names:

| name | example |
|---|---|"""


_IDS = """\
The external id of a copy is Syncline's mark of where the copy came from, by which it is found
again after a crash or a lost state. How it is written is up to the copy's connection: one to
Genesys takes templates that the original's id can be read back from, such as
`external_ids = { wiki = "'KB-' + id" }`. The address of the original goes beside it where a
system has a place for it."""


_RULES = """\
A rule of a configuration job keeps one field at the value of its expression:

```toml
[[jobs.capacity.rules]]
from = { asg = "cloud:autoscaling-group/ivr" }
to = "cx:utilization/organization#call.maximumCapacity"
expression = "min(4000, max(5, asg.in_service * 100))"
```

A name of `from` stands for an object (`asg.in_service` is a field of it), or for the value of one
field: `"cloud:ssm-parameter//acme/hours#value"`. Behind the last `#` stands the field; a table
`{ item = …, field = …, type = … }` says the same, and says the type of a field that only the object
knows. An object has more fields than a rule reads; a field of it that is not there, or null, can be
asked for with `has(asg.in_service)`.

Expressions are CEL with its functions and macros, and `min` and `max` over numbers. Whole numbers
(64 bits) and doubles do not mix in arithmetic: write `double(…)` or `int(…)`. A value is taken as
the target's type where nothing of it is lost: 500.0 is 500, 500.5 is refused. Division by zero,
overflow and what is no number are refused, too: the target stays, and people are told.

`inverse` makes a rule two-way: it is CEL over `to`, the target's value, and gives the only input.
A value of the target from which the rule would make another one is not carried back, and people are
told: with `to / 100`, somebody's 550 would come back as 500.

Then, in this order:

1. **bounds**: a value below `minimum` or above `maximum` is refused and reported; with
   `clamp = true` it becomes the bound, and that is reported. The field's own range counts, too.
2. **step**: the value becomes the nearest multiple of `step` inside the bounds; half way goes up.
3. **hysteresis**: a value nearer than this to the applied one is not applied.
4. **cooldown**: at least this long between two changes of the target.

`syncline check` finds fields that do not exist or cannot be written, types that do not go together,
bounds that contradict each other or the field, two rules that write one field, and rules that feed
each other in a circle, at line and column."""


def _settings(schema: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield a table of settings, and below it those of the tables inside."""
    yield "| key | value | default | what it does |"
    yield "|---|---|---|---|"
    inner: list[tuple[str, Mapping[str, Any]]] = []
    for name, setting in schema["properties"].items():
        table = _table(setting)
        if table is not None:
            named = ".<name>" if "additionalProperties" in setting and table is not setting else ""
            inner.append((f"{prefix}{name}{named}", table))
        default = "required" if name in schema["required"] else _default(setting)
        kind = _cell(type_name(setting))
        yield f"| `{name}` | {kind} | {default} | {_cell(setting.get('description', ''))} |"
    for key, table in inner:
        yield from ("", f"### `{key}`", "")
        yield from _settings(table, f"{key}.")


def _table(setting: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the table that a setting is, or a list of, or may be; secrets are none."""
    named = setting.get("additionalProperties") or {}
    forms = [setting, setting.get("items", {}), named, *setting.get("oneOf", [])]
    tables = (form for form in forms if "properties" in form and "env" not in form["properties"])
    return next(tables, None)


def _default(setting: Mapping[str, Any]) -> str:
    import json

    if "default" not in setting or setting["default"] in ([], ""):
        return ""
    return f"`{json.dumps(setting['default'], ensure_ascii=False)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _connector(connector: Connector) -> Iterator[str]:
    yield from (NOTE, "", f"# Connector `{connector.name}`", "", connector.summary, "")
    yield from (f"It offers: {', '.join(connector.ports)}.", "", "```toml")
    yield from ("[connections.<name>]", f'connector = "{connector.name}"', "```", "")
    yield from _rows(settings_of(connector))
    for name, form in forms_of(connector):
        yield from ("", f"## Webhook `{name}`", "", form.summary, "", "```toml")
        yield from ("[connections.<name>.webhook]", f'form = "{name}"', "```", "")
        yield from _rows(rows_of(form.settings))
    yield from _kinds(connector)


def _kinds(connector: Connector) -> Iterator[str]:
    if connector.kinds is None:
        return
    yield from ("", "## Configuration objects", "", _OBJECTS)
    for kind in kinds_of(connector):
        yield from ("", f"### `{kind.name}`", "", kind.summary, "")
        yield from (f"Written as `<connection>:{kind.name}/{naming(kind)}`.", "")
        yield "| field | value | rules may write it | what it is |"
        yield "|---|---|---|---|"
        for row in rows_of_kind(kind):
            name = row.name if row.name == OTHERS else f"`{row.name}`"
            yield f"| {name} | {row.type} | {'yes' if row.writable else 'no'} | {_cell(row.help)} |"
    yield from _refused(connector)


def _refused(connector: Connector) -> Iterator[str]:
    refused = refused_of(connector)
    if refused:
        yield from ("", "### Not driven", "", _REFUSED, "", "| what | why |", "|---|---|")
    yield from (f"| `{name}` | {_cell(why)} |" for name, why in refused.items())


_OBJECTS = """\
What rules of [jobs of kind `config`](configuration.md#jobs-of-kind-config) can read and write."""
_REFUSED = "`syncline check` answers a rule that names one of these with the reason."


def _rows(rows: Iterable[SettingRow]) -> Iterator[str]:
    yield "| setting | value | default | what it is |"
    yield "|---|---|---|---|"
    for row in rows:
        default = "required" if row.required else f"`{row.default}`" if row.default else ""
        yield f"| `{row.name}` | {_cell(row.type)} | {default} | {_cell(row.help)} |"


OURS = ("aws", "confluence", "files", "genesys", "kafka", "lines")
"""The connectors that have a page in this repository."""


def main(argv: list[str] | None = None) -> int:
    """Write the pages; with --check, only tell whether they are current."""
    parser = argparse.ArgumentParser(prog="python -m syncline.cli.reference")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when stale")
    args = parser.parse_args(argv)
    made = pages({name: plugins.load(name) for name in OURS})
    stale = [name for name, text in made.items() if _read(args.folder / name) != text]
    if args.check:
        print(*(f"{args.folder / name} is not current" for name in stale), sep="\n", end="")
        return 1 if stale else 0
    args.folder.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (args.folder / name).write_text(made[name], encoding="utf-8")
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())

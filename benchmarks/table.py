"""The one table that a run prints, and the same as JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence

from .measuring import Outcome, Result, Skipped

_HEAD = ("goal", "measured (min-max)", "limit", "A/A", "verdict", "what")


def _number(value: float, unit: str) -> str:
    return f"{value:,.0f}" if unit in ("", "requests") else f"{value:.3g}"


def _row(result: Result) -> tuple[str, ...]:
    match result:
        case Skipped():
            return (result.goal, "-", "-", "-", "skipped", f"{result.what}: {result.reason}")
        case Outcome():
            low, high = min(result.samples), max(result.samples)
            numbers = [_number(n, result.unit) for n in (result.median, low, high)]
            spread = f" ({numbers[1]}-{numbers[2]})" if len(result.samples) > 1 else ""
            sign = ">=" if result.at_least else "<="
            noise = f"{statistics.median(result.control):.2f}" if result.control else ""
            limit = f"{sign} {_number(result.limit, result.unit)} {result.unit}".rstrip()
            what = f"{result.what}; {result.beside}" if result.beside else result.what
            return (result.goal, numbers[0] + spread, limit, noise, result.verdict, what)


def table(results: Sequence[Result]) -> str:
    """Return the results as aligned text, one line each."""
    rows = [_HEAD, *(_row(result) for result in results)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(_HEAD) - 1)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[-1]]))
    return "\n".join(lines)


def as_json(results: Sequence[Result]) -> str:
    """Return the results with every sample."""
    return json.dumps([_entry(result) for result in results], indent=2)


def _entry(result: Result) -> dict[str, object]:
    match result:
        case Skipped():
            return {"goal": result.goal, "what": result.what, "skipped": result.reason}
        case Outcome():
            return {
                "goal": result.goal,
                "what": result.what,
                "unit": result.unit,
                "median": result.median,
                "samples": list(result.samples),
                "limit": result.limit,
                "at_least": result.at_least,
                "control": list(result.control),
                "beside": result.beside,
                "verdict": result.verdict,
            }

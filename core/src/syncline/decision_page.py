"""The page about decisions, printed from the table that decides."""

from __future__ import annotations

from .decision import TABLE, Seen

_INTRO = """# What happens to a pair

<!-- Printed by `python -m syncline.decision_page`; a test compares it with the code. -->

Each side is compared with what that side itself held when both last agreed:
"""

_MEANING = {
    Seen.UNCHANGED: "unchanged",
    Seen.CHANGED: "edited",
    Seen.GONE: "confirmed gone: trashed, archived or purged",
    Seen.RESTRICTED: "became restricted",
    Seen.UNKNOWN: "not known: an incomplete listing, a failed read, an unknown visibility",
    Seen.OUTSIDE: "alive, but moved out of the connection's scope",
}

_AFTER = """
The table is the same for every job; the policy decides inside its cells. An original is the item
that was written first; a copy is what Syncline made of it. Deletions go through the delete
governor, withdrawals never do, and an edit beats a deletion under every policy.
"""


def page() -> str:
    """Return the page as Markdown."""
    meaning = [f"- **{seen.value}** {text}" for seen, text in _MEANING.items()]
    head = "| left \\ right | " + " | ".join(f"**{seen.value}**" for seen in Seen) + " |"
    rule = "|---" * (len(Seen) + 1) + "|"
    rows = [
        f"| **{left.value}** | " + " | ".join(TABLE[left, right].value for right in Seen) + " |"
        for left in Seen
    ]
    return "\n".join([_INTRO, *meaning, "", head, rule, *rows, _AFTER])


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 -- this is what the module is for

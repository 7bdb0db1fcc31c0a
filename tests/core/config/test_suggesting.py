"""What a message says about a word that nothing knows."""

from __future__ import annotations

from syncline.suggestions import MOST, nearest


def test_the_nearest_word_is_told() -> None:
    assert nearest("desird", ["desired", "min"], "fields") == "did you mean 'desired'?"


def test_without_one_all_are_told_as_long_as_a_message_is_readable() -> None:
    names = [f"n{number:02}" for number in range(MOST)]
    assert nearest("capacity", names, "fields") == f"fields: {', '.join(names)}"
    told = nearest("capacity", [*names, "zz", "zzz"], "fields")
    assert told == f"fields: {', '.join(names)}, and 2 more"
    assert nearest("capacity", [], "fields") == "there are no fields"

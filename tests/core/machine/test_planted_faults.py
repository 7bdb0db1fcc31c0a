"""Each fault that is planted on purpose is noticed by a short history; the engine itself passes."""

from __future__ import annotations

import pytest

from syncline.decision import Direction, OnConflict, Policy
from syncline.model import Side
from syncline.testing.histories import History, Step, check, generate
from syncline.testing.planted import FAULTS, WITHSTOOD
from syncline.testing.world import Setup, Traits

L, R = Side.LEFT, Side.RIGHT


def history(*steps: Step, setup: Setup | None = None) -> History:
    return History(seed=0, setup=setup or Setup(right=Traits()), steps=steps)


MANY: tuple[Step, ...] = tuple(("write", L, 0) for _ in range(6))

HISTORIES: dict[str, History] = {
    "BelievesWhatItSent": history(
        ("write", L, 1), setup=Setup(right=Traits(quirky=True))
    ),
    "TakesHiddenForPurged": history(
        ("write", R, 317), ("sync", L, 0), ("edit", L, 6312), ("hide", R, 0)
    ),
    "WritesOverAnyVersion": history(
        ("write", R, 1), ("sync", L, 0), ("edit", R, 0), ("act_during", L, 22 * 1 + 13)
    ),
    "SeesNoRestriction": history(("write", L, 362), ("sync", L, 0), ("restrict", L, 0)),
    "TakesUnknownForOpen": history(
        ("write", L, 0), ("write", L, 0), ("obscure", L, 0), ("rewrite", L, 0)
    ),
    "NeverLooks": history(
        ("write", L, 161), ("fail", R, 22613), ("sync", L, 0),
        setup=Setup(right=Traits(marks_late=True)),
    ),
    "PublishesAnyDraft": history(
        ("write", L, 0), ("sync", R, 0), ("label", R, 0), ("start_draft", L, 0), ("sync", R, 0),
        setup=Setup(left=Traits(drafts=True), right=Traits()),
    ),
    "NeverSettles": history(("write", R, 0)),
    "DropsOpaqueBlocks": history(("write", L, 903)),
    "SeesNoLabels": history(
        ("write", L, 0), ("sync", L, 0), ("label", L, 0),
        setup=Setup(left=Traits(labels_unversioned=True), right=Traits()),
    ),
    "WritesLooseMarkup": history(("write", R, 0)),
    "JournalsNothing": history(
        ("write", L, 0), ("die_syncing", R, 0), ("rename", L, 0),
        setup=Setup(right=Traits(origin=False)),
    ),
    "ChecksNoFence": history(("write", R, 107), ("two_workers", R, 62882)),
    "KeepsNoLoser": history(
        ("write", L, 0), ("sync", R, 0), ("edit", L, 0), ("edit", R, 0),
        setup=Setup(right=Traits(), policy=Policy(on_conflict=OnConflict.LEFT_WINS)),
    ),
    "KeepsNoBase": history(("write", L, 1), ("sync", L, 0), ("add", L, 0)),
    "ForgetsTheDead": history(("write", R, 4), ("sync", L, 0), ("leave", L, 0)),
    "MissesOtherRules": history(("write", L, 0), ("sync", L, 0), ("remap", L, 1)),
    "NoGovernor": history(
        *MANY, ("sync", L, 0), ("sync", L, 0), *(("trash", L, 0) for _ in range(5)), ("sync", L, 0)
    ),
    "IgnoresTheDirection": history(
        ("write", R, 786),
        setup=Setup(right=Traits(), policy=Policy(direction=Direction.LEFT_TO_RIGHT)),
    ),
    "TakesNoTurns": history(
        ("write", L, 1), ("write", L, 2), ("write", R, 1), ("sync", L, 0), ("edit", L, 0),
        ("edit", R, 1), ("trash", L, 1), ("write", L, 0), ("meanwhile", L, 36),
    ),
}  # fmt: skip

# Where in a pass a fault does harm depends on how many calls a pass makes: these look for it.
SEARCHED = {
    "JournalsNothing": [("die_syncing", R, n) for n in range(30)],
    "ChecksNoFence": [("two_workers", R, n) for n in range(20)],
    "TakesNoTurns": [("meanwhile", L, n) for n in range(30, 150)],
    "WritesOverAnyVersion": [("act_during", L, n) for n in range(1, 1500, 22)],
}


def variants(name: str) -> list[History]:
    plain = HISTORIES[name]
    places = [
        i
        for i, step in enumerate(plain.steps)
        if step[0] in ("die_syncing", "two_workers", "act_during", "meanwhile")
    ]
    if name not in SEARCHED:
        return [plain]
    at = places[0]
    return [
        History(seed=0, setup=plain.setup, steps=(*plain.steps[:at], step, *plain.steps[at + 1 :]))
        for step in SEARCHED[name]
    ]


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_noticed(name: str) -> None:
    failures = (check(one, seams=FAULTS[name]) for one in variants(name))
    assert any(failure is not None for failure in failures)


@pytest.mark.parametrize("name", FAULTS)
def test_without_the_fault_the_same_history_is_fine(name: str) -> None:
    for one in variants(name)[:5]:
        failure = check(one)
        assert failure is None, str(failure)


@pytest.mark.parametrize("name", WITHSTOOD)
def test_what_a_store_may_do_wrong_without_harm(name: str) -> None:
    for seed in range(16):
        failure = check(generate(seed), seams=WITHSTOOD[name])
        assert failure is None, str(failure)

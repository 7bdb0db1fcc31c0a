"""Random histories keep every promise; those that once broke one are kept, cut down."""

from __future__ import annotations

import asyncio
import os

import pytest

from syncline.decision import Deletes, Direction, OnConflict, Otherwise, Policy
from syncline.model import Side, Status
from syncline.testing.histories import Failure, History, Step, check, generate, run, shrink
from syncline.testing.planted import FAULTS
from syncline.testing.world import Setup, Traits

L, R = Side.LEFT, Side.RIGHT
BATCHES = 8
PER_BATCH = int(os.environ.get("SYNCLINE_HISTORIES", "96")) // BATCHES


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_histories_keep_every_promise(batch: int) -> None:
    for seed in range(batch * PER_BATCH, (batch + 1) * PER_BATCH):
        failure = check(generate(seed))
        assert failure is None, str(shrink(failure))


def test_a_seed_is_one_history_and_one_run() -> None:
    first, second = generate(7), generate(7)
    assert first == second
    worlds = [asyncio.run(run(history)) for history in (first, second)]
    assert worlds[0].left.mutations == worlds[1].left.mutations
    assert worlds[0].right.mutations == worlds[1].right.mutations


def test_a_failing_history_is_cut_down_to_what_it_needs() -> None:
    steps: tuple[Step, ...] = (
        *(("write", L, n) for n in range(4)),
        *(("sync", L, 0), ("touch", R, 1), ("wait", L, 2), ("restrict", L, 1), ("poll", R, 0)),
    )
    long = History(seed=0, setup=Setup(policy=Policy(otherwise=Otherwise.LEFT)), steps=steps)
    failure = check(long, seams=FAULTS["SeesNoRestriction"])
    assert isinstance(failure, Failure)
    short = shrink(failure, seams=FAULTS["SeesNoRestriction"])
    assert [name for name, _, _ in short.history.steps] == ["write", "sync", "restrict"]
    assert short.history.setup.policy == Policy()
    assert "restrict(left, 1)" in str(short)


PLAIN = Setup(right=Traits())

FOUND: dict[str, tuple[Setup, tuple[Step, ...]]] = {
    "a copy that was moved out of scope is not made again every pass": (
        PLAIN,
        (("write", L, 274), ("sync", L, 0), ("leave", R, 0)),
    ),
    "a leftover of a pair whose original left the scope is left in peace": (
        Setup(right=Traits(), policy=Policy(deletes=Deletes.KEEP)),
        (("write", L, 479), ("sync", L, 0), ("leave", L, 0)),
    ),
    "a leftover of a pair whose original was deleted is not copied back": (
        Setup(right=Traits(origin=False), policy=Policy(deletes=Deletes.KEEP)),
        (("write", L, 154), ("sync", R, 0), ("archive", L, 0)),
    ),
    "an original that is hidden for long changes nothing any more": (
        PLAIN,
        (("write", R, 317), ("sync", R, 0), ("hide", R, 0), ("unlabel", L, 0)),
    ),
    "an item that a create found instead of making is no agreed base": (
        PLAIN,
        (
            *(("write", R, 149), ("write", R, 437), ("fail", L, 66952)),
            *(("die_syncing", L, 87946), ("sync", R, 0), ("rename", R, 4367)),
        ),
    ),
    "a create that lost its mark and was edited since is recognised": (
        Setup(right=Traits(marks_late=True)),
        (
            *(("write", L, 255), ("write", L, 159), ("write", L, 827)),
            *(("die_syncing", R, 72146), ("label", R, 8437), ("rename", L, 58570)),
        ),
    ),
    "a page that was moved keeps its base": (
        PLAIN,
        (
            *(("write", L, 0), ("write", L, 0), ("sync", L, 0), ("move", R, 6), ("touch", R, 0)),
            *(("sync", L, 0), ("edit", L, 0)),
        ),
    ),
    "an edit that was held because the other side could not be read travels later": (
        PLAIN,
        (
            *(("write", L, 1), ("sync", L, 0), ("edit", L, 0), ("spoil", R, 0), ("sync", L, 0)),
            *(("spoil", R, 0), ("sync", L, 0)),
        ),
    ),
    "an edit after an undo travels with what the undo left different": (
        PLAIN,
        (
            *(("write", L, 0), ("sync", L, 0), ("edit", R, 0), ("sync", L, 0), ("undo", L, 0)),
            *(("label", R, 0), ("sync", L, 0)),
        ),
    ),
    "an undo that is repeated is no error": (
        PLAIN,
        (
            *(("write", L, 0), ("write", L, 0), ("sync", L, 0), ("trash", L, 0), ("sync", L, 0)),
            *(("undo", L, 0), ("undo", L, 1), ("undo", L, 2), ("undo", L, 0)),
        ),
    ),
    "what comes back into scope is synced": (
        PLAIN,
        (
            *(("write", L, 0), ("sync", L, 0), ("poll", L, 0), ("write", R, 0), ("leave", R, 1)),
            *(("poll", L, 0), ("leave", R, 1)),
        ),
    ),
    "a draft that was thrown away before it was published is no success": (
        Setup(left=Traits(drafts=True), right=Traits()),
        (("write", R, 317), ("sync", L, 0), ("drop", R, 16887), ("act_during", L, 35459)),
    ),
    "the winner's edit of something opaque is a conflict under every policy": (
        Setup(right=Traits(poor=True), policy=Policy(otherwise=Otherwise.RIGHT)),
        (("write", L, 891), ("sync", L, 0), ("edit", L, 0), ("edit", R, 95807)),
    ),
    "an item that is left in peace is not set aside any more": (
        Setup(right=Traits(), policy=Policy(deletes=Deletes.KEEP)),
        (
            *(("write", R, 709), ("write", R, 861), ("sync", L, 0), ("trash", R, 20795)),
            *(("fail", R, 87741), ("sync", L, 0)),
        ),
    ),
    "an edit that a vendor's own history proves to be one travels": (
        Setup(left=Traits(keeps_history=True), right=Traits()),
        (
            *(("write", L, 34458), ("sync", R, 0), ("undo", R, 48492)),
            *(("restore", R, 88836), ("edit", L, 13412)),
        ),
    ),
    "a process that was replaced creates nothing any more": (
        Setup(right=Traits(origin=False)),
        (
            *(("write", L, 683), ("write", L, 304), ("write", R, 617), ("write", R, 392)),
            *(("two_workers", L, 42703), ("obscure", L, 94677)),
        ),
    ),
    "a page that could neither be read nor placed is no secret once everybody reads it": (
        PLAIN,
        (
            *(("write", L, 390), ("obscure", L, 0), ("spoil", L, 0), ("rename", L, 0)),
            *(("obscure", L, 0), ("spoil", L, 0)),
        ),
    ),
    "what a person chooses counts as chosen until the last of several choices is done": (
        Setup(left=Traits(marks_late=True), right=Traits(drafts=True)),
        (
            *(("write", R, 767), ("write", L, 798), ("write", R, 81), ("write", L, 650)),
            *(("write", L, 878), ("write", R, 274), ("die_in_the_midst", R, 48991)),
            *(("die_in_the_midst", L, 26683), ("rename", R, 65674), ("label", R, 65280)),
            ("die_in_the_midst", R, 41658),
        ),
    ),
    "nobody saves an article past the draft of it that is being published": (
        Setup(right=Traits(drafts=True)),
        (
            *(("write", R, 685), ("write", R, 951), ("meanwhile", R, 34557)),
            *(("rewrite", L, 5670), ("rewrite", L, 67181), ("act_during", R, 30873)),
        ),
    ),
    "a page that was restricted after it had been listed is met once it is open": (
        PLAIN,
        (
            *(("write", R, 638), ("write", L, 695), ("act_during", L, 53726)),
            ("unrestrict", L, 0),
        ),
    ),
    "a page of a side that is only written is not set aside for ever": (
        Setup(right=Traits(), policy=Policy(direction=Direction.LEFT_TO_RIGHT)),
        (
            *(("write", R, 133), ("sync", L, 0), ("spoil", R, 0), ("sync", L, 0)),
            ("spoil", R, 0),
        ),
    ),
    "a page of a side that is only written is read again when two processes set it aside": (
        Setup(right=Traits(), policy=Policy(direction=Direction.RIGHT_TO_LEFT)),
        (
            *(("write", L, 278), ("two_workers", L, 59302), ("spoil", L, 0)),
            *(("two_workers", R, 43173), ("spoil", L, 0)),
        ),
    ),
    "an original that is lost is made anew on no side that is only read": (
        Setup(right=Traits(), policy=Policy(direction=Direction.RIGHT_TO_LEFT)),
        (
            *(("write", R, 39), ("write", R, 133), ("act_during", L, 84522), ("poll", R, 86495)),
            *(("hide", R, 19465), ("edit", L, 76511), ("act_during", L, 74491)),
            *(("poll", L, 28857), ("resolve", R, 85746)),
        ),
    ),
    "the side that is taken after an undo is what both sides say": (
        Setup(policy=Policy(otherwise=Otherwise.LEFT)),
        (
            *(("write", L, 22), ("write", R, 996), ("act_during", R, 87313)),
            *(("unlabel", R, 63675), ("act_during", L, 86619), ("undo", L, 78534)),
            ("die_in_the_midst", L, 94574),
        ),
    ),
    "an original that is still archived takes its copy along, restored or not": (
        PLAIN,
        (
            ("write", L, 497),
            ("sync", L, 0),
            ("archive", R, 0),
            ("archive", L, 0),
            ("restore", R, 0),
        ),
    ),
    "a copy that is still archived takes its original along, restored or not": (
        PLAIN,
        (
            ("write", R, 889),
            ("sync", L, 0),
            ("archive", R, 0),
            ("archive", L, 0),
            ("restore", L, 0),
        ),
    ),
    "a label that comes while an article is written travels, though it makes no version": (
        Setup(right=Traits(labels_unversioned=True)),
        (("write", R, 77253), ("sync", L, 0), ("label", L, 0), ("act_during", R, 95694)),
    ),
    "a label that comes while a dead process is replaced travels, though it makes no version": (
        Setup(right=Traits(labels_unversioned=True)),
        (
            *(("write", L, 199), ("sync", L, 0), ("die_polling", R, 55867), ("label", L, 0)),
            *(("label", R, 0), ("die_polling", R, 65968), ("label", R, 0)),
        ),
    ),
    "a copy that a person takes back from the trash does not flap": (
        Setup(
            left=Traits(marks_late=True, removal=Status.ARCHIVED),
            right=Traits(),
            policy=Policy(direction=Direction.RIGHT_TO_LEFT, on_conflict=OnConflict.RIGHT_WINS),
        ),
        (("write", R, 430), ("sync", L, 0), ("trash", L, 0), ("sync", R, 0), ("restore", L, 0)),
    ),
    "two creates that were given up and both came through after all leave one copy": (
        Setup(left=Traits(marks_late=True), right=Traits()),
        (
            *(("write", R, 988), ("write", R, 799), ("die_syncing", R, 39136), ("sync", R, 0)),
            *(("fail", L, 8956), ("sync", R, 0), ("sync", R, 0)),
        ),
    ),
    "a create that came through late is not taken for an article of its own": (
        Setup(right=Traits(marks_late=True)),
        (
            *(("write", L, 154), ("write", L, 739), ("fail", R, 43462), ("meanwhile", L, 19168)),
            ("obscure", L, 23071),
        ),
    ),
    "an original that comes back into scope before its copy does gets no second one": (
        Setup(left=Traits(origin=False), right=Traits()),
        (
            *(("write", R, 428), ("sync", L, 0), ("act_during", L, 19488), ("leave", R, 51808)),
            *(("leave", L, 71436), ("sync", L, 0), ("leave", R, 13072), ("sync", R, 0)),
            ("leave", L, 56052),
        ),
    ),
    "a copy out of scope is no base for an original that comes back": (
        PLAIN,
        (
            *(("write", R, 679), ("sync", L, 0), ("leave", L, 92925), ("edit", R, 10100)),
            *(("leave", R, 26845), ("die_syncing", R, 96760), ("leave", R, 63082)),
            ("die_syncing", R, 17711),
        ),
    ),
    "a choice that waits for its turn is not about a text that came meanwhile": (
        Setup(right=Traits(poor=True)),
        (
            *(("write", L, 682), ("write", L, 647), ("write", L, 905)),
            *(("write", L, 795), ("sync", L, 52713), ("rewrite", R, 32207)),
            *(("sync", R, 61135), ("rewrite", L, 26971), ("die_in_the_midst", R, 7174)),
        ),
    ),
    "an edit that is written to an article just removed is not lost": (
        PLAIN,
        (
            *(("write", R, 630), ("write", R, 682), ("write", L, 733)),
            *(("write", L, 97), ("lag", L, 72624), ("act_during", R, 5832)),
            *(("add", R, 95223), ("act_during", L, 10258), ("sync", L, 847)),
        ),
    ),
    "a publish that comes late does not publish a person's draft": (
        Setup(left=Traits(drafts=True), right=Traits()),
        (
            *(("write", R, 99), ("write", R, 355), ("write", R, 548)),
            *(("fail", L, 60853), ("die_in_the_midst", R, 85711), ("die_in_the_midst", L, 14123)),
            ("start_draft", L, 64042),
        ),
    ),
    "a draft in a copy that nobody can read any more goes with it": (
        Setup(right=Traits(drafts=True)),
        (
            *(("write", L, 884), ("meanwhile", R, 6018), ("obscure", R, 18649)),
            *(("start_draft", R, 25839), ("obscure", L, 68912)),
        ),
    ),
    "a draft that a dead process left is ours in the form that the vendor gives it": (
        Setup(left=Traits(drafts=True, quirky=True), right=Traits()),
        (
            *(("write", R, 241), ("write", R, 628), ("write", R, 767)),
            *(("write", R, 126), ("die_syncing", R, 48299), ("trash", R, 75073)),
        ),
    ),
    "taking a side takes nothing from the other that it cannot show": (
        Setup(left=Traits(marks_late=True), right=Traits(poor=True)),
        (
            *(("write", L, 955), ("meanwhile", R, 73632), ("add", R, 9113)),
            *(("rewrite", R, 83141), ("write", R, 94183), ("add", L, 49901)),
            *(("write", R, 66646), ("meanwhile", R, 16250)),
        ),
    ),
    "late copies of what cannot be seen any more are taken away": (
        PLAIN,
        (
            *(("write", R, 593), ("write", L, 107), ("write", L, 232)),
            *(("fail", R, 63766), ("sync", R, 23192), ("obscure", L, 37866)),
            ("act_during", L, 40506),
        ),
    ),
    "a copy restored after its original was purged goes like any other": (
        PLAIN,
        (
            *(("write", R, 18965), ("sync", L, 35742), ("archive", L, 29763)),
            *(("die_in_the_midst", L, 41076), ("purge", R, 82439), ("restore", L, 62660)),
        ),
    ),
    "a label that no version tells of goes with the article it was put on just before": (
        Setup(right=Traits(labels_unversioned=True)),
        (
            *(("write", L, 476), ("act_during", L, 61769), ("act_during", L, 27039)),
            ("act_during", R, 45534),
        ),
    ),
    "a run is taken back while it is still under way": (
        Setup(left=Traits(drafts=True), right=Traits()),
        (
            *(("write", L, 430), ("write", R, 978), ("write", L, 262)),
            *(("write", R, 550), ("write", L, 64), ("write", R, 993)),
            *(("flaky", R, 22202), ("die_in_the_midst", L, 78987), ("add", R, 31249)),
            ("die_in_the_midst", R, 12555),
        ),
    ),
    "what an undo brings back is a copy if it was one": (
        Setup(
            left=Traits(labels_unversioned=True),
            right=Traits(),
            policy=Policy(direction=Direction.RIGHT_TO_LEFT),
        ),
        (
            *(("write", R, 883), ("die_in_the_midst", L, 13881), ("sync", R, 25725)),
            *(("plan_apply", L, 70234), ("rename", R, 9640), ("die_in_the_midst", L, 97291)),
            *(("die_in_the_midst", R, 10106), ("restrict", L, 50555)),
        ),
    ),
    "late copies that the vendor has reworded are withdrawn with their original": (
        Setup(right=Traits(quirky=True)),
        (
            *(("fail", R, 38062), ("write", L, 47836), ("write", R, 88053)),
            *(("die_in_the_midst", L, 15486), ("write", L, 26158), ("meanwhile", R, 5850)),
            ("meanwhile", R, 5815),
        ),
    ),
    "an item that failed waits for as long as the other side lists nothing": (
        PLAIN,
        (
            *(("write", R, 484), ("write", L, 926), ("write", L, 780)),
            *(("write", R, 35), ("write", L, 988), ("fail", L, 35395)),
            *(("sync", L, 82790), ("archive", L, 49380), ("archive", L, 94461)),
            ("hide", L, 83399),
        ),
    ),
    "of two late copies the one that is up to date stays": (
        PLAIN,
        (
            *(("write", R, 450), ("write", R, 445), ("write", L, 92)),
            *(("write", R, 880), ("fail", L, 5176), ("die_in_the_midst", L, 48646)),
            ("sync", R, 64695),
        ),
    ),
    "late copies go though the copy of the pair was restricted by a person": (
        PLAIN,
        (
            *(("write", L, 931), ("write", R, 139), ("write", R, 730)),
            *(("fail", L, 73000), ("sync", L, 37204), ("sync", L, 40639)),
            *(("sync", L, 57789), ("write", L, 90449), ("sync", L, 40149)),
            ("restrict", L, 63975),
        ),
    ),
    "a copy of what is restricted goes again when a person brings it back": (
        PLAIN,
        (
            *(("write", L, 4), ("write", R, 600), ("write", L, 950)),
            *(("meanwhile", R, 37331), ("restrict", R, 39461), ("two_workers", R, 24950)),
            ("restore", L, 3107),
        ),
    ),
}


@pytest.mark.parametrize("what", FOUND)
def test_a_history_that_once_broke_a_promise(what: str) -> None:
    setup, steps = FOUND[what]
    failure = check(History(seed=0, setup=setup, steps=steps))
    assert failure is None, str(failure)

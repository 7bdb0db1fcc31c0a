"""`syncline losses` and `syncline pair`: what to look at before the first sync."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..config import Config
from ..config.pairs import read_pairs
from ..engine.opening.jobs import documents_session
from ..model import Ref
from ..state.records import Proposal
from . import reports
from .exit_codes import CONFLICTS, DONE
from .output import counted, emit, emit_line, say
from .progress import shown
from .sessions import a_ref, configuration, offline, online, run, the_documents_job

Pairs = list[tuple[Ref, Ref]]


def losses(args: argparse.Namespace) -> int:
    """Print what each article would lose on the other side, as it is found."""
    config = configuration(args)
    return run(_losses(config, the_documents_job(config, args.job), args))


async def _losses(config: Config, job: str, args: argparse.Namespace) -> int:
    losing = total = 0
    async with online(config, job) as session:
        async for item in documents_session(session, "losses").losses():
            total += 1
            losing += bool(item.losses)
            if args.json:
                emit_line(item)
            else:
                say(reports.loss_lines(item))
    if not args.json:
        say([reports.loss_summary(losing, total)])
    return DONE


def pair(args: argparse.Namespace) -> int:
    """Answer proposals, or print those that wait. Exit status 3 while some wait."""
    config = configuration(args)
    job = the_documents_job(config, args.job)
    accepted = [_refs(pair) for pair in args.accept]
    rejected = [_refs(pair) for pair in args.reject]
    if args.file is not None:
        accepted += read_pairs(Path(args.file), config.documents_job(job))
    if accepted or rejected:
        _answer(config, job, accepted, rejected)
    if (accepted or rejected) and not args.accept_all:
        return _said(args, accepted, rejected)
    return run(_proposals(config, job, args))


def _refs(pair: Sequence[str]) -> tuple[Ref, Ref]:
    left, right = pair
    return a_ref(left), a_ref(right)


def _answer(config: Config, job: str, accepted: Pairs, rejected: Pairs) -> None:
    with offline(config, job, writing=True) as opened:
        session = documents_session(opened, "pairs")
        session.accept(accepted)
        session.reject(rejected)


def _said(args: argparse.Namespace, accepted: Pairs, rejected: Pairs) -> int:
    if args.json:
        emit({"accepted": accepted, "rejected": rejected})
    else:
        say(
            [
                f"{counted(len(accepted), 'pair')} accepted, {len(rejected)} rejected; "
                "the next pass acts on it"
            ]
        )
    return DONE


async def _proposals(config: Config, job: str, args: argparse.Namespace) -> int:
    with shown(args) as progress:
        async with online(config, job, progress) as opened:
            session = documents_session(opened, "pairs")
            waiting = await session.proposals()
            alike = [p for p in waiting if args.accept_all and p.score >= args.min_score]
            session.accept((p.left, p.right) for p in alike)
    rest = [p for p in waiting if p not in alike]
    if args.json:
        emit({"accepted": [(p.left, p.right) for p in alike], "proposals": rest})
    else:
        say(proposal_lines(rest, len(alike)))
    return CONFLICTS if rest else DONE


def proposal_lines(waiting: Sequence[Proposal], accepted: int) -> Iterator[str]:
    """Yield the proposals for people, and how to answer them."""
    if accepted:
        yield f"{counted(accepted, 'pair')} accepted; the next pass acts on it"
    for proposal in waiting:
        yield f"{proposal.left} {proposal.left_title}"
        yield f"{proposal.right} {proposal.right_title}"
        yield f"    {proposal.score:.0%} alike: {proposal.why}"
    if waiting:
        yield (
            f"{counted(len(waiting), 'proposal')}: answer each with --accept LEFT RIGHT (one "
            "article) or --reject LEFT RIGHT (two); until then neither is created or deleted"
        )
    elif not accepted:
        yield "no proposals wait"


__all__ = ["losses", "pair", "proposal_lines"]

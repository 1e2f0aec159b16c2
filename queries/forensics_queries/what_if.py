"""``what-if``: the verdicts, were something clean, bad or never there; and the smallest cut that frees what is live."""

from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any

from forensics.answer import Answer, Step, Thing
from forensics.case import Case
from forensics.errors import UsageError
from forensics.model import NodeKind
from forensics.taint import Judgement, Level
from forensics_queries.blast_radius import Affected, affected, unread
from forensics_queries.cut import MOST_NODES, smallest_cut
from forensics_queries.exposure import exposures
from forensics_queries.heads import heads
from forensics_queries.moment import Moment, moment
from forensics_queries.standing import Accused, accused
from forensics_queries.state import History
from forensics_queries.supposition import Supposition, supposed
from forensics_queries.things import things

__all__ = ["PARTS", "Supposed", "what_if"]

#: Parts of the answer, in their order.
PARTS = ("worse", "freed", "eased", "gone", "stays", "cut")
_ORDER = ("clear", "unknown", "affected")


@dataclass(frozen=True, slots=True)
class Supposed:
    """What a supposition means for one version, or one member of the smallest cut.

    Attributes:
        part: ``worse``, ``freed`` (clear then), ``eased`` (affected before, unknown then), ``gone`` (it would not be
            there), ``stays``; or ``cut``: a version or run that is to be clean so that all that is live is.
        before, after: verdicts, now and then; ``gone`` for what would not be there.
        thing: the version; a version or a run for the cut.
        kind: what the artifact is used as; empty for a run.
        stages: stages and environments in which it is live.
        releases: releases of this version.
        reason: why it would be unknown; empty where it would not.
        place: where it would become unknown.
        path: one shortest chain from what is bad, or from a gap, that would still be there.
        command: for the cut: the question that shows what it would do.
    """

    part: str
    before: str
    after: str
    thing: Thing
    kind: str
    stages: tuple[str, ...]
    releases: tuple[str, ...]
    reason: str
    place: Thing | None
    path: tuple[Step, ...]
    command: str = ""


def what_if(
    case: Case,
    *,
    clean: Sequence[str] = (),
    drop: Sequence[str] = (),
    bad: Sequence[str] = (),
    as_of: str | None = None,
) -> Answer[Supposed]:
    """Gives the verdicts before and after a supposition, beside the standing marks.

    Args:
        case: the case.
        clean: SUBJECTs that are supposed clean: the taint stops there, and they are not bad themselves.
        drop: SUBJECTs that are supposed never to have been there: what used them is judged without them, and what
            only came of them would not be there either.
        bad: SUBJECTs that are supposed bad: by themselves to see what a mark would change; beside ``clean`` or
            ``drop`` they count before and after.
        as_of: a revision or a time.

    Returns:
        Without a supposition, the smallest cut for what is live (``heads``) alone. Else versions that change and
        versions that are not clear either way, live ones first in each part; then that cut, where it is no larger.

    Raises:
        UsageError: nothing is bad, or a subject cannot be told.
    """
    when = moment(case, as_of)
    then = accused(case, bad, when)
    if not then.seeds:
        raise UsageError(
            "nothing is marked as bad or suspect, and nothing is supposed bad",
            hint="suppose it: forensics what-if --bad SUBJECT; or mark it: forensics mark add bad SUBJECT",
        )
    now = then if clean or drop else accused(case, (), when)
    supposition = Supposition.of(when.lineage, _nodes(when, clean), _nodes(when, drop))
    after = supposed(when, then, supposition)
    found: list[Supposed] = []
    if clean or drop or bad:
        found = _changes(when, supposed(when, now, Supposition()), after, supposition)
    asked = _options(clean=clean, drop=drop, bad=bad, as_of=[as_of] if as_of else ())
    cut, said = _cut(when, then, supposition, after, asked)
    notes = [f"started from {label}" for label in then.labels]
    notes += [f"taint stops at {label}" for label in then.stops]
    notes += [f"supposed clean: {text}" for text in clean] + [f"supposed never there: {text}" for text in drop]
    if drop:
        notes.append("what used something that would not be there is judged without it, and would have other bytes")
    if not (clean or drop or bad):
        notes.append("to see what something would change: forensics what-if --clean, --drop or --bad SUBJECT")
    notes += [*when.notes, *said]
    parameters = {"clean": " ".join(clean), "drop": " ".join(drop), "bad": " ".join(bad), "as_of": as_of or ""}
    return Answer("what-if", parameters, (*found, *cut), when.coverage, tuple(notes), unread(after, when))


def _nodes(when: Moment, subjects: Sequence[str]) -> set[int]:
    """What subjects mean; a release with the versions that it released."""
    found: set[int] = set()
    for text in subjects:
        for node in when.resolve(text).nodes:
            found.add(node)
            if when.lineage.kind(node) is NodeKind.RELEASE:
                found.update(when.lineage.released(node))
    return found


def _changes(when: Moment, before: Judgement, after: Judgement, supposition: Supposition) -> list[Supposed]:
    used = exposures(when)
    was = {row.thing.id: row for row in affected(when, before, used, reasons=False)}
    will = {row.thing.id: row for row in affected(when, after, used) if row.thing.id not in supposition.gone}
    gone = {node for node in supposition.gone if when.lineage.is_version(node) and when.stood(node)}
    rows = [_change(was.get(node), will.get(node), node in gone) for node in {*was, *will}]
    rows += [
        Supposed("gone", "clear", "gone", thing, thing.artifact_kind, (), (), "", None, ())
        for thing in things(when.case, gone - was.keys()).values()
    ]
    return sorted(rows, key=_rank)


def _change(was: Affected | None, will: Affected | None, is_gone: bool) -> Supposed:
    """What becomes of a version that is not clear before or after."""
    old, new = was.verdict if was else "clear", will.verdict if will else "clear"
    if is_gone:
        part, new = "gone", "gone"
    elif old == new:
        part = "stays"
    elif _ORDER.index(new) > _ORDER.index(old):
        part = "worse"
    else:
        part = "freed" if new == "clear" else "eased"
    known: Any = will or was  # one of them is there
    reason, place, path = (will.reason, will.place, will.path) if will else ("", None, ())
    return Supposed(part, old, new, known.thing, known.kind, known.stages, known.releases, reason, place, path)


def _rank(row: Supposed) -> tuple[object, ...]:
    return (
        PARTS.index(row.part), not row.stages, row.kind != "model", not row.releases, row.before, row.thing.source,
        row.thing.path, row.thing.digest, row.thing.id,
    )  # fmt: skip


def _options(**subjects: Sequence[str]) -> list[str]:
    return [f"--{name.replace('_', '-')} {quote(text)}" for name, texts in subjects.items() for text in texts]


def _cut(
    when: Moment, start: Accused, supposition: Supposition, judgement: Judgement, options: list[str]
) -> tuple[list[Supposed], list[str]]:
    """The smallest cut, and what to say of it."""
    use, found = heads(when, History.load(when.case), judgement.reached(NodeKind.VERSION))
    there = [node for node in found if node not in supposition.gone]
    targets = [node for node in there if judgement.level(node) is not Level.CLEAR]
    if not targets:
        lost = f"; {len(found) - len(there):,} would not be there" if len(there) < len(found) else ""
        return [], [f"no {use} version would be affected or unknown{lost}"]
    what = f"{len(targets):,} {use} version{'' if len(targets) == 1 else 's'}"

    def suppose(nodes: frozenset[int]) -> Judgement:
        return supposed(when, start, Supposition(supposition.clean | nodes, supposition.gone))

    cut = smallest_cut(judgement, targets, suppose)
    if cut is None:
        return [], [f"more than {MOST_NODES:,} nodes lead to {what}, so that no smallest cut was sought"]
    if not cut or (len(cut) >= len(targets) and not set(cut).isdisjoint(targets)):
        return [], [f"no smaller set of versions and runs was found that, were it clean, would free {what}"]
    shown = things(when.case, cut)
    ordered = sorted(shown.items(), key=lambda pair: (pair[1].source, pair[1].path, pair[1].digest, pair[0]))
    command = " ".join(["forensics what-if", *options, *_options(clean=[thing.subject for _, thing in ordered])])
    members = [
        Supposed(
            "cut",
            judgement.level(node).name.lower(),
            "clear",
            thing,
            thing.artifact_kind,
            (),
            (),
            "",
            None,
            (),
            command,
        )
        for node, thing in ordered
    ]
    return members, [f"cleaning {'this' if len(cut) == 1 else f'these {len(cut):,}'} would free {what}"]

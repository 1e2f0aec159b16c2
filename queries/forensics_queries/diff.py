"""How the whole lineages of two versions differ, or what two revisions hold and why it differs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from forensics.answer import Answer, Step, Thing
from forensics.case import Case
from forensics.model import EdgeKind
from forensics_queries.arrival import Arrival, Arrivals, By
from forensics_queries.contrast import Contrast, Pair
from forensics_queries.coverage import LATEST, coverage
from forensics_queries.listing import File, changed_files
from forensics_queries.parameters import Key, changed_keys
from forensics_queries.pedigree import Pedigree, Pedigrees
from forensics_queries.sides import sides
from forensics_queries.statement import rows
from forensics_queries.steps import explain, weakest
from forensics_queries.things import things

__all__ = ["Difference", "State", "diff"]

_ORDER = ("replaced", "unknown", "removed", "added", "other-producer")


@dataclass(frozen=True, slots=True)
class State:
    """What stands in a place on one side.

    Attributes:
        thing: the version, the content of a file inside a directory, the run, or the commit that a run checked out;
            None where nothing stands there.
        value: a parameter's value as JSON, the text of a command; else empty.
        by: the newest commits in that side's history that brought it about, or took it away.
        known: the strength of the path: its weakest step; empty where nothing stands there.
        path: from the version, for a file from its directory, to what was compared.
    """

    thing: Thing | None
    value: str
    by: tuple[By, ...]
    known: str
    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two lineages differ.

    Attributes:
        change: ``added``, ``removed``, ``replaced``; ``other-producer`` for the same bytes made by another run;
            ``unknown`` where digests cannot be compared.
        what: ``data``, ``model``, ``metric``, ``code``, ``command``, ``params``, ``import`` or ``run``.
        follows: what it was made from differs too, so that the cause is in another row. A directory that follows is
            one row, and not one a file.
        reason: a word for what is odd: ``same-inputs``, ``missing-listing``, ``other-algorithm``, ``no-digest``.
        source: where it is.
        artifact: its path; ``file:key`` for a parameter, or its run and name where a store has it; for a run, a
            command, and a commit that a run checked out, the title of the run.
        file: the name of a file inside a directory.
        files: for a directory that is one row: how many of its files differ; None where that is not known.
        distance: number of steps from there to what was compared, by the shorter way of the two sides.
        old, new: the two states.
    """

    change: str
    what: str
    follows: bool
    reason: str
    source: str
    artifact: str
    file: str
    files: int | None
    distance: int
    old: State
    new: State


@dataclass(frozen=True, slots=True)
class _Draft:
    """A difference whose parts are still ids: what stands on each side, by whom, and of which part of a pair."""

    pair: Pair
    stands: tuple[int | None, int | None]
    by: list[list[Arrival]]
    change: str
    reason: str = ""
    file: str = ""
    files: int | None = None
    key: Key | None = None


def diff(case: Case, old: str, new: str) -> Answer[Difference]:
    """What differs between the lineages of two versions, and by whom.

    Args:
        case: the case.
        old: a SUBJECT that is one version, a release, or a revision.
        new: another of the same kind. For two revisions, all that their commits hold is compared.

    Returns:
        Differences, those first that follow from no other one, then the nearest. The answer to the reverse question is
        the same with old and new exchanged.

    Raises:
        UsageError: a subject means nothing, several things, or nothing with a lineage.
    """
    left, right = sides(case, old, new)
    pedigrees = Pedigrees(case, (left.view, right.view))
    both = pedigrees.of(left.view), pedigrees.of(right.view)
    contrast = Contrast(pedigrees, *both)
    found = _Comparison(case, pedigrees, contrast).rows()
    notes = list(dict.fromkeys([f"{old} means {left.meaning}", f"{new} means {right.meaning}"]))
    if contrast.assumed:
        notes.append(f"{contrast.assumed} have digests of other algorithms, taken for the same bytes (assumed)")
    gaps = [*_gaps(case, pedigrees, old, *both), *_gaps(case, pedigrees, new, *both[::-1])]
    seen = coverage(case)
    # Nothing unread can come between a version and itself.
    unread = not seen.complete and left.view != right.view
    short = bool(gaps) or unread or any(row.change == "unknown" for row in found)
    return Answer("diff", {"old": old, "new": new}, tuple(found), seen, (*notes, *gaps), short)


def _gaps(case: Case, pedigrees: Pedigrees, text: str, side: Pedigree, other: Pedigree) -> Iterator[str]:
    """Where lineage is missing on one side: behind what both have in common nothing can differ."""
    alone = side.depth.keys() - other.depth.keys()
    contents = {pedigrees.facts[node].content for node in alone if node in pedigrees.facts}
    shared = {pedigrees.facts[node].content for node in other.depth if node in pedigrees.facts}
    asked = sorted({*alone, *(node for node in contents - shared if node is not None)})
    for kind, count, detail in rows(case, "trace.gaps", ids=asked, until=LATEST):
        yield f"behind {text} lineage is missing that may hide differences, {count} times: {kind}, such as {detail}"


class _Comparison:
    """Makes rows of what differs."""

    def __init__(self, case: Case, pedigrees: Pedigrees, contrast: Contrast) -> None:
        self._case = case
        self._pedigrees = pedigrees
        self._facts = pedigrees.facts
        self._sides = (contrast.old, contrast.new)
        self._pairs = list(contrast.pairs())
        self._arrivals = Arrivals(case, pedigrees)

    def rows(self) -> list[Difference]:
        """All differences, in order."""
        drafts = list(self._drafts())
        nodes = {node for draft in drafts for node in (draft.pair.old, draft.pair.new, *draft.stands)}
        nodes |= {self._sides[side].toward.get(node) for draft in drafts for side, node in draft.pair}
        shown = things(self._case, (node for node in nodes if node is not None))
        by = self._arrivals.shown(chain.from_iterable(arrivals for draft in drafts for arrivals in draft.by))
        paths = self._paths(drafts)
        found = [self._row(draft, shown, by, paths) for draft in drafts]
        found.sort(
            key=lambda row: (
                row.follows, row.distance, _ORDER.index(row.change), row.what, row.source, row.artifact,
                [(by.claimed_time or 0, by.commit.digest) for by in (row.new.by or row.old.by)], row.file,
                [state.thing.digest if state.thing else "" for state in (row.old, row.new)],
            )
        )  # fmt: skip
        return found

    def _drafts(self) -> Iterator[_Draft]:
        files = changed_files(self._case, self._facts, self._pairs, self._sides)
        for pair, kept in zip(self._pairs, files, strict=True):
            if kept is None:
                continue
            ends = [self._facts[node] for _, node in pair if node in self._facts]
            keys = changed_keys(*(end.value for end in ends)) if len(ends) == 2 else None
            if kept.rows is not None:
                yield from self._of_files(pair, kept.rows)
            elif keys:
                yield from self._of_keys(pair, keys)
            elif pair.keys:
                by = [self._by(side, pair) for side in (0, 1)]
                for key in pair.keys:
                    stands = tuple(None if key.values[side] is None else node for side, node in pair)
                    yield _Draft(pair, (stands[0], stands[1]), by, key.change, key=key)
            else:
                by = [self._by(side, pair) for side in (0, 1)]
                reason = kept.reason or pair.reason
                yield _Draft(pair, (pair.old, pair.new), by, pair.change, reason, files=kept.count)

    def _of_files(self, pair: Pair, files: tuple[File, ...]) -> Iterator[_Draft]:
        found = []
        for side, node in pair:
            names = ((file.name, file.contents[side]) for file in files)
            found.append(self._arrivals.of_files(self._facts[node].artifact, names, self._commits(side, node)))
        for file in files:
            by = [arrivals[file.name, content] for arrivals, content in zip(found, file.contents, strict=True)]
            yield _Draft(pair, file.contents, by, file.change, file.reason, file=file.name)

    def _of_keys(self, pair: Pair, keys: list[Key]) -> Iterator[_Draft]:
        for key in keys:
            stands = tuple(None if key.values[side] is None else node for side, node in pair)
            by = [
                self._arrivals.of_key(node, self._facts[node].artifact, key.name, self._commits(side, node))
                for side, node in pair
            ]
            yield _Draft(pair, (stands[0], stands[1]), by, key.change, pair.reason, key=key)

    def _commits(self, side: int, node: int) -> tuple[int, ...]:
        return self._pedigrees.commits(self._sides[side].view, node)

    def _by(self, side: int, pair: Pair) -> list[Arrival]:
        """Who brought about the state of one side, what is gone included."""
        node, other = (pair.new, pair.old) if side else (pair.old, pair.new)
        if node is not None:
            return self._brought(side, node)
        if other is None or other not in self._facts or not self._pedigrees.asked(self._sides[side].view):
            return []
        return self._arrivals.of_removal(self._facts[other].artifact, self._commits(side, other))

    def _brought(self, side: int, node: int) -> list[Arrival]:
        """What no commit holds or names was brought by whoever took it."""
        found = self._arrivals.of_node(node, self._commits(side, node))
        taker = self._sides[side].toward.get(node)
        if found or taker is None or (node, EdgeKind.IMPORTED) not in self._sides[side].causes[taker]:
            return found
        return self._brought(side, taker)

    def _paths(self, drafts: list[_Draft]) -> dict[tuple[int, int], tuple[Step, ...]]:
        wanted = sorted({end for draft in drafts for end in draft.pair})
        steps = explain(self._case, (self._sides[side].path(node) for side, node in wanted))
        return dict(zip(wanted, steps, strict=True))

    def _row(
        self,
        draft: _Draft,
        shown: dict[int, Thing],
        by: dict[Arrival, By],
        paths: dict[tuple[int, int], tuple[Step, ...]],
    ) -> Difference:
        pair = draft.pair
        ends = (pair.old, pair.new)
        states = []
        for side, node in enumerate(ends):
            stands = draft.stands[side]
            path = paths[side, node] if node is not None and stands is not None else ()
            arrivals = tuple(by[arrival] for arrival in draft.by[side] if arrival in by)
            thing = None if stands is None else shown[stands]
            value = (draft.key.values[side] or "") if draft.key else self._value(stands, thing)
            states.append(State(thing, value, arrivals, weakest(path) if path else "", path))
        named = self._named(draft, shown)
        return Difference(
            change=draft.change,
            what="params" if draft.key else self._what(ends, named),
            follows=pair.follows,
            reason=draft.reason,
            source=named.source,
            artifact=f"{named.path}.{draft.key.name}" if draft.key else named.path,
            file=draft.file,
            files=draft.files,
            distance=min(self._sides[side].depth[node] for side, node in pair),
            old=states[0],
            new=states[1],
        )

    def _named(self, draft: _Draft, shown: dict[int, Thing]) -> Thing:
        """What a row is named after, by its path: a version, a run, or the run that read a command or a commit."""
        found = []
        for side, node in draft.pair:
            thing = shown[node]
            if thing.kind == "commit" or (node in self._facts and self._facts[node].is_command):
                run = shown[self._sides[side].toward[node]]
                found.append(replace(thing, path=run.title, name=run.name))
            else:
                found.append(thing if thing.kind == "version" else replace(thing, path=thing.title))
        # Rows of a store are numbered, so that their titles differ where their names do not.
        first = min(found, key=lambda thing: (thing.path, thing.subject))
        return first if len({thing.path for thing in found}) == 1 else replace(first, path=first.name or first.path)

    def _value(self, node: int | None, thing: Thing | None) -> str:
        if thing is None:
            return ""
        fact = self._facts.get(node) if node is not None else None
        if fact is not None:
            return fact.value
        return thing.label if thing.kind == "execution" else ""

    def _what(self, ends: tuple[int | None, int | None], thing: Thing) -> str:
        if thing.kind == "execution":
            return "run"
        if thing.kind == "commit":
            return "code"
        facts = [self._facts[node] for node in ends if node is not None]
        if any(fact.is_command for fact in facts):
            return "command"
        taken = {
            kind for side in self._sides for node in ends if node is not None for _, kind in side.causes.get(node, ())
        }
        if not all(fact.source for fact in facts) or (EdgeKind.IMPORTED in taken and EdgeKind.GENERATED not in taken):
            return "import"
        return {"dataset": "data", "other": "data"}.get(thing.artifact_kind, thing.artifact_kind)

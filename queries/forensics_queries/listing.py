"""Which files of two directories differ, as far as they lie on the way to what is compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forensics.case import Case
from forensics.model import EdgeKind
from forensics_queries.contrast import Pair
from forensics_queries.pedigree import Fact, Pedigree
from forensics_queries.statement import rows

__all__ = ["File", "Files", "changed_files"]


@dataclass(frozen=True, slots=True)
class File:
    """A file that differs: its name, and its contents on both sides."""

    name: str
    contents: tuple[int | None, int | None]
    change: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Files:
    """What to say of a pair.

    Attributes:
        rows: the files that differ, where each is a row of its own.
        count: how many differ, where the directory is one row; None where it is no directory or that is not known.
        reason: ``missing-listing`` where it is a directory of which that is not known.
    """

    rows: tuple[File, ...] | None = None
    count: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Scope:
    """Which part of a directory counts: under ``within`` (all where that is None) and not under ``without``."""

    within: frozenset[str] | None
    without: frozenset[str]

    def holds(self, name: str) -> bool:
        inside = self.within is None or any(_lies_in(name, part) for part in self.within)
        return inside and not any(_lies_in(name, part) for part in self.without)


def changed_files(
    case: Case, facts: Mapping[int, Fact], pairs: Sequence[Pair], sides: tuple[Pedigree, Pedigree]
) -> list[Files | None]:
    """The files behind each pair of a comparison, two statements for all of them.

    Directories that follow from something else are counted. Of the others each file is told, and a part that was read
    out of such a directory says nothing beside it.

    Returns:
        One for each pair; None where the pair is told by another one.
    """
    keys = [_listings(facts, pair) for pair in pairs]
    told = {node for pair, key in zip(pairs, keys, strict=True) if key and not pair.follows for _, node in pair}
    apart, together = (
        sorted({key for pair, key in zip(pairs, keys, strict=True) if key and pair.follows is follows})
        for follows in (False, True)
    )
    differing: dict[tuple[int, int], list[File]] = {key: [] for key in apart}
    for old, new, *file in rows(case, "diff.files", **_columns(apart)):
        differing[old, new].append(_file(*file))
    counts = {(old, new): count for old, new, count in rows(case, "diff.counts", **_columns(together))}
    reading = (_Reading(facts, sides[0]), _Reading(facts, sides[1]))
    found: list[Files | None] = []
    for pair, key in zip(pairs, keys, strict=True):
        scope = _scope(facts, pair, reading)
        if _is_part_of(told, pair, sides):
            found.append(None)
        elif key is not None and not pair.follows:
            kept = tuple(file for file in differing[key] if scope.holds(file.name))
            found.append(Files(kept) if kept else None)
        elif scope.within is not None:
            found.append(None)
        else:
            found.append(_alone(facts, pair) if key is None else Files(count=counts[key]))
    return found


def _listings(facts: Mapping[int, Fact], pair: Pair) -> tuple[int, int] | None:
    """The contents of two directories, where the files of both are known."""
    known = [facts[node].content for _, node in pair if node in facts and facts[node].nfiles is not None]
    ends = [content for content in known if content is not None]
    return (ends[0], ends[1]) if len(ends) == 2 else None


def _columns(pairs: list[tuple[int, int]]) -> dict[str, object]:
    return {"olds": [old for old, _ in pairs], "news": [new for _, new in pairs]}


def _file(name: str, before: int | None, after: int | None, *algorithms: str | None) -> File:
    if before is None or after is None:
        return File(name, (before, after), "added" if before is None else "removed")
    if algorithms[0] != algorithms[1]:
        return File(name, (before, after), "unknown", "other-algorithm")
    return File(name, (before, after), "replaced")


def _alone(facts: Mapping[int, Fact], pair: Pair) -> Files:
    """One side only, or what has no listing."""
    ends = [facts[node] for _, node in pair if node in facts]
    if len(ends) == 1:
        return Files(count=ends[0].nfiles, reason=_unlisted(ends))
    return Files(reason=_unlisted(ends))


def _unlisted(ends: list[Fact]) -> str:
    return "missing-listing" if any(end.in_parts and end.nfiles is None for end in ends) else ""


class _Reading:
    """Which parts of directories were read, on the way to what is compared."""

    def __init__(self, facts: Mapping[int, Fact], pedigree: Pedigree) -> None:
        self._facts = facts
        self._pedigree = pedigree
        self._known: dict[int, frozenset[str] | None] = {}

    def parts(self, node: int) -> frozenset[str] | None:
        """The parts of a directory that were read; None for all of it. A copy is read as far as its copies are."""
        if node not in self._known:
            self._known[node] = frozenset()  # for what was made from itself
            self._known[node] = self._parts(node)
        return self._known[node]

    def _parts(self, node: int) -> frozenset[str] | None:
        consumers = self._pedigree.consumers.get(node, [])
        if node in self._pedigree.view.roots or not consumers:
            return None
        found: set[str] = set()
        for effect, kind in consumers:
            inside: frozenset[str] | None = None
            if kind is EdgeKind.PART:
                inside = frozenset({_inside(self._facts[node].path, self._facts[effect].path)})
            elif kind in {EdgeKind.IMPORTED, EdgeKind.CONTENT}:
                inside = self.parts(effect)
            if inside is None:
                return None
            found |= inside
        return frozenset(found)

    def made(self, node: int) -> frozenset[str]:
        """What a directory was put together from, by name inside it."""
        parts = (cause for cause, kind in self._pedigree.causes.get(node, ()) if kind is EdgeKind.MEMBER)
        return frozenset(_inside(self._facts[node].path, self._facts[part].path) for part in parts)


def _scope(facts: Mapping[int, Fact], pair: Pair, reading: tuple[_Reading, _Reading]) -> _Scope:
    """What of a directory was read: parts of it where they are all that was; without what it was put together from."""
    ends = [(reading[side], node) for side, node in pair if node in facts]
    within = [read.parts(node) for read, node in ends]
    known = [parts for parts in within if parts is not None]
    some = frozenset().union(*known) if known and len(known) == len(within) else None
    return _Scope(some, frozenset().union(*(read.made(node) for read, node in ends)))


def _is_part_of(told: set[int], pair: Pair, sides: tuple[Pedigree, Pedigree]) -> bool:
    """Whether all wholes that a version was read out of are told by file."""
    wholes = [
        [cause for cause, kind in sides[is_new].causes.get(node, ()) if kind is EdgeKind.PART] for is_new, node in pair
    ]
    return all(causes and told.issuperset(causes) for causes in wholes)


def _inside(directory: str, path: str) -> str:
    return path.removeprefix(f"{directory}/") if directory else path


def _lies_in(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}/")

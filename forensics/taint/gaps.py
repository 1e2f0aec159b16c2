"""Rules 10 and 11: what could have come through where lineage is missing.

The order rule holds for what has a place of its own in history: a commit, an actor, a run, and a content that only runs
on record made. A content that came from outside may have been anywhere before its first record, in the very listing
that is missing; so order never excludes a gap for such a one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.case.sql import statements
from forensics.model import GapKind, NodeKind
from forensics.taint.level import CERTAIN, Facet, Level, Seed

if TYPE_CHECKING:
    from forensics.taint.lineage import Lineage
    from forensics.taint.spread import Spread

__all__ = ["Suspicion", "admitted_gaps", "other_algorithms", "suspicion"]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What could come through a gap.

    Attributes:
        contents: contents that seeds name, and their other digests.
        smallest: bytes of the smallest marked file that a data directory may hold (one known by its git id alone is
            code); 0 where a size is not known, None where no such file is marked.
        smallest_made: the same for the files that affected versions have.
        before: commits before every bad origin; empty where a seed has no place of its own.
        only_contents: every seed names a content.
    """

    contents: frozenset[int]
    smallest: int | None
    smallest_made: int | None
    before: frozenset[int]
    only_contents: bool


def suspicion(lineage: "Lineage", seeds: Iterable[Seed], spread: "Spread") -> Suspicion:
    """Sums up the seeds and what they have reached so far."""
    contents: set[int] = set()
    origins: set[int] = set()
    placed = True
    only_contents = True
    for seed in seeds:
        kind = lineage.kind(seed.node)
        content = seed.node if kind is NodeKind.CONTENT else None
        if kind is NodeKind.VERSION:
            content = lineage.content(seed.node)
        places = lineage.places(seed.node if content is None else content)
        origins.update(places)
        if content is None:
            only_contents = False
            placed = placed and bool(places)
        else:
            same = {content, *(node for node, strength in lineage.equals(content) if strength in CERTAIN)}
            placed = placed and bool(places) and _was_made(lineage, same)
            contents |= same
    made = {
        node
        for (node, facet), cause in spread.causes.items()
        if facet is Facet.SHARED and cause.level is Level.AFFECTED
    }
    return Suspicion(
        frozenset(contents),
        _smallest(lineage, contents),
        _smallest(lineage, made),
        spread.order.before_all(sorted(origins)) if placed else frozenset(),
        only_contents,
    )


def _was_made(lineage: "Lineage", contents: Iterable[int]) -> bool:
    """Whether only runs on record brought a content into being, so that it was nowhere before them."""
    versions = [version for content in contents for version in lineage.holders(content)]
    return bool(versions) and all(_is_supplied(lineage, version) for version in versions)


def _is_supplied(lineage: "Lineage", version: int) -> bool:
    return any(strength in CERTAIN for _, strength in lineage.suppliers(version))


def _smallest(lineage: "Lineage", contents: Iterable[int]) -> int | None:
    ids = sorted(contents)
    if not ids:
        return None
    sizes = lineage.case.rows(statements("forensics.taint", "gaps.sql")["file_sizes"], {"contents": ids})
    return min((size or 0 for _, size in sizes), default=None)


def admitted_gaps(lineage: "Lineage", suspected: Suspicion) -> Iterator[tuple[int, GapKind]]:
    """Rule 11, gaps admit or do not: the nodes of the gaps that the suspected could have come through."""
    sql = statements("forensics.taint", "gaps.sql")
    for node, kind, size, digest in lineage.case.rows(sql["standing_gaps"]):
        gap = GapKind(kind)
        if suspected.before and not suspected.before.isdisjoint(lineage.places(node)):
            continue
        marked = suspected.smallest is not None and (size is None or suspected.smallest <= size)
        if gap is GapKind.MISSING_LISTING:
            made = suspected.smallest_made is not None and (size is None or suspected.smallest_made <= size)
            admits = (marked or made) and _is_put_together(lineage, node)
        else:
            admits = _admits(gap, marked, digest, suspected)
        if admits:
            yield node, gap


def _is_put_together(lineage: "Lineage", directory: int) -> bool:
    """Whether somebody may have put files into a directory: some version of it was made by no run on record.

    What a run made came from its inputs, and is judged by those.
    """
    return any(not _is_supplied(lineage, version) for version in lineage.holders(directory))


def _admits(gap: GapKind, marked: bool, digest: str | None, suspected: Suspicion) -> bool:
    match gap:
        case GapKind.EXTERNAL:
            return bool(suspected.contents)
        case GapKind.NO_DIGEST:
            return not suspected.only_contents or marked
        case GapKind.CODE_NOT_COMMITTED if suspected.only_contents:
            # A file with a full digest is not the marked one; a directory may hold it.
            return marked and (digest is None or digest.endswith(".dir"))
        case _:
            return True


def other_algorithms(lineage: "Lineage", suspected: Suspicion) -> list[int]:
    """Rule 10, rehash: contents known only by digests that cannot be compared with those of the marked ones.

    Excluded are those of another size, and files known by their git id alone: data digests are not compared with
    those (docs/concepts.md).
    """
    if not suspected.contents:
        return []
    sql = statements("forensics.taint", "gaps.sql")["other_algorithms"]
    return [row[0] for row in lineage.case.rows(sql, {"contents": sorted(suspected.contents)})]

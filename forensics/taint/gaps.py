"""Rules 10 and 11: what could have come through where lineage is missing.

The order rule holds for what was nowhere before its first record: a commit, an actor, a run, and a content that is seen
to arrive, since what stood before it at the same paths is known and is something else. Any other content may have been
there all along, in the very listing that is missing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.case.sql import statements
from forensics.model import GapKind, NodeKind
from forensics.taint.level import CERTAIN, Facet, Level, Seed

if TYPE_CHECKING:
    from forensics.taint.lineage import Lineage
    from forensics.taint.order import Order
    from forensics.taint.spread import Spread

__all__ = ["Origins", "admitted_gaps", "origins_of", "other_algorithms", "same_addresses", "unlisted_siblings"]


#: How the digest of a folder of code begins that a store knows by that digest alone.
_CODE = "tfx-code:"


@dataclass(frozen=True, slots=True)
class Origins:
    """Where what is bad comes from, as far as it is on record.

    Attributes:
        contents: contents that seeds name, and their other digests.
        only_contents: every seed names a content.
        commits: those at which what is bad first stands on record; none where some of it stands outside of all history,
            or was made by a run that is not on record.
        placed: it was nowhere before them, as far as can be told (module docstring).
        source: the source that all seeds are versions, runs or releases of; None where there is no such source.
        has_code: some content is known by its git id, as code is.
    """

    contents: frozenset[int]
    only_contents: bool
    commits: tuple[int, ...]
    placed: bool
    source: int | None = None
    has_code: bool = False


def origins_of(lineage: "Lineage", order: "Order", seeds: Iterable[Seed]) -> Origins:
    """Sums up the seeds."""
    contents: set[int] = set()
    commits: set[int] = set()
    placed, only_contents, outside = True, True, False
    for seed in seeds:
        kind = lineage.kind(seed.node)
        content = seed.node if kind is NodeKind.CONTENT else None
        if kind is NodeKind.VERSION:
            content = lineage.content(seed.node)
        places = lineage.places(seed.node if content is None else content)
        commits.update(places)
        placed, outside = placed and bool(places), outside or not places
        if content is None:
            only_contents = False
            continue
        same = lineage.same(content)
        contents.update(same)
        carriers = sorted(set(_carriers(lineage, same)))
        outside = outside or _is_outside(lineage, carriers) or _is_unmade(lineage, carriers)
        placed = placed and _arrived(lineage, order, carriers)
    ids = lineage.case.rows(statements("forensics.taint", "gaps.sql")["git_ids"], {"contents": sorted(contents)})
    # A store says in its own time when it knew something, and no commit stands before that.
    placed, commits = placed and not outside, set() if outside else commits
    return Origins(
        frozenset(contents), only_contents, tuple(sorted(commits)), placed, _only_source(lineage, seeds), bool(ids)
    )


def _only_source(lineage: "Lineage", seeds: Iterable[Seed]) -> int | None:
    """The source that all seeds belong to; None where some belong to several, as contents, commits and actors do."""
    nodes = sorted({seed.node for seed in seeds})
    found = lineage.case.rows(statements("forensics.taint", "gaps.sql")["sources"], {"nodes": nodes})
    return found[0][0] if len(found) == 1 and found[0][1] == len(nodes) else None


def _is_outside(lineage: "Lineage", carriers: list[int]) -> bool:
    """Whether a source that is no history of commits holds some of what has a content."""
    sql = statements("forensics.taint", "gaps.sql")["outside_history"]
    return bool(lineage.case.rows(sql, {"versions": carriers}))


def _is_unmade(lineage: "Lineage", carriers: list[int]) -> bool:
    """Whether a run that is not on record made some of what has a content: it was there before its first record."""
    sql = statements("forensics.taint", "gaps.sql")["without_producer"]
    return bool(lineage.case.rows(sql, {"versions": carriers}))


def _arrived(lineage: "Lineage", order: "Order", carriers: Iterable[int]) -> bool:
    """Whether a content is seen to arrive: what stood before it at the same paths, and around them, is known.

    Behind a commit whose history was not cloned it is not.
    """
    sql = statements("forensics.taint", "gaps.sql")
    versions = sorted(set(carriers))
    places = {version: lineage.places(version) for version in versions}
    cut = [commit for (commit,) in lineage.case.rows(sql["cut_commits"])]
    if cut and any(order.within(cut, found) for found in places.values()):
        return False
    rows = lineage.case.rows(sql["opaque_versions"], {"versions": versions})
    return all(not order.within(lineage.places(opaque), places[carrier]) for carrier, opaque in rows)


def _carriers(lineage: "Lineage", contents: Iterable[int]) -> Iterator[int]:
    """Versions that have one of some contents, and versions of directories that hold one."""
    for content in contents:
        for holder in (content, *lineage.directories(content)):
            yield from lineage.holders(holder)


def _is_supplied(lineage: "Lineage", version: int) -> bool:
    return any(strength in CERTAIN for _, strength in lineage.suppliers(version))


def _smallest(lineage: "Lineage", contents: Iterable[int]) -> int | None:
    """Bytes of the smallest file that a data directory may hold; 0 where a size is not known, None without a file.

    A file known by its git id alone is code.
    """
    ids = sorted(contents)
    if not ids:
        return None
    sizes = lineage.case.rows(statements("forensics.taint", "gaps.sql")["file_sizes"], {"contents": ids})
    return min((size or 0 for _, size in sizes), default=None)


def admitted_gaps(lineage: "Lineage", origins: Origins, spread: "Spread") -> Iterator[tuple[int, GapKind]]:
    """Rule 11, gaps admit or do not.

    Args:
        lineage: the graph.
        origins: what is bad.
        spread: what it has reached so far.

    Yields:
        The node of each gap that it could have come through, and the gap's kind.
    """
    shared = {
        node
        for (node, facet), cause in spread.causes.items()
        if facet is Facet.SHARED and cause.level is Level.AFFECTED
    }
    alike = _alike(lineage, origins.contents)
    smallest, smallest_made = _smallest(lineage, origins.contents), _smallest(lineage, shared)
    home = None if _has_left(lineage, origins, spread) else origins.source
    otherwise = _spelled_otherwise(lineage, home, spread)
    for node, kind, size, digest, source in lineage.case.rows(
        statements("forensics.taint", "gaps.sql")["standing_gaps"]
    ):
        gap = GapKind(kind)
        if origins.placed and not spread.before.isdisjoint(lineage.places(node)):
            continue
        marked = smallest is not None and (size is None or smallest <= size)
        if gap is GapKind.MISSING_LISTING:
            made = smallest_made is not None and (size is None or smallest_made <= size)
            admits = (marked and node in alike) or ((marked or made) and _is_put_together(lineage, node))
            if digest is not None and digest.startswith(_CODE) and (source is None or home != source):
                # Code from outside the store: what could be in code that no commit of the case holds.
                admits = admits or _admits(GapKind.CODE_NOT_COMMITTED, marked, None, origins, home, source)
        else:
            admits = _admits(gap, marked, digest, origins, home, source) or (
                gap is GapKind.HASHLESS and node in otherwise
            )
        if admits:
            yield node, gap


def unlisted_siblings(lineage: "Lineage", spread: "Spread") -> Iterator[tuple[int, int]]:
    """Rule 5 where a listing is missing: a directory that is bad as a whole hands its members on, whichever they are.

    Yields:
        Another version of such a directory, put together by somebody, that does not stand before every bad origin; and
        the content whose listing is missing.
    """
    whole = sorted(
        node
        for (node, facet), cause in spread.causes.items()
        # A part that could not be found in a directory is no more than a part of it.
        if facet is Facet.WHOLE and lineage.is_version(node) and (cause.before or cause.reason != GapKind.UNLINKED)
    )
    sql = statements("forensics.taint", "gaps.sql")["unlisted_siblings"]
    for sibling, directory in lineage.case.rows(sql, {"versions": whole}):
        if not _is_supplied(lineage, sibling) and spread.before.isdisjoint(lineage.places(sibling)):
            yield sibling, directory


def _is_put_together(lineage: "Lineage", directory: int) -> bool:
    """Whether files may have come into a directory from elsewhere: some version of it was made of no data on record.

    What a run made of data came from its inputs, and is judged by those.
    """
    return any(not _is_made_of_data(lineage, version) for version in lineage.holders(directory))


def _is_made_of_data(lineage: "Lineage", version: int) -> bool:
    """Whether some supplier of a version is judged by data itself: a whole, an import, a run that read data.

    A run that names code, commands and parameters alone has its data from elsewhere: a download, say.
    """
    certain = [node for node, strength in lineage.suppliers(version) if strength in CERTAIN]
    runs = [node for node in certain if lineage.kind(node) is NodeKind.EXECUTION]
    sql = statements("forensics.taint", "gaps.sql")["reads_data"]
    return len(runs) < len(certain) or bool(runs and lineage.case.rows(sql, {"runs": runs})[0][0])


def _alike(lineage: "Lineage", contents: Iterable[int]) -> frozenset[int]:
    """Directories at whose path, or below it, one of some contents stood at some time: members tend to stay."""
    carriers = sorted(set(_carriers(lineage, contents)))
    sql = statements("forensics.taint", "gaps.sql")["alike"]
    return frozenset(row[0] for row in lineage.case.rows(sql, {"versions": carriers}))


def _has_left(lineage: "Lineage", origins: Origins, spread: "Spread") -> bool:
    """Whether what is bad in one source reached another, from where it may have come back."""
    if origins.source is None:
        return False
    nodes = sorted({node for node, _ in spread.causes})
    found = lineage.case.rows(statements("forensics.taint", "gaps.sql")["sources"], {"nodes": nodes})
    return any(source != origins.source for source, _ in found)


def _spelled_otherwise(lineage: "Lineage", home: int | None, spread: "Spread") -> frozenset[int]:
    """What a store knows by its address alone, and may be something that is bad in it by another name of its place."""
    if home is None:
        return frozenset()
    nodes = sorted({node for node, _ in spread.causes if lineage.is_version(node)})
    sql = statements("forensics.taint", "gaps.sql")["spelled_otherwise"]
    return frozenset(row[0] for row in lineage.case.rows(sql, {"nodes": nodes, "source": home}))


def _admits(
    gap: GapKind, marked: bool, digest: str | None, origins: Origins, home: int | None, source: int | None
) -> bool:
    match gap:
        case GapKind.HASHLESS:
            # What never left its own store is known there by its id.
            return source is None or home != source
        case GapKind.EXTERNAL:
            return bool(origins.contents)
        case GapKind.NO_DIGEST:
            return not origins.only_contents or marked
        case GapKind.CODE_NOT_COMMITTED if origins.only_contents:
            # A file with a full digest is not the marked one; a directory may hold it, and code of whatever size.
            return (marked or origins.has_code) and (digest is None or digest.endswith(".dir"))
        case _:
            return True


def same_addresses(lineage: "Lineage", seeds: Iterable[Seed], origins: Origins) -> list[int]:
    """Rule 10 for addresses: versions that may be what is marked, by where they were read, written or logged again.

    Args:
        lineage: the graph.
        seeds: what is bad; of those that are versions, the ones without a digest count.
        origins: the contents that are bad.
    """
    nodes = sorted({seed.node for seed in seeds if lineage.is_version(seed.node)})
    holders = sorted({version for content in origins.contents for version in lineage.holders(content)})
    if not nodes and not holders:
        return []
    sql = statements("forensics.taint", "gaps.sql")["same_addresses"]
    return [row[0] for row in lineage.case.rows(sql, {"nodes": nodes, "holders": holders})]


def other_algorithms(lineage: "Lineage", origins: Origins) -> list[int]:
    """Rule 10, rehash: contents known only by digests that cannot be compared with those of the marked ones.

    Excluded are those of another size, and files known by their git id alone, since those that have the bytes of data
    were found when the repository was read (docs/concepts.md).
    """
    if not origins.contents:
        return []
    sql = statements("forensics.taint", "gaps.sql")["other_algorithms"]
    return [row[0] for row in lineage.case.rows(sql, {"contents": sorted(origins.contents)})]

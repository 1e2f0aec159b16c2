"""What one source names by digest and another may hold under ids of its own: what to look for, and where.

The bytes are looked at by connectors (``Searcher`` in their contract). What they find is an acquisition of the source
that was searched, by the connector ``search``; its state is that of the source together with all that was wanted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from forensics.case.sql import statements
from forensics.digest import EMPTY, Digest
from forensics.model import (
    Acquired,
    Finding,
    FindingKind,
    Gap,
    GapKind,
    Listing,
    Origin,
    Record,
    SameBytes,
    Source,
    Wanted,
    content_key,
)

if TYPE_CHECKING:
    from forensics.case import Case

__all__ = ["CONNECTOR", "Search", "acquired", "not_committed", "searches"]

#: The name of the connector in the acquisitions of searches.
CONNECTOR = "search"

#: What sources know files by already, or can tell by it: other algorithms need the bytes.
_OWN = frozenset({"md5", "md5-dos2unix", "tfx-code"})
_SHOWN = 3
#: Bytes of files of other names that are worth hashing where no file has a wanted name.
_OTHERS = 2 << 30


@dataclass(frozen=True, slots=True)
class Search:
    """A source that is to be searched.

    Attributes:
        source: as it was read last, its state made that of the search.
        connectors: the kinds of the connectors that read it, the newest reading first.
        wanted: what to look for, in order.
        held: digests under which the source knows files of the wanted names; then, where it has a file of no name of
            something that is wanted, others that are small enough.
        left_out: how many others there are.
        stamp: stands for the states of all sources.
        is_done: it was searched in this state, for all this.
    """

    source: Source
    connectors: tuple[str, ...]
    wanted: tuple[Wanted, ...]
    stamp: str
    is_done: bool
    held: tuple[Digest, ...] = ()
    left_out: int = 0


def searches(case: "Case") -> list[Search]:
    """Which sources may be searched, and for what.

    None where sources name nothing that others may hold, or nothing was read since all of them were searched.
    """
    sql = statements("forensics.case", "search.sql")
    readings = case.rows(sql["sources"])
    if not readings:
        return []
    stamp = case.rows(sql["stamp"])[0][0]
    last = {number: case.rows(sql["searched"], {"source": number})[0] for number, *_ in readings}
    if all(stamp == seen for _, seen in last.values()):
        return []
    wanted = tuple(
        Wanted(Digest(algorithm, value), tuple(names), is_code)
        for algorithm, value, names, is_code in case.rows(sql["wanted"], {"empty": sorted(EMPTY)})
    )
    if not wanted:
        return []
    list_digest = _list_digest(wanted)
    found: dict[int, Search] = {}
    for number, kind, name, object_format, locator, state, connector, fingerprints in readings:
        if number in found:
            known = found[number]
            found[number] = replace(known, connectors=(*known.connectors, connector))
            continue
        source = Source(kind, locator, name, tuple(fingerprints), object_format, f"{state} {list_digest}")
        is_done = last[number][0] == source.state
        held, left_out = ((), 0) if is_done else _held(case, number, wanted)
        found[number] = Search(source, (connector,), wanted, stamp, is_done, held, left_out)
    return list(found.values())


def _held(case: "Case", source: int, wanted: Iterable[Wanted]) -> tuple[tuple[Digest, ...], int]:
    foreign = [one for one in wanted if one.digest.algorithm not in _OWN]
    if not foreign:
        return (), 0
    sql = statements("forensics.case", "search.sql")
    given = {"source": source, "names": sorted({name for one in foreign for name in one.names})}
    there = {name for (name,) in case.rows(sql["names"], given)}
    is_nameless = any(there.isdisjoint(one.names) for one in foreign)
    ((named, others, rest),) = case.rows(sql["held"], {**given, "budget": _OTHERS if is_nameless else 0})
    return tuple(Digest("md5", value) for value in (*(named or ()), *(others or ()))), rest if is_nameless else 0


def acquired(search: Search, records: Iterable[Record]) -> Iterator[Record]:
    """The records of a search, with the account of it as the last."""
    found = 0
    for record in records:
        found += isinstance(record, SameBytes | Listing)
        yield record
    if search.left_out:
        # No gap in what can be said: a digest that cannot be compared with the bad one is unknown.
        message = (
            f"files of other names that were not hashed for digests that other sources name, beyond {_OTHERS:,} bytes: "
            f"{search.left_out:,}"
        )
        yield Finding(FindingKind.TOO_LARGE, message, Origin(locus="search"))
    details = {"connector": CONNECTOR, "wanted": len(search.wanted), "found": found, "sources": search.stamp}
    yield Acquired(search.source.state, details)


def not_committed(case: "Case", search: Search, found: Sequence[Record]) -> Iterator[Record]:
    """Says which code that ran is in no commit, once all sources were searched.

    Args:
        case: with all earlier searches.
        search: one of the searches.
        found: what the latest searches yielded.
    """
    rows = case.rows(statements("forensics.case", "search.sql")["settled"])
    settled = {Digest(algorithm, value) for algorithm, value in rows}
    settled |= {record.first for record in found if isinstance(record, SameBytes)}
    settled |= {record.directory for record in found if isinstance(record, Listing)}
    for one in search.wanted:
        if not one.is_code or one.digest in settled:
            continue
        node, origin = content_key(one.digest), Origin(locus="search")
        named = ", ".join(one.names[:_SHOWN])
        message = f"code that ran ({named}, {one.digest}) is in no commit of the repositories that were read"
        yield Finding(FindingKind.CODE_NOT_COMMITTED, message, origin, node=node)
        if one.digest.algorithm == "tfx-code":
            yield Gap(GapKind.CODE_NOT_COMMITTED, node, message, origin)


def _list_digest(wanted: Iterable[Wanted]) -> str:
    state = sha256()
    for one in wanted:
        state.update("\0".join((str(one.digest), *one.names, "\n")).encode("utf-8", "surrogateescape"))
    return f"wanted:{state.hexdigest()}"

"""What a bag states, held against its sources: they are read into a case of their own, and compared fact by fact."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from forensics.case import Case
from forensics.errors import ForensicsError
from forensics.evidence.check import FAILS, HOLDS, OPEN, Check
from forensics.evidence.incident import uid
from forensics.evidence.sql import rows

__all__ = ["recheck"]

#: A link by the uids of its ends: kind, cause, effect, strength, document, commit, place in the document.
_Fact = tuple[str, str, str, str, str, str, str]

_MOST_TOLD = 100


def recheck(
    evidence: Mapping[str, Any], locators: Sequence[str], *, search: Callable[[Case], Iterable[object]] | None = None
) -> Iterator[Check]:
    """Reads sources again and says which facts of a bag hold, which changed, and which are gone.

    A fact is a link: one influences the other, and this document says so. Where a fact is gone but the same place of
    the same document states another one of the same thing, it changed. Links to a source that is not named are left
    out, and so are people in a redacted bag.

    Args:
        evidence: a bag's ``evidence.json``, checked.
        locators: where the sources are now.
        search: the last step of an ingest, which looks for the digests that some sources name in the bytes of others;
            without it what was found so is said to be gone.

    Yields:
        A row a source of the bag, one for each fact that does not hold, and one for each locator that is none of them.
    """
    with (
        TemporaryDirectory(prefix="forensics-verify-") as folder,
        Case.open(Path(folder) / "case.duckdb", write=True, new=True) as case,
    ):
        yield from _unreadable(case, locators)
        for _ in search(case) if search else ():
            pass
        fresh = {row[0]: (row[1], frozenset(row[3])) for row in rows(case, "sources")}
        matched = {
            source["source"]: number
            for source in evidence["sources"]
            for number, (kind, prints) in fresh.items()
            if kind == source["kind"] and prints & set(source["fingerprints"])
        }
        yield from _strangers(case, set(fresh) - set(matched.values()))
        yield from _compared(case, evidence, matched)


def _unreadable(case: Case, locators: Sequence[str]) -> Iterator[Check]:
    from forensics_connectors.contract import find_readers

    for locator in locators:
        try:
            for connector, source in find_readers(locator):
                case.ingest(source, connector.read(source), connector=connector.kind)
        except ForensicsError as error:
            yield Check("sources", OPEN, locator, error.message)


def _strangers(case: Case, numbers: Iterable[int]) -> Iterator[Check]:
    for number in sorted(numbers):
        name = case.rows("SELECT name FROM source WHERE id = ?", [number])[0][0]
        yield Check("sources", OPEN, str(name), "was read, and is none of the sources of the bag")


def _compared(case: Case, evidence: Mapping[str, Any], matched: Mapping[int, int]) -> Iterator[Check]:
    names = {source["name"] for source in evidence["sources"] if source["source"] in matched} | {""}
    nodes = {node["thing"]["id"]: node for node in evidence["nodes"] if node["thing"]["source"] in names}
    found = _present(case, evidence, matched, {node["uid"] for node in nodes.values()})
    held: set[_Fact] = set()
    places: set[tuple[str, ...]] = set()
    around = {row[0] for row in rows(case, "neighbours", ids=sorted(found))}
    for kind, cause, effect, strength, _, _, *place in rows(case, "links", ids=sorted(around | found.keys())):
        if cause in found and effect in found:
            held.add((kind, found[cause], found[effect], strength, place[0], place[1], place[2]))
        places.update((kind, *place, found[end]) for end in (cause, effect) if end in found)
    for source in evidence["sources"]:
        if source["source"] not in matched:
            yield Check("sources", OPEN, source["name"], "is not among the sources that were named")
            continue
        facts = {
            _fact(link, nodes): link
            for link in evidence["links"]
            if link["source"] == source["source"]
            and link["cause"] in nodes
            and link["effect"] in nodes
            and not (evidence["redacted"] and link["kind"] == "authored")
        }
        if facts:
            yield from _source(source["name"], facts, held, places, nodes)
        else:
            yield _as_read(case, evidence, source, matched[source["source"]])


def _as_read(case: Case, evidence: Mapping[str, Any], source: Mapping[str, Any], number: int) -> Check:
    """A source of which the bag holds no link can only be compared as a whole."""
    before = {reading["state"] for reading in evidence["acquisitions"] if reading["source"] == source["source"]}
    if before & {reading[4] for reading in rows(case, "acquisitions") if reading[1] == number}:
        return Check("sources", HOLDS, source["name"], "it is as it was read")
    return Check("sources", OPEN, source["name"], "it changed since it was read, and the bag holds no link of it")


def _source(
    name: str,
    facts: Mapping[_Fact, Mapping[str, Any]],
    held: set[_Fact],
    places: set[tuple[str, ...]],
    nodes: Mapping[int, Mapping[str, Any]],
) -> Iterator[Check]:
    broken = [fact for fact in facts if fact not in held]
    changed = [fact for fact in broken if any((fact[0], *fact[4:], end) in places for end in fact[1:3])]
    said = f"{len(facts) - len(broken):,} facts hold, {len(changed):,} changed, {len(broken) - len(changed):,} gone"
    yield Check("sources", FAILS if broken else HOLDS, name, said)
    for fact in broken[:_MOST_TOLD]:
        link = facts[fact]
        ends = [nodes[link[end]]["thing"]["title"] for end in ("cause", "effect")]
        document = " ".join(filter(None, (link["document"], link["document_commit"][:12], link["document_locus"])))
        word = "changed" if fact in changed else "gone"
        yield Check("sources", FAILS, f"{ends[0]} -> {ends[1]}", f"{word}: {link['kind']}, stated by {document}")
    if len(broken) > _MOST_TOLD:
        yield Check("sources", FAILS, name, f"and {len(broken) - _MOST_TOLD:,} further facts that do not hold")


def _present(case: Case, evidence: Mapping[str, Any], matched: Mapping[int, int], wanted: set[str]) -> dict[int, str]:
    """The uids of those nodes of a case that the bag holds too, by their id in the case."""
    old = {source["source"]: min(source["fingerprints"], default="") for source in evidence["sources"]}
    prints = {str(new): old[number] for number, new in matched.items()}
    found: dict[int, str] = {}
    for node, key in rows(case, "all_keys"):
        first, _, rest = key.partition("\0")
        name = uid(prints[first], rest) if first in prints else uid("", key)
        if name in wanted:
            found[node] = name
    return found


def _fact(link: Mapping[str, Any], nodes: Mapping[int, Mapping[str, Any]]) -> _Fact:
    cause, effect = nodes[link["cause"]]["uid"], nodes[link["effect"]]["uid"]
    place = link["document"], link["document_commit"], link["document_locus"]
    return link["kind"], cause, effect, link["strength"], *place

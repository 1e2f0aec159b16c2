"""The incident as a graph: a small part of the case's, enough to say what led to what and who is claimed to have."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from forensics.answer import Thing
from forensics.case import Case
from forensics.evidence.bundle import Link, Node
from forensics.evidence.sql import rows
from forensics.model import NodeKind
from forensics.taint import Judgement
from forensics_queries.blast_radius import Affected, judged
from forensics_queries.marks import list_marks
from forensics_queries.moment import moment
from forensics_queries.rollback import Target
from forensics_queries.standing import accused
from forensics_queries.subject import resolve
from forensics_queries.things import things

__all__ = ["incident", "uid"]

#: Marked nodes shown of one mark: a path or an actor may mean very many, which the mark itself says in one word.
_MOST_MARKED = 1_000

#: Kinds of node that have a verdict: a commit or a person is no thing to be taken out of production.
_JUDGED = frozenset({NodeKind.CONTENT, NodeKind.VERSION, NodeKind.EXECUTION, NodeKind.RELEASE})


def incident(
    case: Case, affected: Iterable[Affected], targets: Iterable[Target]
) -> tuple[tuple[Node, ...], tuple[Link, ...]]:
    """Takes the incident out of the graph.

    Args:
        case: the case.
        affected: the answer of ``blast-radius``.
        targets: the answer of ``rollback``.

    Returns:
        The nodes by id; and all links between them, by kind, cause and effect.
    """
    marks = _marked(case)
    found = _core(affected, targets) | marks.keys()
    kinds = {node: thing.kind for node, thing in things(case, found).items()}

    def take(statement: str, kind: NodeKind) -> None:
        ids = [node for node in found if kinds.get(node) == kind]
        fresh = {row[0] for row in rows(case, statement, ids=sorted(ids))} - found
        found.update(fresh)
        kinds.update({node: thing.kind for node, thing in things(case, fresh).items()})

    take("suppliers", NodeKind.VERSION)
    take("inputs", NodeKind.EXECUTION)
    take("introductions", NodeKind.VERSION)
    take("authors", NodeKind.COMMIT)
    take("released", NodeKind.VERSION)
    shown = things(case, found)
    nodes = _nodes(case, shown, marks, affected)
    links = tuple(Link(*row) for row in rows(case, "links", ids=sorted(shown)))
    return nodes, links


def uid(fingerprint: str, key: str) -> str:
    """What tells a node from all others in every case: a digest of its source's fingerprint and its key."""
    return hashlib.sha256(f"{fingerprint}\0{key}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _core(affected: Iterable[Affected], targets: Iterable[Target]) -> set[int]:
    found: set[int] = set()
    for row in affected:
        found.add(row.thing.id)
        found.update(step.thing.id for step in row.path)
        if row.place is not None:
            found.add(row.place.id)
    for target in targets:
        found.add(target.thing.id)
        found.update(refused.thing.id for refused in target.refused)
    return found


def _marked(case: Case) -> dict[int, tuple[int, ...]]:
    """The standing marks on each node that they mean, by number."""
    found: dict[int, list[int]] = defaultdict(list)
    for mark in list_marks(case).rows:
        if mark.standing:
            for node in resolve(case, f"mark:{mark.mark}").nodes[:_MOST_MARKED]:
                found[node].append(mark.mark)
    return {node: tuple(numbers) for node, numbers in found.items()}


def _nodes(
    case: Case, shown: dict[int, Thing], marks: dict[int, tuple[int, ...]], affected: Iterable[Affected]
) -> tuple[Node, ...]:
    ids = sorted(shown)
    prints = {number: (min(found, default="")) for number, _, _, found in rows(case, "sources")}
    judgement = _judgement(case)
    known = {row.thing.id: row for row in affected}
    nodes: dict[int, Node] = {}
    for node, key, source in rows(case, "keys", ids=ids):
        row = known.get(node)
        nodes[node] = Node(
            thing=shown[node],
            uid=uid(prints.get(source, ""), key.partition("\0")[2] if source else key),
            source=source,
            verdict=judgement.level(node).name.lower() if judgement and shown[node].kind in _JUDGED else "",
            marks=marks.get(node, ()),
            releases=row.releases if row else (),
            stages=row.stages if row else (),
        )
    for node, facts in _facts(case, ids).items():
        nodes[node] = replace(nodes[node], **facts)
    return tuple(nodes[node] for node in ids)


def _judgement(case: Case) -> Judgement | None:
    return judged(case, (), None)[0] if accused(case, (), moment(case, None)).seeds else None


def _facts(case: Case, ids: list[int]) -> dict[int, dict[str, Any]]:
    """What is on record of each node beside its lineage, by the names of ``Node``'s fields."""
    facts: dict[int, dict[str, Any]] = defaultdict(dict)
    for node, size, nfiles in rows(case, "versions", ids=ids):
        facts[node] |= {"size": size, "nfiles": nfiles}
    for node, digests in rows(case, "digests", ids=ids):
        facts[node] |= {"digests": tuple(digests)}
    for node, command, directory in rows(case, "executions", ids=ids):
        facts[node] |= {"command": command or "", "directory": directory or ""}
    for node, kind, state, uri, created, updated in rows(case, "descriptions", ids=ids):
        facts[node] |= {"type": kind, "state": state, "uri": uri, "claimed_time": _seconds(created)}
        facts[node] |= {"claimed_end": _seconds(updated), "written": _milliseconds(created, updated)}
    for node, message, mail, name, seconds, offset in rows(case, "commits", ids=ids):
        sign, minutes = "-" if (offset or 0) < 0 else "+", abs(offset or 0)
        written = f"{seconds} {sign}{minutes // 60:02}{minutes % 60:02}"
        facts[node] |= {"message": message, "mail": mail, "person": name, "claimed_time": seconds, "written": written}
    for node, mail, name in rows(case, "actors", ids=ids):
        facts[node] |= {"mail": mail, "person": name}
    for node, message, mail, seconds, stages in rows(case, "releases", ids=ids):
        facts[node] |= {"message": message, "mail": mail, "claimed_time": seconds, "stages": tuple(stages)}
    return facts


def _seconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else milliseconds // 1000


def _milliseconds(*times: int | None) -> str:
    return ", ".join(f"{time} ms" for time in times if time is not None)

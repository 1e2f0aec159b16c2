"""Where something came from: all its ancestors, each with its shortest path."""

from dataclasses import dataclass

from forensics.answer import Answer, Step, Thing
from forensics.case import Case
from forensics.graph import reach
from forensics.model import NodeKind
from forensics_queries.coverage import coverage
from forensics_queries.scope import scope
from forensics_queries.statement import rows
from forensics_queries.steps import INFLUENCE, RECORDED_INFLUENCE, explain, weakest
from forensics_queries.subject import resolve

__all__ = ["Ancestor", "trace"]


@dataclass(frozen=True, slots=True)
class Ancestor:
    """Something that a subject came from.

    Attributes:
        thing: the ancestor.
        depth: number of steps on the shortest path.
        strength: of that path: its weakest step.
        same_bytes: it is an ancestor only through something else that has the same bytes as the subject or as one of
            its ancestors; bytes may be equal by chance.
        path: from the ancestor to the subject.
    """

    thing: Thing
    depth: int
    strength: str
    same_bytes: bool
    path: tuple[Step, ...]


def trace(case: Case, subject: str, *, members: bool = False, as_of: str | None = None) -> Answer[Ancestor]:
    """All that something came from.

    Args:
        case: the case.
        subject: a SUBJECT, mostly a model's version or a release.
        members: also list contents: the bytes of every ancestor, and every file inside ancestral directories.
        as_of: a revision or a time; only what stood then is listed.

    Returns:
        Ancestors by distance. Those on record come before those that are only joined by equal bytes.

    Raises:
        UsageError: the subject means nothing, or several things.
    """
    meant = resolve(case, subject)
    graph = case.graph()
    stood = scope(case, as_of)
    seeds = set(meant.nodes)
    # By record first, so that equal bytes never shorten or replace a path that is on record.
    recorded = reach(graph, meant.nodes, backward=True, follow=RECORDED_INFLUENCE)
    joined = reach(graph, meant.nodes, backward=True, follow=INFLUENCE)
    kinds = _kinds(case, list(joined))
    chosen: list[tuple[bool, int, int]] = []
    for node in joined:
        if node in seeds or (kinds[node] == NodeKind.CONTENT and not members) or not stood(node):
            continue
        by_bytes = node not in recorded
        chosen.append((by_bytes, (joined if by_bytes else recorded).depth(node), node))
    chosen.sort()
    chains = [(joined if by_bytes else recorded).path(node)[::-1] for by_bytes, _, node in chosen]
    found = tuple(
        Ancestor(path[0].thing, depth, weakest(path), by_bytes, path)
        for (by_bytes, depth, _), path in zip(chosen, explain(case, chains), strict=True)
    )
    gaps = rows(case, "trace.gaps", ids=sorted({*seeds, *joined}))
    notes = [f"{subject} means {meant.meaning}"]
    notes += [f"lineage is missing at {count} of them: {kind}, for example {detail}" for kind, count, detail in gaps]
    seen = coverage(case)
    short = bool(gaps) or not seen.complete
    return Answer("trace", {"subject": subject, "as_of": as_of or ""}, found, seen, tuple(notes), short)


def _kinds(case: Case, nodes: list[int]) -> dict[int, str]:
    return dict(rows(case, "trace.kinds", ids=nodes))

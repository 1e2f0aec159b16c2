"""How each suspect leads to what misbehaves: a shortest path to every bad version that it explains."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from forensics.answer import Step
from forensics.case import Case
from forensics.case.codes import edge_codes
from forensics.graph.reach import Reach, Search
from forensics.localization import Group, Located, Repair
from forensics.localization.influence import STEPS
from forensics.localization.stores import read_from
from forensics.model import EdgeKind
from forensics_queries.localized import Localized
from forensics_queries.steps import explain

__all__ = ["witness_paths"]


def witness_paths(case: Case, where: Localized, groups: Iterable[Group]) -> dict[tuple[int, int], tuple[Step, ...]]:
    """By suspect and bad version, as nodes: the steps from one to the other, where there are any."""
    nodes = where.located.origins.nodes
    chains = _chains(where.located, {int(nodes[place]): group for group in groups for place in group.members})
    keys = sorted(chains)
    paths = zip(keys, explain(case, [chains[key] for key in keys]), strict=True)
    return {key: _repaired(path, where.repaired) for key, path in paths}


def _chains(located: Located, wanted: Mapping[int, Group]) -> dict[tuple[int, int], list[int]]:
    """A shortest path from each suspect to each bad version that it explains; one search a bad version."""
    found: dict[tuple[int, int], list[int]] = {}
    rows_up = located.influence.up
    for bad in sorted({bad for group in wanted.values() for bad in group.explained}):
        search = Search(rows_up, located.influence.graph.nodes, [bad], follow=STEPS)
        search.advance()
        reached = search.result()
        for node, group in wanted.items():
            if bad not in group.explained:
                continue
            if node in reached:
                found[node, bad] = reached.path(node)[::-1]
            elif nearest := _out_of_store(located, node, reached):
                found[node, bad] = nearest
    return found


def _out_of_store(located: Located, content: int, reached: Reach) -> list[int]:
    """A shortest path from a tampered object by a version that can have been read from it."""
    graph = located.influence.graph
    search = Search(graph.forward, graph.nodes, [content], follow=edge_codes([EdgeKind.CONTENT, EdgeKind.MEMBER]))
    search.advance()
    held = search.result()
    versions = [version for version in read_from(graph, [content])[content] if version in reached]
    paths = ([*held.path(version), *reached.path(version)[-2::-1]] for version in versions)
    return min(paths, key=lambda path: (len(path), path), default=[])


def _repaired(path: tuple[Step, ...], repaired: Iterable[Repair]) -> tuple[Step, ...]:
    """Names the steps that no document states, since they were supplied."""
    supplied = {(one.version, one.run) for one in repaired}
    before: int | None = None
    steps = []
    for step in path:
        given = before is not None and not step.edge and (before, step.thing.id) in supplied
        steps.append(replace(step, edge="used", strength="inferred", reason="slot-continuity") if given else step)
        before = step.thing.id
    return tuple(steps)

"""Explaining paths: nodes turned into steps, each with the document that states it."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from forensics.answer import Step
from forensics.case import Case
from forensics_queries.statement import rows
from forensics_queries.things import things

__all__ = ["steps", "weakest"]

_ORDER = ("recorded", "matched", "declared", "inferred", "assumed")


def steps(case: Case, paths: Iterable[Sequence[int]]) -> list[tuple[Step, ...]]:
    """Describes paths, a handful of statements for all of them.

    Args:
        case: the case.
        paths: node ids from cause to effect; neighbours have an edge in either direction.

    Returns:
        For each path its steps, the first without an edge.
    """
    paths = [list(path) for path in paths]
    shown = things(case, (node for path in paths for node in path))
    pairs = sorted({pair for path in paths for pair in pairwise(path)})
    found = rows(case, "steps.between", causes=[a for a, _ in pairs], effects=[b for _, b in pairs]) if pairs else []
    edges = {(row[0], row[1]): tuple(value or "" for value in row[2:]) for row in found}
    described = []
    for path in paths:
        chain = [Step(shown[path[0]])] if path else []
        for cause, effect in pairwise(path):
            chain.append(Step(shown[effect], *edges.get((cause, effect), ())))
        described.append(tuple(chain))
    return described


def weakest(path: Iterable[Step]) -> str:
    """The weakest strength on a path; empty for a path of one thing."""
    found = [step.strength for step in path if step.strength]
    return max(found, key=_ORDER.index, default="")

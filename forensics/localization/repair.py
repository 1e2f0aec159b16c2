"""Inputs that runs most likely had and that are not on record, by slot continuity: a tier of its own, never proof.

Runs of one stage mostly read the same slots. A run that lacks a slot which one of the two runs before it and one of the
two after it had is given the newest version of that slot when it started. Lost inputs are what misleads localization
and rollback most: see docs/localization.md.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.case.codes import edge_code
from forensics.graph import build
from forensics.model import EdgeKind, Strength

if TYPE_CHECKING:
    from forensics.graph import Graph

__all__ = ["Repair", "Run", "completeness", "repairs", "with_repairs"]

_NEIGHBOURS = 2


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a stage, as slots see it.

    Attributes:
        node: the execution.
        stage: what it is a run of.
        time: when it started, in any unit that orders the runs of a stage and the versions of a slot.
        inputs: by slot (an artifact, say): the version that it read.
    """

    node: int
    stage: str
    time: float
    inputs: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Repair:
    """An input that is inferred.

    Attributes:
        version, run: from, to.
        slot: what the run lacked.
        confidence: the share of its neighbours that had the slot.
    """

    version: int
    run: int
    slot: int
    confidence: float


def repairs(runs: Iterable[Run], versions: Mapping[int, Sequence[tuple[float, int]]]) -> list[Repair]:
    """Finds inputs that are most likely missing.

    Args:
        runs: all runs, in any order.
        versions: by slot: its versions, each with the time from which on it could be read.

    Returns:
        By run, then slot. The first and the last run of a stage are judged by their one side.
    """
    by_stage: dict[str, list[Run]] = {}
    for run in runs:
        by_stage.setdefault(run.stage, []).append(run)
    ordered = {slot: sorted(some) for slot, some in versions.items()}
    found: list[Repair] = []
    for stage in by_stage.values():
        stage.sort(key=lambda run: (run.time, run.node))
        for place, run in enumerate(stage):
            before = stage[max(place - _NEIGHBOURS, 0) : place]
            after = stage[place + 1 : place + 1 + _NEIGHBOURS]
            for slot in sorted({slot for other in (*before, *after) for slot in other.inputs} - run.inputs.keys()):
                sides = [any(slot in other.inputs for other in side) for side in (before, after) if side]
                version = _newest(ordered.get(slot, ()), run.time)
                if all(sides) and version is not None:
                    near = [slot in other.inputs for other in (*before, *after)]
                    found.append(Repair(version, run.node, slot, sum(near) / len(near)))
    return sorted(found, key=lambda one: (one.run, one.slot))


def completeness(runs: Iterable[Run], found: Sequence[Repair]) -> float:
    """The share of inputs that are on record, of those and the ones that are inferred; 1 where there are none."""
    known = sum(len(run.inputs) for run in runs)
    return known / (known + len(found)) if known + len(found) else 1.0


def with_repairs(graph: "Graph", found: Sequence[Repair]) -> "Graph":
    """The graph with inferred inputs, as ``used`` edges of the strength ``inferred``."""
    import numpy as np

    if not found:
        return graph
    pointers, effects, codes = graph.forward.arrays
    causes = np.repeat(np.arange(graph.nodes, dtype=np.int32), np.diff(pointers))
    code = edge_code(EdgeKind.USED, Strength.INFERRED)
    return build(
        np.concatenate([causes, np.array([one.version for one in found], dtype=np.int32)]),
        np.concatenate([effects, np.array([one.run for one in found], dtype=np.int32)]),
        np.concatenate([codes, np.full(len(found), code, dtype=np.uint8)]),
        np.frombuffer(graph.kinds, dtype=np.uint8),
    )


def _newest(versions: Sequence[tuple[float, int]], time: float) -> int | None:
    place = bisect_right(versions, (time, 2**31))
    return versions[place - 1][1] if place else None

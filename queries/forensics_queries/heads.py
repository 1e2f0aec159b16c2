"""Which versions count: what is live, else what was released last, else the newest of each model."""

from collections.abc import Iterable

from forensics.model import EdgeKind, NodeKind
from forensics.taint import Lineage
from forensics_queries.exposure import exposures
from forensics_queries.moment import Moment
from forensics_queries.state import History
from forensics_queries.statement import rows
from forensics_queries.succession import Succession

__all__ = ["by_artifact", "heads", "newest", "versions_behind"]


def heads(when: Moment, history: History, among: Iterable[int]) -> tuple[str, list[int]]:
    """The versions that matter most.

    Args:
        when: the moment that is asked of.
        history: the commits of the case.
        among: versions; where nothing is live, models of which none is among them are left out.

    Returns:
        What they are, ``live`` or ``newest``, and the versions: all that is live. Where nothing is, of each model what
        was released last, else its newest versions.
    """
    live: set[int] = set()
    for one in exposures(when):
        if one.window.state == "live":
            for node in one.nodes:
                behind = versions_behind(when.lineage, node)
                # A store's row of the same bytes is no other thing to mend.
                live.update([version for version in behind if when.lineage.places(version)] or behind)
    if live:
        return "live", sorted(live)
    touched = by_artifact(when, among)
    models = [artifact for (artifact,) in rows(when.case, "rollback.models") if artifact in touched]
    found: list[int] = []
    for artifact, versions in by_artifact(when, _states(when, models)).items():
        released = {row[0] for row in rows(when.case, "blast_radius.releases", versions=versions)}
        found += newest(when, history, artifact, sorted(released) or versions)
    return "newest", found


def newest(when: Moment, history: History, artifact: int, versions: Iterable[int]) -> list[int]:
    """Of some versions of an artifact the newest: several on parallel branches; the last of what no commit holds."""
    known = list(versions)
    if len(known) == 1:
        return known
    succession = Succession(history, history.held_everywhere(when.case, artifact).values(), when.stood)
    return succession.newest(known) or known[-1:]


def by_artifact(when: Moment, versions: Iterable[int]) -> dict[int, list[int]]:
    """Versions by artifact, ascending."""
    found: dict[int, list[int]] = {}
    for version, artifact, _ in rows(when.case, "rebuild.artifacts", versions=sorted(versions)):
        found.setdefault(artifact, []).append(version)
    return found


def _states(when: Moment, artifacts: list[int]) -> list[int]:
    found = rows(when.case, "rebuild.states", artifacts=artifacts)
    return [version for _, version in found if when.stood(version)]


def versions_behind(lineage: Lineage, node: int) -> list[int]:
    """The versions that a node stands for; a file in a directory stands for the directory, a run for its outputs."""
    kind = lineage.kind(node)
    if kind is NodeKind.RELEASE:
        return lineage.released(node)
    if kind is NodeKind.VERSION:
        return [node]
    if kind is NodeKind.EXECUTION:
        return [version for version, _ in lineage.effects(node, EdgeKind.GENERATED)]
    if kind is not NodeKind.CONTENT:
        return []
    holding = [content for same in lineage.same(node) for content in (same, *lineage.directories(same))]
    return [version for content in holding for version in lineage.holders(content)]

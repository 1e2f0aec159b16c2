"""Versions of models that no standing mark reaches, and that by what was observed may be contaminated all the same."""

from collections.abc import Iterable

from forensics.taint import Judgement, Level
from forensics_queries.affected import Affected, rank, windows_of
from forensics_queries.contamination import POSSIBLE, Contamination, chance
from forensics_queries.exposure import Exposure
from forensics_queries.moment import Moment
from forensics_queries.statement import rows
from forensics_queries.things import things

__all__ = ["doubted"]


def doubted(when: Moment, judgement: Judgement, doubt: Contamination, used: Iterable[Exposure]) -> list[Affected]:
    """Lists them, live ones and the likely first. Their verdict stays clear: it comes from marks alone.

    Args:
        when: the moment that is asked of.
        judgement: the verdicts by standing marks.
        doubt: what was observed.
        used: where and when things were in use.
    """
    models = [row[0] for row in rows(when.case, "observations.models") if when.stood(row[0])]
    known = doubt.of(version for version in models if judgement.level(version) is Level.CLEAR)
    versions = [version for version, p in known.items() if p >= POSSIBLE]
    shown = things(when.case, versions)
    windows = windows_of(judgement.lineage, used, lambda _: True)
    released: dict[int, set[str]] = {}
    for version, _, name in rows(when.case, "blast_radius.releases", versions=versions):
        released.setdefault(version, set()).add(name)
    found = []
    for version in versions:
        in_use = tuple(windows.get(version, ()))
        word = chance(known[version])
        found.append(
            Affected(
                verdict="clear",
                thing=shown[version],
                kind=shown[version].artifact_kind,
                stages=tuple(sorted({window.where for window in in_use if window.state == "live"})),
                releases=tuple(sorted(released.get(version, ()))),
                distance=0,
                reason=word,
                place=None,
                dose="",
                known="",
                path=(),
                windows=in_use,
                p=known[version],
                chance=word,
            )
        )
    return sorted(found, key=lambda row: (not row.stages, -(row.p or 0), rank(row)))

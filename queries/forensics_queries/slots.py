"""Runs as slots see them: what runs of one stage read, in the order of the runs, for lineage repair."""

from collections import defaultdict

from forensics.localization import Run
from forensics_queries.moment import Moment
from forensics_queries.state import History
from forensics_queries.statement import rows

__all__ = ["slots"]


def slots(when: Moment) -> tuple[list[Run], dict[int, list[tuple[float, int]]]]:
    """All runs that stood, and the versions of every slot, which is an artifact.

    Order is that of the commits that recorded a run or brought a version, in a topological order of the history; in a
    store, the time that it claims.

    Returns:
        The runs; and by slot its versions, each with the place in that order from which on it could be read.
    """
    rank = History.load(when.case).rank
    claimed = dict(rows(when.case, "slots.claimed"))

    def time(node: int) -> float | None:
        places = [rank[commit] for commit in when.lineage.places(node) if commit in rank]
        return float(min(places)) if places else claimed.get(node)

    inputs: dict[int, dict[int, int]] = defaultdict(dict)
    for run, slot, version in rows(when.case, "slots.inputs", until=when.until):
        inputs[run][slot] = version
    runs = []
    for run, stage in rows(when.case, "slots.runs"):
        at = time(run)
        if at is not None and when.stood(run):
            runs.append(Run(run, stage, at, inputs[run]))
    versions: dict[int, list[tuple[float, int]]] = defaultdict(list)
    read = {slot for run in runs for slot in run.inputs}
    for slot, version in rows(when.case, "slots.versions", slots=sorted(read)):
        at = time(version)
        if at is not None and when.stood(version):
            versions[slot].append((at, version))
    return runs, versions

"""What is measured on one history, table by table, and how the measurements of many histories are shown."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import mean, median, stdev

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.localization.incidents import Incident, Problem, plant
from tests.benchmarks.localization.lineage import Lineage, lose
from tests.benchmarks.localization.method import Estimate, Method, Policy, Ranking
from tests.benchmarks.localization.metrics import ChangePoint, Threshold
from tests.benchmarks.localization.peers import PEERS
from tests.benchmarks.localization.policies import BisectByTime, Halving, RandomTests, TopSuspect
from tests.benchmarks.localization.rules import BeforeFirstBad, Below, NotFoundBad
from tests.benchmarks.localization.simulator import History, Topology, simulate

__all__ = ["TABLES", "Contestants", "Measurement", "peers_only", "show", "trial"]

NOISES = (0.0, 0.05, 0.15)
#: Tests at most in one loop, and when two sources are looked at.
LONGEST, LOOKS = 60, (20, 30)
OCHIAI = next(peer for peer in PEERS if peer.name == "Ochiai")

#: Table, row, column, value.
Measurement = tuple[str, str, str, float]


@dataclass(frozen=True, slots=True)
class Contestants:
    """Who takes part.

    Attributes:
        estimates: each with the risk that it accepts in a target.
        repair: infers lost inputs.
        confirmed: the models that a known source leads to.
    """

    methods: Sequence[Method]
    policies: Sequence[Policy]
    metrics: Sequence[Method]
    estimates: Sequence[tuple[Estimate, float]]
    repair: Callable[[Lineage], Lineage] | None = None
    confirmed: Callable[[Lineage, int], NDArray[np.bool_]] | None = None


def peers_only() -> Contestants:
    """The known methods."""
    return Contestants(
        methods=PEERS,
        policies=(RandomTests(OCHIAI), TopSuspect(OCHIAI), BisectByTime(), Halving()),
        metrics=(Threshold(), ChangePoint()),
        estimates=((NotFoundBad(), 0), (BeforeFirstBad(), 0), (Below(OCHIAI, 1), 0), (Below(OCHIAI, 5), 0)),
    )


def judge(ranking: Ranking, incident: Incident) -> dict[str, float]:
    """How good an answer is: shares of 1, and EXAM as the share of all origins that stand before the source."""
    history = incident.history
    groups = [ranking.group_rank(source) for source in incident.sources]
    commits = [ranking.commit_rank(history.origins[source].commit) for source in incident.sources]
    found: dict[str, float] = {}
    if len(incident.sources) == 1:
        place, total = ranking.origin_rank(incident.sources[0]), len(history.origins)
        found["group@1"] = groups[0] < 1
        found["candidate top-1"] = place < 1
        found["candidate top-5"] = place < 5
        found["EXAM"] = (place if np.isfinite(place) else (len(ranking.origins) + total) / 2) / total
        found["commit top-1"] = commits[0] < 1
    else:
        found["both groups in top 5"] = max(groups) < 5
        found["both commits in top 5"] = max(commits) < 5
    if ranking.credible is not None:
        found["coverage of the 90 % set"] = max(groups) < ranking.credible
    return {name: float(value) for name, value in found.items()}


def ranks(history: History, incidents: int, who: Contestants) -> Iterator[Measurement]:
    """Tables A and B: the source first, with 30 labels and with 100."""
    lineage = Lineage.whole(history)
    for number in range(incidents):
        for sources in (1, 2):
            incident = plant(history, number, sources)
            for count, noises in ((30, NOISES), (100, NOISES[-1:] if sources == 1 else NOISES[1:2])):
                for noise in noises:
                    problem = Problem(lineage, incident.labels(noise, count))
                    where = f"{sources} src {noise:.0%}" + (f", {count} labels" if count != 30 else "")
                    yield from _rows("A/B", where, problem, incident, who.methods)


def variants(history: History, incidents: int, who: Contestants) -> Iterator[Measurement]:
    """Table B, below: poison planted by commit, silent poison, lost edges without and with repair."""
    whole, lossy = Lineage.whole(history), lose(history, 0.1)
    repaired = who.repair(lossy) if who.repair else None
    for number in range(incidents):
        for noise in NOISES[:2]:
            for name, incident in (
                ("by commit", plant(history, number, by_commit=True)),
                ("silent", plant(history, number, silent=True)),
            ):
                problem = Problem(whole, incident.labels(noise))
                yield from _rows("variants", f"{name}, {noise:.0%}", problem, incident, who.methods)
            incident = plant(history, number)
            for name, lineage in (("10 % lost", lossy), ("10 % lost, repaired", repaired)):
                if lineage:
                    problem = Problem(lineage, incident.labels(noise))
                    yield from _rows("variants", f"{name}, {noise:.0%}", problem, incident, who.methods)


TOPOLOGIES = {
    "3 datasets, 20 families": Topology(datasets=3, families=20),
    "20 datasets, 5 families": Topology(datasets=20, families=5),
    "60 commits": Topology(commits=60),
    "200-400 files": Topology(files=(200, 400)),
}


def topologies(history: History, incidents: int, who: Contestants) -> Iterator[Measurement]:
    """Other shapes of project, 5 % wrong labels."""
    for name, topology in TOPOLOGIES.items():
        other = simulate(history.seed, topology)
        lineage = Lineage.whole(other)
        for number in range(incidents):
            for sources in (1, 2):
                incident = plant(other, number, sources)
                problem = Problem(lineage, incident.labels(0.05))
                yield from _rows("topologies", f"{name}, {sources} src", problem, incident, who.methods)


def loops(history: History, incidents: int, who: Contestants) -> Iterator[Measurement]:
    """Table C: tests until the policy stops, from one bad model on; one incident a history."""
    lineage = Lineage.whole(history)
    for sources, noises in ((1, NOISES), (2, NOISES[1:2])):
        incident = plant(history, 0, sources)
        for noise in noises:
            for policy in who.policies:
                where = f"{sources} src {noise:.0%}"
                for name, value in _loop(policy, incident, lineage, noise).items():
                    yield "C", policy.name, f"{where}: {name}", value


def drops(history: History, incidents: int, who: Contestants) -> Iterator[Measurement]:
    """Table D: a metric of every version, lower where contaminated."""
    lineage = Lineage.whole(history)
    for number in range(incidents):
        incident = plant(history, number)
        for drop in (0.5, 1.0, 2.0, 3.0):
            problem = Problem(lineage, {}, incident.series(drop))
            for method in who.metrics:
                found = judge(method.rank(problem), incident)
                for name in ("group@1", "EXAM"):
                    yield "D", method.name, f"drop {drop:g}: {name}", found[name]


def targets(history: History, incidents: int, who: Contestants) -> Iterator[Measurement]:
    """Table E: what each rule goes back to, and table F: what it holds for contaminated."""
    whole, lossy = Lineage.whole(history), lose(history, 0.1)
    repaired = who.repair(lossy) if who.repair else None
    for number in range(incidents):
        for sources, noises in ((1, NOISES), (2, NOISES[1:2])):
            incident = plant(history, number, sources)
            for noise in noises:
                lineages = {f"{sources} src {noise:.0%}": whole}
                if (sources, noise) == (1, 0.05):
                    lineages |= {"10 % lost": lossy} | ({"10 % lost, repaired": repaired} if repaired else {})
                for where, lineage in lineages.items():
                    problem = Problem(lineage, incident.labels(noise))
                    yield from _targets(problem, incident, where, who.estimates)


def radius(history: History, incidents: int, who: Contestants) -> Iterator[Measurement]:
    """Table G: the models that a confirmed source leads to."""
    lineages = {"whole": Lineage.whole(history), "10 % lost": lose(history, 0.1)}
    if who.repair:
        lineages["10 % lost, repaired"] = who.repair(lineages["10 % lost"])
    follow = who.confirmed or (lambda lineage, origin: lineage.reached[origin])
    for number in range(incidents):
        incident = plant(history, number)
        for where, lineage in lineages.items():
            found = follow(lineage, incident.sources[0])
            right = float((found & incident.contaminated).sum())
            if found.any():
                yield "G", "confirmed source", f"{where}: precision", right / float(found.sum())
            yield "G", "confirmed source", f"{where}: recall", right / float(incident.contaminated.sum())


TABLES: dict[str, Callable[[History, int, Contestants], Iterator[Measurement]]] = {
    "A": ranks,
    "variants": variants,
    "topologies": topologies,
    "C": loops,
    "D": drops,
    "E": targets,
    "G": radius,
}


def trial(
    seed: int, *, tables: Iterable[str], incidents: int, contestants: Callable[[], Contestants]
) -> list[Measurement]:
    """All measurements on the history of one seed."""
    history, who = simulate(seed), contestants()
    return [found for table in tables for found in TABLES[table](history, incidents, who)]


def show(trials: Sequence[Sequence[Measurement]]) -> str:
    """Means with 95 % intervals, as Markdown.

    The incidents of one history are not independent, so the interval is that of a ratio of sums over histories.
    """
    cells: dict[str, dict[str, dict[str, list[list[float]]]]] = defaultdict(lambda: defaultdict(dict))
    for measurements in trials:
        values: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        for table, row, column, value in measurements:
            values[table, row, column].append(value)
        for (table, row, column), found in values.items():
            cells[table][row].setdefault(column, []).append(found)
    return "\n".join(_table(name, rows) for name, rows in cells.items())


def _table(name: str, rows: dict[str, dict[str, list[list[float]]]]) -> str:
    """One Markdown table: a line a measure, a column a method."""
    found = dict.fromkeys(measure for row in rows.values() for measure in row)
    places = list(dict.fromkeys(measure.partition(":")[0] for measure in found))
    measures = sorted(found, key=lambda measure: places.index(measure.partition(":")[0]))
    lines = [f"## {name}", "", "| measure | " + " | ".join(rows) + " |", "|---" * (len(rows) + 1) + "|"]
    lines += [f"| {m} | " + " | ".join(_cell(row.get(m)) for row in rows.values()) + " |" for m in measures]
    return "\n".join([*lines, ""])


def _cell(histories: list[list[float]] | None) -> str:
    """The mean of all values and half of its interval; of counts the median too."""
    if not histories:
        return "-"
    values = [value for found in histories for value in found]
    middle = mean(values)
    # How far each history pulls the mean away: histories are independent, the incidents of one are not.
    pulls = [sum(found) - middle * len(found) for found in histories]
    width = 1.96 * stdev(pulls) * len(pulls) ** 0.5 / len(values) if len(pulls) > 1 else float("nan")
    if max(values) <= 1:
        return f"{middle:.2f} ±{width:.2f}"
    return f"{middle:.1f} ±{width:.1f} (median {median(values):g})"


def _rows(
    table: str, where: str, problem: Problem, incident: Incident, methods: Sequence[Method]
) -> Iterator[Measurement]:
    for method in methods:
        for name, value in judge(method.rank(problem), incident).items():
            yield table, method.name, f"{where}: {name}", value


def _loop(policy: Policy, incident: Incident, lineage: Lineage, noise: float) -> dict[str, float]:
    """One investigation: from one bad model that truly is, test by test."""
    verdicts = incident.verdicts(noise)
    random = np.random.default_rng([incident.history.seed, 6, incident.number])
    labels = {int(random.choice(np.flatnonzero(incident.symptoms))): True}
    two, found = len(incident.sources) > 1, dict[str, float]()
    stopped = False
    for tests in range(LOOKS[-1] + 1 if two else LONGEST + 1):
        problem = Problem(lineage, dict(labels))
        if two and tests in LOOKS:
            groups = [policy.rank(problem).group_rank(source) for source in incident.sources]
            found[f"both in top 5 after {tests}"] = float(max(groups) < 5)
            found[f"both in top 2 after {tests}"] = float(max(groups) < 2)
        asked = None if stopped else policy.next(problem, patient=two)
        stopped = asked is None
        if asked is not None and tests < LONGEST:
            labels[asked] = bool(verdicts[asked])
        elif not two:
            right = policy.rank(problem).group_rank(incident.sources[0]) < 1
            return {"tests": tests, "right": float(right)}
    return found


def _targets(
    problem: Problem, incident: Incident, where: str, estimates: Sequence[tuple[Estimate, float]]
) -> Iterator[Measurement]:
    history, clean = incident.history, ~incident.contaminated
    for estimate, risk in estimates:
        probability = estimate.probability(problem)
        row = estimate.name + (f", P <= {risk:g}" if risk else "")
        trusted = probability <= risk
        trusted[problem.bad] = False
        for family in np.unique(history.family):
            mine = np.flatnonzero(history.family == family)
            if clean[mine[-1]]:
                continue
            possible = mine[(clean & incident.present)[mine]]
            allowed = mine[(trusted & incident.present)[mine]]
            if len(allowed):
                safe = bool(clean[allowed[-1]])
                yield "E", row, f"{where}: safe", float(safe)
                if safe:
                    yield "E", row, f"{where}: lost", float(((mine > allowed[-1]) & (mine <= possible[-1])).sum())
            if len(possible):
                yield "E", row, f"{where}: none", float(not len(allowed))
        yield from _spread(probability, incident, row, where)


def _spread(probability: NDArray[np.float64], incident: Incident, row: str, where: str) -> Iterator[Measurement]:
    """Table F: the models held for contaminated, against the truth."""
    for least in (0.5, 0.05):
        held = probability >= least
        right = float((held & incident.contaminated).sum())
        if held.any():
            yield "F", row, f"{where}: P >= {least:g} precision", right / float(held.sum())
        yield "F", row, f"{where}: P >= {least:g} recall", right / float(incident.contaminated.sum())

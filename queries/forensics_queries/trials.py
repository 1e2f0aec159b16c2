"""What could be done next, each with what it is expected to tell and what it costs: the rows of ``next-test``."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forensics.answer import Thing
from forensics.case import Case
from forensics.localization import Advice, Located, Weighed
from forensics.localization.inspection import informed
from forensics_queries.costs import Costs
from forensics_queries.entrance import entrances
from forensics_queries.statement import rows
from forensics_queries.suspects import release_names
from forensics_queries.things import things

__all__ = ["Trial", "evaluations", "halves", "inspections", "value"]

_DIGITS = 4
#: As ``suspects`` gives it.
_DIGITS_OF_SOURCE = 6


@dataclass(frozen=True, slots=True)
class Trial:
    """Something to do next.

    Attributes:
        action: ``evaluate`` a model; ``inspect`` a candidate; ``retrain`` a model without half of the candidates.
        thing: the version to evaluate or to train again, or the candidate.
        releases: of the version.
        gain: expected information, in bits.
        bad: P(it is found bad); for an inspection P(it is a source), as ``suspects`` has it.
        left_if_bad, left_if_good: how many candidates would hold 90 % of the probability after either outcome of an
            evaluation; None else.
        half: 1 or 2: the half of the candidates that no model can tell apart which it is in, or which the training
            leaves out; None else.
        change: how a candidate came in; empty for a version.
        claimed_mail: of who brought a candidate in.
        cost: what it costs; an evaluation costs 1 unless it is said otherwise.
    """

    action: str
    thing: Thing
    releases: tuple[str, ...]
    gain: float
    bad: float
    left_if_bad: int | None
    left_if_good: int | None
    half: int | None = None
    change: str = ""
    claimed_mail: str = ""
    cost: float = 1.0


def value(trial: Trial) -> float:
    """Bits for its cost."""
    return trial.gain / trial.cost


def evaluations(case: Case, worth: Sequence[Weighed]) -> Iterator[Trial]:
    """Models to evaluate, in their order."""
    nodes = [weighed.test.node for weighed in worth]
    shown = things(case, nodes)
    releases = release_names(case, nodes)
    for weighed in worth:
        node = weighed.test.node
        yield Trial(
            "evaluate", shown[node], releases[node], round(weighed.gain, _DIGITS), round(weighed.bad, _DIGITS),
            weighed.left_if_bad, weighed.left_if_good, cost=weighed.test.cost,
        )  # fmt: skip


def inspections(
    case: Case, located: Located, places: Sequence[int], costs: Costs, *, half: int | None = None
) -> Iterator[Trial]:
    """Candidates to look into, in their order.

    Args:
        case: the case.
        located: where the incident stands, as ``suspects`` has it.
        places: of candidates in ``located.origins``.
        costs: of an inspection, which grows with the bytes of a candidate where they are known.
        half: which they are.
    """
    nodes = [int(located.origins.nodes[place]) for place in places]
    shown = things(case, nodes)
    entered = entrances(case, located.origins, places)
    bytes_of = dict(rows(case, "sizes.contents", contents=nodes))
    for place, node in zip(places, nodes, strict=True):
        p, entrance = located.candidates[node], entered[place][0]
        yield Trial(
            "inspect", shown[node], (), round(informed(p), _DIGITS), round(p, _DIGITS_OF_SOURCE), None, None, half,
            entrance.change, entrance.claimed_mail, round(costs.inspection(bytes_of.get(node)), _DIGITS),
        )  # fmt: skip


def halves(case: Case, located: Located, beyond: Located, advice: Advice, costs: Costs) -> Iterator[Trial]:
    """Candidates that no model can tell apart, in two halves, and the training without the first of them.

    Args:
        case: the case.
        located: where the incident stands, as ``suspects`` has it.
        beyond: as the advice has it.
        advice: which of its candidates cannot be told apart.
        costs: of each kind of test.
    """
    places = {int(node): place for place, node in enumerate(located.origins.nodes.tolist())}
    # What leads to no symptom is no suspect: there is nothing yet that it could be a source of.
    known = [
        [places[node] for node in nodes if node in located.candidates]
        for nodes in ([int(beyond.origins.nodes[one]) for one in half] for half in advice.halves)
    ]
    several = all(known)
    for number, half in enumerate(known, 1):
        yield from inspections(case, located, half, costs, half=number if several else None)
    if several:
        yield from _retrained(case, located, known[1], costs)


def _retrained(case: Case, located: Located, kept: Iterable[int], costs: Costs) -> Iterator[Trial]:
    """A model that misbehaves, trained once more without the first half: it is bad then if a source is in the other."""
    nodes = {int(located.origins.nodes[place]) for place in kept}
    group = next(group for group in located.groups if not set(kept).isdisjoint(group.members))
    if not group.explained:
        return
    node = group.explained[-1]
    found, mistaken = located.likelihood.predictions(located.rows[:1])
    p = min(sum(located.candidates[one] for one in nodes), 1.0)
    gain = informed(p, float(found[0]), float(mistaken[0]))
    yield Trial(
        "retrain", things(case, [node])[node], release_names(case, [node])[node], round(gain, _DIGITS),
        round(float(mistaken[0] + (found[0] - mistaken[0]) * p), _DIGITS), None, None, 1, cost=costs.retrain,
    )  # fmt: skip

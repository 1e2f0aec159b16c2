"""``next-test``: which version to evaluate next, what each outcome would leave, and when that cannot help any more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forensics.answer import Answer, Thing
from forensics.case import Case
from forensics.localization import LEAST_GAIN, Advice, Located, Weighed, next_tests
from forensics_queries.entrance import entrances
from forensics_queries.localized import Asked, localized, percent, said
from forensics_queries.moment import moment
from forensics_queries.suspects import models_to_test, release_names
from forensics_queries.things import things

__all__ = ["Trial", "next_test"]

_DIGITS = 4
#: As ``suspects`` gives it.
_DIGITS_OF_SOURCE = 6
#: Bits that a test tells at all.
_ANYTHING = 1e-6


@dataclass(frozen=True, slots=True)
class Trial:
    """Something to do next.

    Attributes:
        action: ``evaluate`` a model; ``inspect`` a candidate that no model can tell from others.
        thing: the version to evaluate, or the candidate.
        releases: of the version.
        gain: expected information, in bits; None for an inspection.
        bad: P(it is found bad); for an inspection P(it is a source), as ``suspects`` has it.
        left_if_bad, left_if_good: how many candidates would hold 90 % of the probability after either outcome; None
            for an inspection.
        half: 1 or 2: a run without this half of the candidates tells which half the source is in; None else.
        change: how a candidate came in; empty for a version.
        claimed_mail: of who brought a candidate in.
    """

    action: str
    thing: Thing
    releases: tuple[str, ...]
    gain: float | None
    bad: float
    left_if_bad: int | None
    left_if_good: int | None
    half: int | None = None
    change: str = ""
    claimed_mail: str = ""


def next_test(
    case: Case, asked: Asked | None = None, *, all_sources: bool = False, as_of: str | None = None
) -> Answer[Trial]:
    """Ranks what to test next.

    Args:
        case: the case.
        asked: how the question is to be answered.
        all_sources: go on looking for a further source once one is isolated, however little each test tells.
        as_of: a revision or a time.

    Returns:
        Models to evaluate, the most telling first. Where no model can tell the likeliest candidates apart, those, in
        two halves.

    Raises:
        UsageError: nothing, or nothing bad, was observed; a label is of no version, or contradicts another.
    """
    asked = asked or Asked()
    when = moment(case, as_of)
    where = localized(case, when, asked)
    tests = models_to_test(case, when, where.located)
    located = where.located.beyond([test.node for test in tests])
    advice = next_tests(located, tests, least=_ANYTHING)
    worth = [weighed for weighed in advice.tests if all_sources or weighed.gain >= LEAST_GAIN]
    goes_on = all_sources and bool(worth)
    notes = [*where.notes]
    found: tuple[Trial, ...] = ()
    if not where.located.groups:
        notes.append("no candidate is upstream of anything that misbehaves, so no test can tell them apart")
    else:
        stops = bool(advice.stop) and not goes_on
        notes += _advice(advice, stops=stops)
        if stops or all_sources:
            notes.append(_further(where.located, located, advice, all_sources=all_sources))
        found = (*_evaluations(case, worth), *(_inspections(case, where.located, located, advice) if stops else ()))
    parameters = {
        "bad": " ".join(asked.bad), "good": " ".join(asked.good), "all_sources": str(all_sources).lower(),
        "as_of": as_of or "",
    }  # fmt: skip
    return Answer("next-test", parameters, found, when.coverage, tuple(notes), False)


def _advice(advice: Advice, *, stops: bool) -> list[str]:
    verb = "holds" if advice.left == 1 else "hold"
    notes = [f"{said(advice.left, 'candidate')} {verb} 90 % of the probability now"]
    if stops:
        first = len(advice.first)
        alone = "of the likeliest candidate nothing more can be learnt from models: inspect it"
        apart = (
            f"no existing model can separate these {first:,} candidates; inspect them or retrain without half of them"
        )
        notes.append(alone if first == 1 else apart)
    return notes


def _further(located: Located, beyond: Located, advice: Advice, *, all_sources: bool) -> str:
    """How probable a second source is, and how to go on looking for it."""
    among, wider = (percent(sum(one.sizes[1:])) for one in (located, beyond))
    if located.evidence.stated:
        chance = f"a source beside what is stated to be bad is not ruled out ({among})"
    elif among == wider:
        chance = f"a second source is not ruled out ({wider})"
    else:
        chance = (
            f"a second source is not ruled out ({among} by what misbehaves; "
            f"{wider} with sources that only models not evaluated yet would show)"
        )
    if not advice.tests:
        return f"{chance}, but no model is left whose evaluation would tell"
    return chance if all_sources else f"{chance}; to go on looking for it: forensics next-test --all-sources"


def _evaluations(case: Case, worth: Sequence[Weighed]) -> Iterator[Trial]:
    nodes = [weighed.test.node for weighed in worth]
    shown = things(case, nodes)
    releases = release_names(case, nodes)
    for weighed in worth:
        node = weighed.test.node
        yield Trial(
            "evaluate", shown[node], releases[node], round(weighed.gain, _DIGITS),
            round(weighed.bad, _DIGITS), weighed.left_if_bad, weighed.left_if_good,
        )  # fmt: skip


def _inspections(case: Case, suspected: Located, located: Located, advice: Advice) -> Iterator[Trial]:
    shown = things(case, [int(located.origins.nodes[place]) for place in advice.first])
    entered = entrances(case, located.origins, advice.first)
    for number, half in enumerate(advice.halves, 1):
        for place in half:
            node = int(located.origins.nodes[place])
            entrance = entered[place][0]
            # One figure for one thing: what could be a second source without a symptom counts for the tests alone.
            p = round(suspected.candidates.get(node, located.candidates[node]), _DIGITS_OF_SOURCE)
            yield Trial(
                "inspect", shown[node], (), None, p, None, None, number if len(advice.first) > 1 else None,
                entrance.change, entrance.claimed_mail,
            )  # fmt: skip

"""``next-test``: what to test next, what each outcome would leave, and when that cannot help any more."""

from dataclasses import replace
from heapq import nlargest

from forensics.answer import Answer
from forensics.case import Case
from forensics.localization import LEAST_GAIN, Advice, Located, next_tests
from forensics.localization.advice import SETTLED
from forensics_queries.costs import Costs
from forensics_queries.localized import Asked, localized, percent, said
from forensics_queries.moment import moment
from forensics_queries.suspects import models_to_test
from forensics_queries.trials import Trial, evaluations, halves, inspections, value

__all__ = ["Trial", "next_test"]

#: Bits that a test tells at all.
_ANYTHING = 1e-6
#: Evaluations and inspections that are listed at most, and the likeliest candidates, whose inspection is thought of.
_LISTED, _INSPECTED, _LIKELIEST = 6, 3, 50


def next_test(
    case: Case,
    asked: Asked | None = None,
    *,
    all_sources: bool = False,
    costs: Costs | None = None,
    as_of: str | None = None,
) -> Answer[Trial]:
    """Ranks what to test next.

    Args:
        case: the case.
        asked: how the question is to be answered.
        all_sources: go on looking for a further source once one is isolated, however little each test tells.
        costs: of each kind of test.
        as_of: a revision or a time.

    Returns:
        Models to evaluate and candidates to inspect, those first that tell most for their cost. Where no model can tell
        the likeliest candidates apart, those, in two halves, and the training without one of them.

    Raises:
        UsageError: nothing, or nothing bad, was observed; a label is of no version, or contradicts another.
    """
    asked, costs = asked or Asked(), costs or Costs()
    when = moment(case, as_of)
    where = localized(case, when, asked)
    tests = [replace(test, cost=costs.evaluate) for test in models_to_test(case, when, where.located)]
    located = where.located.beyond([test.node for test in tests])
    advice = next_tests(located, tests, least=_ANYTHING, most=_LISTED)
    notes = [*where.notes]
    found: list[Trial] = []
    if not where.located.groups:
        notes.append("no candidate is upstream of anything that misbehaves, so no test can tell them apart")
    else:
        worth = [weighed for weighed in advice.tests if all_sources or weighed.gain >= LEAST_GAIN]
        stops = bool(advice.stop) and not (all_sources and worth)
        explained = where.located.posterior.alone >= SETTLED
        found += evaluations(case, worth)
        if stops and not explained:
            apart = list(halves(case, where.located, located, advice, costs))
            kinds = ([trial for trial in apart if trial.action == kind] for kind in ("inspect", "retrain"))
            # The halves stay together.
            found = [trial for some in sorted([found, *kinds], key=_best, reverse=True) for trial in some]
        elif not stops and not all_sources:
            found = sorted(found + _worth_inspecting(case, where.located, costs, _best(found)), key=value, reverse=True)
        notes += _advice(advice, found, explained=stops and explained)
        if stops or all_sources or where.located.evidence.stated:
            notes.append(_further(where.located, located, advice, stops=stops and not all_sources))
    parameters = {
        "bad": " ".join(asked.bad), "good": " ".join(asked.good), "all_sources": str(all_sources).lower(),
        "costs": str(costs), "as_of": as_of or "",
    }  # fmt: skip
    return Answer("next-test", parameters, tuple(found), when.coverage, tuple(notes), False)


def _best(trials: list[Trial]) -> float:
    return max(map(value, trials), default=0.0)


def _worth_inspecting(case: Case, located: Located, costs: Costs, best: float) -> list[Trial]:
    """Candidates whose inspection tells for its cost at least half of what the best evaluation does."""
    found = inspections(case, located, _likeliest(located), costs)
    worth = [trial for trial in found if trial.gain >= LEAST_GAIN and value(trial) >= best / 2]
    return nlargest(_INSPECTED, worth, key=value)


def _likeliest(located: Located) -> list[int]:
    """Places of the likeliest candidates."""
    held = [
        (group.mass * share, member)
        for group in located.groups[: located.credible]
        for member, share in zip(group.members, group.shares, strict=True)
    ]
    return [member for _, member in nlargest(_LIKELIEST, held, key=lambda pair: (round(pair[0], 9), -pair[1]))]


def _advice(advice: Advice, found: list[Trial], *, explained: bool) -> list[str]:
    notes = [f"{said(advice.left, 'candidate')} {'holds' if advice.left == 1 else 'hold'} 90 % of the probability now"]
    apart = sum(trial.half is not None and trial.action == "inspect" for trial in found)
    if explained:
        notes = ["what is stated to be bad explains what misbehaves"]
    elif apart:
        notes.append(
            f"no existing model can separate these {apart:,} candidates; inspect them or retrain without half of them"
        )
    elif advice.stop and any(trial.action == "inspect" for trial in found):
        notes.append("of the likeliest candidate nothing more can be learnt from models: inspect it")
    return notes


def _further(located: Located, beyond: Located, advice: Advice, *, stops: bool) -> str:
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
    return f"{chance}; to go on looking for it: forensics next-test --all-sources" if stops else chance

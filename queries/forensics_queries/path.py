"""Why one thing influences another: the shortest chain between them."""

from dataclasses import dataclass

from forensics.answer import Answer, Step
from forensics.case import Case
from forensics_queries.moment import moment
from forensics_queries.steps import INFLUENCE, RECORDED_INFLUENCE, explain

__all__ = ["Link", "path"]


@dataclass(frozen=True, slots=True)
class Link:
    """One step of the chain.

    Attributes:
        number: its place, 0 for where the chain starts.
        step: what is reached, by which edge, on whose word.
    """

    number: int
    step: Step


def path(case: Case, cause: str, effect: str, *, as_of: str | None = None) -> Answer[Link]:
    """The shortest chain of influence from one subject to another.

    A chain that is on record is preferred to a shorter one that needs equal bytes.

    Args:
        case: the case.
        cause: a SUBJECT, the supposed cause.
        effect: a SUBJECT, the supposed effect.
        as_of: a revision or a time; only chains are looked for of which all stood then.

    Raises:
        UsageError: a subject means nothing, or several things, or did not stand then.
    """
    when = moment(case, as_of)
    first, last = when.resolve(cause), when.resolve(effect)
    chain: list[int] | None = None
    for follow in (RECORDED_INFLUENCE, INFLUENCE):
        chain = chain or when.path(first.nodes, last.nodes, follow=follow)
    notes = [f"{cause} means {first.meaning}", f"{effect} means {last.meaning}", *when.notes]
    if chain is None:
        notes.append(f"no chain on record leads from {cause} to {effect}")
        if when.path(last.nodes, first.nodes, follow=INFLUENCE):
            notes.append(f"one leads the other way, from {effect} to {cause}")
    steps = explain(case, [chain])[0] if chain else ()
    links = tuple(Link(number, step) for number, step in enumerate(steps))
    seen = when.coverage
    parameters = {"from": cause, "to": effect, "as_of": as_of or ""}
    return Answer("path", parameters, links, seen, tuple(notes), not links and not seen.complete)

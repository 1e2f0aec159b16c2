"""Why one thing influences another: the shortest chain between them."""

from dataclasses import dataclass

from forensics.answer import Answer, Step
from forensics.case import Case
from forensics.graph import shortest_path
from forensics_queries.coverage import coverage
from forensics_queries.scope import scope
from forensics_queries.steps import INFLUENCE, RECORDED_INFLUENCE, explain
from forensics_queries.subject import resolve

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
        as_of: a revision or a time; a chain is shown only if all of it stood then.

    Raises:
        UsageError: a subject means nothing, or several things.
    """
    first, last = resolve(case, cause), resolve(case, effect)
    graph = case.graph()
    stood = scope(case, as_of)
    chain: list[int] | None = None
    for follow in (RECORDED_INFLUENCE, INFLUENCE):
        chain = chain or shortest_path(graph, first.nodes, last.nodes, follow=follow)
    notes = [f"{cause} means {first.meaning}", f"{effect} means {last.meaning}"]
    if chain is not None and not all(stood(node) for node in chain):
        chain = None
        notes.append(f"the shortest chain did not stand as of {as_of}; longer ones were not looked for")
    if chain is None:
        notes.append(f"no chain on record leads from {cause} to {effect}")
        if shortest_path(graph, last.nodes, first.nodes, follow=INFLUENCE):
            notes.append(f"one leads the other way, from {effect} to {cause}")
    steps = explain(case, [chain])[0] if chain else ()
    links = tuple(Link(number, step) for number, step in enumerate(steps))
    seen = coverage(case)
    parameters = {"from": cause, "to": effect, "as_of": as_of or ""}
    return Answer("path", parameters, links, seen, tuple(notes), not links and not seen.complete)

"""The report put together: each section from what the questions answered."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from forensics.answer import Answer
from forensics.case import Case
from forensics.case.tool import tool
from forensics.report.graphs import drawing
from forensics.report.incident import words
from forensics.report.incident.gathered import Gathered, ask, journal
from forensics.report.incident.sections import SECTIONS, Section, chosen
from forensics.report.page import Page
from forensics.report.picture import fold
from forensics_queries.neighbourhood import Neighbourhood
from forensics_queries.whereabouts import Look

__all__ = ["incident"]

#: Sentences and tables of a section.
_Content = tuple[Iterable[str], tuple[Answer[Any], ...]]


def incident(
    case: Case,
    subjects: Sequence[str] = (),
    *,
    look: Look | None = None,
    audience: str = "",
    sections: Sequence[str] = (),
    as_of: str | None = None,
    argv: Iterable[str] = (),
) -> Answer[Section]:
    """Reports an incident.

    Args:
        case: the case; where it is open for writing, the questions that feed the report are journalled.
        subjects: SUBJECTs that are taken as bad beside the standing marks.
        look: finds bytes, for what to go back to.
        audience: one of ``AUDIENCES``; all sections where empty.
        sections: ids of sections, which count instead of the audience where there are any.
        as_of: a revision or a time.
        argv: the command, for the journal.

    Returns:
        One row a section. The notes are the incident in plain words.

    Raises:
        UsageError: there is nothing to start from, a subject cannot be told, or there is no such section.
    """
    wanted = chosen(audience, tuple(sections))
    gathered = ask(case, subjects, look=look, as_of=as_of)
    if case.writable:
        journal(case, gathered, argv=argv)
    numbers = {name: number for number, name in enumerate(SECTIONS, 1)}
    rows = tuple(_section(numbers[name], name, case, gathered) for name in wanted)
    parameters = {
        "subjects": " ".join(subjects),
        "audience": audience,
        "sections": " ".join(wanted),
        "as_of": as_of or "",
    }
    short = any(answer.short for answer in gathered.answers)
    return Answer("report", parameters, rows, gathered.affected.coverage, tuple(words.lead(gathered)), short)


def _section(number: int, name: str, case: Case, gathered: Gathered) -> Section:
    if name == "picture":
        graph = fold(gathered.graph if gathered.started else _suspected(gathered))
        return Section(number, SECTIONS[name], tuple(_drawn(gathered, graph)), picture=graph)
    said, tables = _CONTENTS[name](case, gathered)
    return Section(number, SECTIONS[name], tuple(said), tables)


def _suspected(gathered: Gathered) -> Neighbourhood:
    """How the likeliest suspects lead to what misbehaves: all that there is to draw where nothing is marked."""
    if gathered.suspects is None:
        return Neighbourhood((), ())
    likeliest = tuple(row for row in gathered.suspects.rows if row.group == 1)
    return drawing(replace(gathered.suspects, rows=likeliest), Page())


def _drawn(gathered: Gathered, graph: Neighbourhood) -> Iterable[str]:
    if not gathered.started:
        yield "Nothing is marked, so this is how the likeliest suspects lead to what was observed to misbehave."
    if graph.settings:
        several = "s" if graph.settings > 1 else ""
        yield f"Not drawn: {graph.settings:,} clean version{several} of code and parameters."
    if graph.left_out:
        verb = "are" if graph.left_out > 1 else "is"
        yield f"Not drawn, but listed under scope: {graph.left_out:,} that {verb} less urgent."


def _case(case: Case, gathered: Gathered) -> _Content:
    said = [f"Case {case.identity}, in the file {case.path.name}.", f"Written by lineage-forensics {tool()}."]
    if gathered.head is not None:
        said.append(f"Facts, marks and observations as of {gathered.head.made_at}Z, by the clock of this machine.")
    return said, (gathered.marks,)


def _evidence(_: Case, gathered: Gathered) -> _Content:
    return words.evidence(gathered), (gathered.sources,)


def _held(answer: Answer[Any] | None) -> tuple[Answer[Any], ...]:
    """An answer that is there and says anything."""
    return (answer,) if answer is not None and answer.rows else ()


_CONTENTS: dict[str, Callable[[Case, Gathered], _Content]] = {
    "case": _case,
    "summary": lambda _, gathered: ((), (gathered.releases,)),
    "detection": lambda _, gathered: (words.detection(gathered), _held(gathered.observations)),
    "analysis": lambda _, gathered: ((), (*_held(gathered.suspects), *gathered.origins, *_held(gathered.techniques))),
    "scope": lambda _, gathered: (words.scope(gathered), (gathered.affected,)),
    "timeline": lambda _, gathered: ((), (gathered.timeline,)),
    "containment": lambda _, gathered: (words.containment(gathered), ()),
    "recovery": lambda _, gathered: (words.recovery(gathered), (gathered.targets,)),
    "evidence": _evidence,
    "lessons": lambda _, gathered: (words.lessons(gathered), ()),
}

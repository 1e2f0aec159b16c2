"""The sections of an incident report: what the program fills in each, and what a person must.

Headings are those of NIST SP 800-61 revision 2, which auditors know, with the ids of CSF 2.0 that revision 3 (April
2025, which superseded it) goes by.
"""

from dataclasses import dataclass
from typing import Any

from forensics.answer import Answer
from forensics.errors import UsageError
from forensics_queries.neighbourhood import Neighbourhood

__all__ = ["AUDIENCES", "SECTIONS", "Plan", "Section", "chosen", "command"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a section is for.

    Attributes:
        id: a word, by which it is chosen and linked to.
        title: its heading.
        csf: what CSF 2.0 calls it; empty where it has no name for it.
        filled: what the program fills in.
        fields: what a person must.
    """

    id: str
    title: str
    csf: str
    filled: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One section of one report.

    Attributes:
        number: its place among ``SECTIONS``, the same in every report.
        plan: what it is for.
        said: sentences.
        tables: answers of the questions that it rests on.
        picture: the graph of the incident, where it is drawn.
    """

    number: int
    plan: Plan
    said: tuple[str, ...] = ()
    tables: tuple[Answer[Any], ...] = ()
    picture: Neighbourhood | None = None


SECTIONS: dict[str, Plan] = {
    plan.id: plan
    for plan in (
        Plan(
            "case",
            "Case",
            "",
            "the case, the time as of which its facts stand, the program, and what investigators stated",
            ("Handlers: name, title, telephone", "Severity", "Traffic light protocol (TLP)", "Legal hold"),
        ),
        Plan(
            "summary",
            "Summary",
            "RS.CO",
            "the sentences at the head of the report, and what is in use where",
            ("What happened, in words for the management", "Effect on the business"),
        ),
        Plan(
            "detection",
            "Detection",
            "DE.AE",
            "where the bad bytes first stand on record, and the first model made from them",
            ("How it was noticed, by whom and when", "Alert ids of the SIEM"),
        ),
        Plan(
            "analysis",
            "Analysis: root cause",
            "RS.AN-03",
            "suspects by what was observed, who brought in what is bad, as claimed, and what it is consistent with",
            ("The verdict on the root cause", "Motive and attribution", "Techniques of MITRE ATLAS, confirmed"),
        ),
        Plan(
            "scope",
            "Analysis: scope",
            "RS.AN-08",
            "every version that is affected or cannot be told, with its digest and the reason",
            (
                "Customers and decisions touched",
                "Personal data among it",
                "Notifications that the law asks for, and when",
            ),
        ),
        Plan(
            "timeline",
            "Timeline",
            "RS.AN-06",
            "what was introduced, made and put in use, in one order; the times are claims",
            ("Events that no source records",),
        ),
        Plan(
            "containment",
            "Containment",
            "RS.MI",
            "what to take out of use, the most urgent first",
            ("Approved by, when", "Done by, when"),
        ),
        Plan(
            "recovery",
            "Eradication and recovery",
            "RC.RP-03",
            "what to go back to, whether its bytes are there and are what their digest says, and commands, never run",
            ("Loss of features accepted by", "Validated by, how", "Back in use since"),
        ),
        Plan(
            "evidence",
            "Evidence",
            "RS.AN-07",
            "what was read, when and by which version, what was not read, and the head of the journal",
            (
                "Transfers of custody: from, to, time with zone, place",
                "Certification of the copy (in the United States FRE 902(13) and (14)), signed by",
            ),
        ),
        Plan(
            "lessons",
            "Lessons",
            "ID.IM",
            "where lineage was missing, so that verdicts could not be given",
            ("Actions, owners, dates",),
        ),
        Plan(
            "picture",
            "Picture",
            "",
            "what is bad, what it affects, the clean data used beside it, and what to go back to",
            (),
        ),
    )
}

#: Who reads which sections; ``auditor`` reads all.
AUDIENCES: dict[str, tuple[str, ...]] = {
    "commander": ("summary", "scope", "containment", "recovery", "picture"),
    "data-scientist": ("summary", "detection", "analysis", "scope", "timeline", "recovery", "lessons", "picture"),
    "auditor": tuple(SECTIONS),
}


def chosen(audience: str = "", names: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The sections to write, in their order.

    Args:
        audience: one of ``AUDIENCES``, or empty for all.
        names: ids of sections, which count instead of the audience where there are any.

    Raises:
        UsageError: there is no such section or audience.
    """
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        raise UsageError(f"no section {unknown[0]!r}", hint=f"one of {', '.join(SECTIONS)}")
    if audience and audience not in AUDIENCES:
        raise UsageError(f"no audience {audience!r}", hint=f"one of {', '.join(AUDIENCES)}")
    wanted = names or AUDIENCES.get(audience, tuple(SECTIONS))
    return tuple(name for name in SECTIONS if name in wanted)


def command(answer: Answer[Any]) -> str:
    """The command that a table is the answer of: ``forensics mark list``."""
    named = {"observe": "observe list"}.get(answer.question, answer.question.replace("mark-", "mark "))
    return f"forensics {named}"

"""Which techniques of MITRE ATLAS the evidence is consistent with, and which of them an analyst confirmed or rejected.

Lineage never shows a technique: it shows what a technique would have left behind. So nothing is claimed until an
analyst confirms it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from forensics.answer import Answer
from forensics.atlas import Technique, find_technique, labelled, version
from forensics.case import Case
from forensics.case.database import transaction
from forensics.case.ingest import now
from forensics.errors import UsageError
from forensics_queries.coverage import coverage
from forensics_queries.marks import list_marks, user
from forensics_queries.statement import rows
from forensics_queries.subject import resolve

__all__ = ["SIGNALS", "Attribution", "attributions", "consistent_with", "judge_technique", "suspected", "techniques"]

#: What stands on record: in words, and the techniques that would leave it behind.
SIGNALS: dict[str, tuple[str, tuple[str, ...]]] = {
    "data-by-commit": ("data that a commit brought in and no run made", ("AML.T0020", "AML.T0059")),
    "data-imported": ("data from outside", ("AML.T0010.002", "AML.T0020", "AML.T0115.000")),
    "model-imported": ("a model from outside", ("AML.T0010.003", "AML.T0115.001")),
    "code-imported": ("code from outside", ("AML.T0010.001",)),
    "model-by-commit": ("a model that no run on record made", ("AML.T0018", "AML.T0018.000")),
    "import-exchanged": ("other bytes under the name of an earlier import", ("AML.T0109",)),
    "data-tampered": ("stored bytes that were exchanged under their name", ("AML.T0059",)),
    "model-tampered": ("a stored model that was exchanged under its name", ("AML.T0018",)),
}

_ACCUSING = frozenset({"bad", "suspect"})

#: State, reason, author, time.
_Said = tuple[str, str, str, int | None]


@dataclass(frozen=True, slots=True)
class Attribution:
    """A technique beside a mark.

    Attributes:
        mark: number of the mark.
        subject: of the mark.
        technique: its id in the release of ATLAS that the program holds.
        name: its name there.
        owasp: entries of the OWASP Top 10 for LLM applications that it belongs to, with their edition.
        state: ``consistent``, by what is on record; ``stated`` with the mark; ``confirmed`` or ``rejected`` since.
        because: what it is consistent with, or the analyst's reason.
        author: who stated, confirmed or rejected it.
        decided_at: when, by this machine's clock; None where nobody did.
    """

    mark: int
    subject: str
    technique: str
    name: str
    owasp: tuple[str, ...]
    state: str
    because: str
    author: str
    decided_at: int | None


def consistent_with(case: Case, nodes: Iterable[int]) -> dict[str, str]:
    """Techniques that what is on record of some nodes is consistent with.

    Args:
        case: the case.
        nodes: contents, versions, commits, runs, releases.

    Returns:
        What speaks for each, in words, by the id of the technique; in the order of ids.
    """
    found: dict[str, list[str]] = {}
    for (signal,) in rows(case, "techniques.signals", ids=sorted(set(nodes))):
        words, named = SIGNALS[signal]
        for technique in named:
            found.setdefault(technique, []).append(words)
    return {technique: "; ".join(found[technique]) for technique in sorted(found)}


def suspected(case: Case, nodes: Iterable[int]) -> tuple[str, ...]:
    """A sentence on the techniques that what is on record of the likeliest suspects is consistent with; else none."""
    found = consistent_with(case, nodes)
    if not found:
        return ()
    because = "; ".join(dict.fromkeys(part for words in found.values() for part in words.split("; ")))
    return (
        f"among the likeliest some are consistent with {labelled(', '.join(found))}: {because}; an analyst confirms",
    )


def attributions(case: Case, mark: int | None = None) -> tuple[Attribution, ...]:
    """The techniques beside marks.

    Args:
        case: the case.
        mark: number of one mark, standing or not; all that stand where None.

    Raises:
        UsageError: there is no such mark.
    """
    marks = [one for one in list_marks(case).rows if one.mark == mark or (mark is None and one.standing)]
    if mark is not None and not marks:
        raise UsageError(f"there is no mark {mark}", hint="see them with: forensics mark list")
    said: dict[int, dict[str, _Said]] = {one.mark: {} for one in marks}
    for one in marks:
        if one.state in _ACCUSING:
            evidence = consistent_with(case, _nodes(case, one.subject))
            said[one.mark] = {technique: ("consistent", words, "", None) for technique, words in evidence.items()}
    for number, technique, *rest in rows(case, "techniques.stated"):
        said.setdefault(number, {})[technique] = ("stated", *rest)
    for number, technique, *rest in rows(case, "techniques.judged"):
        said.setdefault(number, {})[technique] = tuple(rest)
    found: list[Attribution] = []
    for one in marks:
        for technique, words in sorted(said[one.mark].items()):
            named = _named(technique)
            found.append(Attribution(one.mark, one.subject, technique, named.name, named.owasp, *words))
    return tuple(found)


def techniques(case: Case, mark: int | None = None) -> Answer[Attribution]:
    """As ``attributions``, as the answer of a question."""
    notes = (
        f"ids and names are those of MITRE ATLAS {version()}",
        "consistent is not confirmed: lineage shows what a technique would leave behind, never the technique",
    )
    parameters = {"mark": "" if mark is None else str(mark)}
    return Answer("mark-technique", parameters, attributions(case, mark), coverage(case), notes)


def judge_technique(
    case: Case,
    mark: int,
    technique: str,
    verdict: str,
    *,
    reason: str = "",
    author: str = "",
    argv: Iterable[str] = (),
) -> Answer[Attribution]:
    """Confirms or rejects a technique, and writes it into the journal; the last word counts, and all stay on record.

    Args:
        case: the case, open for writing.
        mark: number of the mark.
        technique: its id, or one that was retired.
        verdict: ``confirmed`` or ``rejected``.
        reason: why.
        author: who says so; the user of this machine where empty.
        argv: the command, for the journal.

    Raises:
        UsageError: no such mark, technique or verdict.
    """
    if verdict not in {"confirmed", "rejected"}:
        raise UsageError(f"no such verdict on a technique: {verdict}", hint="confirmed or rejected")
    attributions(case, mark)
    named = find_technique(technique)
    given = {
        "mark": mark, "technique": named.id, "verdict": verdict, "reason": reason, "author": author or user(),
    }  # fmt: skip
    with transaction(case.connection):
        rows(case, "techniques.add", made_at=now(), **given)
        case.journal("technique", {**given, "typed": technique, "atlas": version()}, argv=argv)
    return techniques(case, mark)


def _named(technique: str) -> Technique:
    """A technique by its id; a mark of an older case may name one that this release does not know."""
    try:
        return find_technique(technique)
    except UsageError:
        return Technique(technique, f"not in MITRE ATLAS {version()}")


def _nodes(case: Case, subject: str) -> tuple[int, ...]:
    try:
        return resolve(case, subject).nodes
    except UsageError:
        return ()  # what it meant is told apart from something else by now

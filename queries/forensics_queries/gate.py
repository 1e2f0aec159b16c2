"""``gate``: whether what a pipeline is about to use or to publish is affected by what is marked."""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forensics.answer import Answer, Step, Thing
from forensics.case import Case
from forensics.digest import Digest
from forensics.errors import UsageError
from forensics.model import NodeKind, Stated
from forensics.taint import Cause, Judgement, Level
from forensics_queries.blast_radius import unreadable
from forensics_queries.moment import moment
from forensics_queries.standing import accused, judge_once
from forensics_queries.statement import rows
from forensics_queries.steps import explain, weakest
from forensics_queries.subject import resolve
from forensics_queries.things import things

__all__ = ["NOT_IN_CASE", "NO_MARKS", "Gated", "gate"]

#: Verdicts of what cannot be judged: no mark stands from which one could follow, or the case does not know it.
NO_MARKS = "no marks"
NOT_IN_CASE = "not in the case"
_VERDICTS = ("affected", "unknown", NOT_IN_CASE, NO_MARKS, "clear")


@dataclass(frozen=True, slots=True)
class Gated:
    """What was found of one subject.

    Attributes:
        verdict: ``affected``, ``unknown`` or ``clear``, the worst of all that the subject means; ``not in the case``,
            or ``no marks`` where no mark stands from which a verdict could follow.
        tripped: it is a reason to stop.
        subject: as it was typed, or the path that the checkout states.
        thing: what the verdict is of; None where the case does not know it.
        judged: how many things the subject means.
        reason: why it is unknown, or what the case does not know; empty where affected or clear.
        place: where it became unknown.
        known: the weakest strength on the path; empty where nothing was judged or all is clear.
        path: one shortest chain from what is marked, or from the gap.
        document: what states the bytes: in the checkout where it was given, else in the commit on record.
        document_commit: the commit that holds the document; empty for the checkout.
        line: of the digest in the document of the checkout, from 1.
    """

    verdict: str
    tripped: bool
    subject: str
    thing: Thing | None
    judged: int
    reason: str
    place: Thing | None
    known: str
    path: tuple[Step, ...]
    document: str
    document_commit: str
    line: int | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """One subject, the nodes that it means, and what states them.

    Attributes:
        problem: why it means nothing in the case.
        through: what its bytes were made of, where the case does not know the bytes themselves.
    """

    subject: str
    nodes: tuple[int, ...]
    stated: Stated | None = None
    problem: str = ""
    through: str = ""


def gate(
    case: Case,
    subjects: Sequence[str],
    *,
    strict: bool = False,
    checkout: Iterable[Stated] | None = None,
    unread_documents: Iterable[str] = (),
) -> Answer[Gated]:
    """Judges subjects by the marks that stand now.

    Args:
        case: the case.
        subjects: SUBJECTs; with a checkout, the paths that it states mean the bytes that it gives them. All that it
            states where none are named.
        strict: what is unknown trips too.
        checkout: what the metadata of the working tree states.
        unread_documents: sentences on what could not be read of the checkout.

    Returns:
        One row a subject, the worst first. ``short`` where one could not be judged, where there was nothing to judge,
        or where something that could not be read admits what is bad.

    Raises:
        UsageError: no subject and no checkout, or a subject that means several things.
    """
    if not subjects and checkout is None:
        raise UsageError("nothing to judge", hint="name a SUBJECT, or the checked-out repository with --repo")
    when = moment(case, None)
    start = accused(case, (), when)
    judgement = judge_once(when, start.seeds, start.cleared) if start.seeds else None
    asked = list(_asked(case, subjects, list(checkout or ())))
    found = sorted(_rows(case, judgement, asked, strict=strict), key=_rank)
    doubtful = list(unread_documents)
    notes = [f"started from {label}" for label in start.labels]
    notes += [f"taint stops at {label}" for label in start.stops]
    notes += [f"not read in the checkout: {said}" for said in doubtful]
    if judgement is None:
        notes.append(
            "no mark of something bad or suspect stands, so nothing can be judged, and nothing is called clear"
        )
    unjudged = any(row.verdict in {NO_MARKS, NOT_IN_CASE} for row in found)
    short = not found or unjudged or judgement is None or bool(doubtful) or unreadable(judgement, when)
    parameters = {"subjects": " ".join(subjects), "strict": "yes" if strict else ""}
    return Answer("gate", parameters, tuple(found), when.coverage, tuple(notes), short)


# -- what is asked


def _asked(case: Case, subjects: Sequence[str], checkout: list[Stated]) -> Iterator[_Asked]:
    by_path: dict[str, list[Stated]] = {}
    for stated in checkout:
        by_path.setdefault(stated.path, []).append(stated)
    named = [(text, by_path.get(posixpath.normpath(text), [])) for text in subjects]
    if not subjects:
        named = [(stated.path, [stated]) for stated in checkout]
    known = _Known(case, [stated for _, here in named for stated in here])
    for text, here in named:
        yield from (known.asked(text, stated) for stated in here)
        if not here:
            yield _of_subject(case, text)


def _of_subject(case: Case, text: str) -> _Asked:
    try:
        return _Asked(text, resolve(case, text).nodes)
    except UsageError as error:
        if error.candidates:
            raise
        return _Asked(text, (), problem=error.message)


class _Known:
    """What the case knows of the bytes that a checkout states, looked up in one go."""

    def __init__(self, case: Case, every: Iterable[Stated]) -> None:
        digests = {str(stated.digest) for stated in every}
        digests.update(str(digest) for stated in every for _, digest in stated.made_of)
        self._contents: dict[str, int] = {}
        self._versions: dict[tuple[str, str], list[int]] = {}
        for digest, content, path, version in rows(case, "gate.known", digests=sorted(digests)):
            self._contents[digest] = content
            if version is not None:
                self._versions.setdefault((path, digest), []).append(version)

    def asked(self, text: str, stated: Stated) -> _Asked:
        """What a path means: the bytes that it has; where the case does not know them, what they were made of."""
        nodes = self._nodes(stated.path, stated.digest)
        if nodes:
            return _Asked(text, nodes, stated)
        behind = {path: self._nodes(path, digest) for path, digest in stated.made_of}
        found = tuple(node for some in behind.values() for node in some)
        problem = f"the case does not know {stated.digest}"
        return _Asked(text, found, stated, problem, ", ".join(path for path, some in behind.items() if some))

    def _nodes(self, path: str, digest: Digest) -> tuple[int, ...]:
        """The versions of a path that have these bytes; else the bytes themselves."""
        versions = self._versions.get((path, str(digest)), ())
        content = self._contents.get(str(digest))
        return tuple(versions) or (() if content is None else (content,))


# -- what is answered


def _rows(case: Case, judgement: Judgement | None, asked: list[_Asked], *, strict: bool) -> Iterator[Gated]:
    worst = [_worst(judgement, one.nodes) for one in asked]
    nodes = sorted({node for node in worst if node is not None})
    causes = {node: judgement.cause(node) for node in nodes} if judgement is not None else {}
    chains = [judgement.path(node) if judgement is not None else [] for node in nodes]
    paths = dict(zip(nodes, explain(case, chains), strict=True))
    shown = things(
        case, [*nodes, *(cause.place for cause in causes.values() if cause is not None and cause.place >= 0)]
    )
    origins = {node: (path, commit) for node, path, commit in rows(case, "gate.origins", ids=nodes)}
    for one, node in zip(asked, worst, strict=True):
        cause = None if node is None else causes.get(node)
        verdict, reason = _verdict(judgement, one, cause)
        told = verdict in {"affected", "unknown"} and node is not None and cause is not None
        document, commit = origins.get(node, ("", "")) if node is not None else ("", "")
        path = paths[node] if told and node is not None else ()
        yield Gated(
            verdict=verdict,
            tripped=verdict == "affected" or (strict and verdict == "unknown"),
            subject=one.subject,
            thing=None if node is None else shown.get(node),
            judged=len(one.nodes),
            reason=reason,
            place=shown.get(cause.place) if cause is not None and verdict == "unknown" else None,
            known=weakest(path) if told else "",
            path=path,
            document=one.stated.document if one.stated else document,
            document_commit="" if one.stated else commit,
            line=one.stated.line if one.stated else None,
        )


def _verdict(judgement: Judgement | None, one: _Asked, cause: Cause | None) -> tuple[str, str]:
    """The verdict and its reason. What bytes were made of can accuse them; it can never clear them."""
    level = cause.level if cause is not None else Level.CLEAR
    if one.problem and level is Level.CLEAR:
        return NOT_IN_CASE, one.problem
    if judgement is None:
        return NO_MARKS, ""
    made = f"{one.problem}, and it was made of {one.through}" if one.problem else ""
    because = cause.reason if cause is not None and level is Level.UNKNOWN else ""
    return level.name.lower(), "; ".join(part for part in (because, made) if part)


def _worst(judgement: Judgement | None, nodes: tuple[int, ...]) -> int | None:
    """Of some nodes, and of all that has these bytes or was released so, the one with the worst verdict."""
    if judgement is None or not nodes:
        return next(iter(nodes), None)
    lineage = judgement.lineage
    every: dict[int, None] = {}
    for node in nodes:
        if lineage.kind(node) is NodeKind.CONTENT:
            every |= dict.fromkeys(version for same in lineage.same(node) for version in lineage.holders(same))
        elif lineage.kind(node) is NodeKind.RELEASE:
            every |= dict.fromkeys(lineage.released(node))
        every[node] = None
    return max(every, key=judgement.level)


def _rank(row: Gated) -> tuple[object, ...]:
    return not row.tripped, _VERDICTS.index(row.verdict), row.subject, row.document, row.line or 0

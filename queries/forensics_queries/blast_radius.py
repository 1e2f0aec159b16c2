"""``blast-radius``: everything that is affected, with verdict, distance and one shortest path; live models first."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from forensics.answer import Answer
from forensics.case import Case
from forensics.errors import UsageError
from forensics.model import GapKind
from forensics.taint import Judgement
from forensics_queries.affected import Affected, affected
from forensics_queries.contamination import chance, contamination
from forensics_queries.doubted import doubted
from forensics_queries.exposure import exposures, unread_deployments
from forensics_queries.moment import Moment, moment
from forensics_queries.observations import is_observed
from forensics_queries.standing import Accused, accused, judge_once
from forensics_queries.statement import rows
from forensics_queries.tampered import tampered
from forensics_queries.things import things

__all__ = ["Affected", "affected", "blast_radius", "judged", "unread", "unreadable"]


def judged(
    case: Case, subjects: Sequence[str], as_of: str | None, *, or_observed: bool = False
) -> tuple[Judgement, Accused, Moment]:
    """Applies the rules of taint to standing marks and subjects.

    Args:
        case: the case.
        subjects: SUBJECTs to take as bad beside the marks.
        as_of: a revision or a time.
        or_observed: observations, or tampered objects, are enough to ask; without marks everything is clear.

    Raises:
        UsageError: there is nothing to start from, or a subject cannot be told.
    """
    when = moment(case, as_of)
    start = accused(case, subjects, when)
    if not start.seeds and not (or_observed and (is_observed(when) or tampered(when))):
        raise UsageError(
            "nothing is marked as bad or suspect, and no subject was named",
            hint="name what is bad: forensics blast-radius SUBJECT; mark it: forensics mark add bad SUBJECT; "
            "or record a symptom: forensics observe SUBJECT bad",
        )
    return judge_once(when, start.seeds, start.cleared), start, when


def blast_radius(
    case: Case,
    subjects: Sequence[str] = (),
    *,
    as_of: str | None = None,
    models: Iterable[str] = (),
    observed: bool = False,
) -> Answer[Affected]:
    """Lists every version that is affected or unknown.

    Args:
        case: the case.
        subjects: SUBJECTs to take as bad beside the standing marks.
        as_of: a revision or a time.
        models: globs of paths that are models, whatever the case thinks (rule 16).
        observed: also lists versions of models that no mark reaches and observations speak against; they are enough to
            ask, though nothing is marked.

    Returns:
        Affected before unknown; among each live ones first, then models, then by distance, path and digest. What is
        not listed is clear as far as the coverage goes.

    Raises:
        UsageError: there is nothing to start from, or a subject cannot be told.
    """
    judgement, start, when = judged(case, subjects, as_of, or_observed=observed)
    used = exposures(when)
    found = affected(when, judgement, used, models=tuple(models))
    notes = [f"started from {label}" for label in start.labels]
    doubt = contamination(when)
    if doubt is not None:
        known = doubt.of(row.thing.id for row in found)
        found = [replace(row, p=known.get(row.thing.id), chance=chance(known.get(row.thing.id))) for row in found]
        found += doubted(when, judgement, doubt, used) if observed else []
        notes += doubt.notes
    notes += [f"taint stops at {label}" for label in start.stops]
    notes += when.notes
    if any(row.unit == "files" for row in found):
        notes.append("how much is bad is counted in files where bytes are not on record: forensics fsck counts them")
    unresolved = sum(bool(one.problem) for one in used) + len(unread_deployments(when))
    if unresolved:
        said = "1 deployment" if unresolved == 1 else f"{unresolved:,} deployments"
        notes.append(f"{said} could not be read or resolved, so more may be live: forensics releases")
    if judgement.stopped:
        stopped = sorted(thing.title for thing in things(case, judgement.stopped).values())
        notes.append(f"a cleared mark stopped the taint at {', '.join(stopped)}")
    parameters = {"subjects": " ".join(subjects), "as_of": as_of or ""}
    short = unread(judgement, when)
    return Answer("blast-radius", parameters, tuple(found), when.coverage, tuple(notes), short)


def unread(judgement: Judgement, when: Moment) -> bool:
    """Whether something that could not be read admits what is bad.

    A missing listing does so where taint could have come through it; any other unreadable document where it does not
    stand before every bad origin; and so does what was missing then and found by a later reading.
    """
    if GapKind.MISSING_LISTING in judgement.reasons():
        return True
    if rows(when.case, "blast_radius.filled_later", until=when.until):
        return True
    return unreadable(judgement, when)


def unreadable(judgement: Judgement, when: Moment) -> bool:
    """Whether a document that could not be read may hide lineage of what is bad: it stands before no bad origin."""
    found = rows(when.case, "blast_radius.unread", until=when.until)
    return any(commit not in judgement.before for (commit,) in found)

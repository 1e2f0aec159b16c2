"""Revisions: which commit a branch, a tag, an abbreviated id or ``HEAD~2`` names."""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from forensics.case import Case
from forensics_queries.state import History
from forensics_queries.statement import rows

__all__ = ["MIN_DIGITS", "Revision", "find_revisions", "is_abbreviation"]

#: Fewer digits than git itself would accept name too much.
MIN_DIGITS = 4

_HEX = re.compile(r"[0-9a-f]+\Z")
_STEPS = re.compile(r"(?P<base>.+?)(?P<steps>(?:\^[0-9]*|~[0-9]*)*)\Z", re.DOTALL)
_STEP = re.compile(r"([\^~])([0-9]*)")
_PLACES = ("{}", "refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}")


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit that a text names.

    Attributes:
        commit: its id in the case; ``source`` and ``oid`` belong to it.
        spelled: a spelling that names no other commit of the source.
        gone: the reference was there once and is not there any more.
    """

    commit: int
    source: int
    oid: str
    spelled: str
    gone: bool = False


def find_revisions(case: Case, text: str, sources: Iterable[int]) -> list[Revision]:
    """Finds the commits that a text can name, by the order-free reading of gitrevisions(7).

    A text that is both a tag and a branch, or a reference and an abbreviated id, names all of them: choosing one, as
    git does, would let a hostile repository choose what an investigator sees.

    Args:
        case: the case.
        text: ``HEAD``, a branch, a tag, a full or abbreviated (4 digits at least) commit id, with ``~n`` and ``^n``.
        sources: ids of the sources to look in.

    Returns:
        One revision a commit, ordered by source and commit id.
    """
    among = sorted(set(sources))
    parted = _STEPS.match(text)
    if parted is None or not among:
        return []
    found: dict[int, Revision] = {}
    for revision in _named(case, parted["base"], among):
        walked = _walk(case, revision, parted["steps"])
        if walked is not None:
            found.setdefault(walked.commit, walked)
    return sorted(found.values(), key=lambda revision: (revision.source, revision.oid))


def is_abbreviation(text: str) -> bool:
    """Whether a text can be the beginning of a hash."""
    return len(text) >= MIN_DIGITS and _HEX.match(text) is not None


def _named(case: Case, base: str, sources: list[int]) -> list[Revision]:
    names = [place.format(base) for place in _PLACES]
    found = [
        Revision(commit, source, oid, name, bool(gone))
        for commit, source, oid, name, gone in rows(case, "revision.by_ref", names=names, sources=sources)
    ]
    # What a source holds now comes before what it held once.
    now = [revision for revision in found if not revision.gone]
    current = {revision.source for revision in now}
    found = now + [revision for revision in found if revision.gone and revision.source not in current]
    prefix = base.lower()
    if is_abbreviation(prefix):
        matches = rows(case, "revision.by_oid", prefix=prefix, sources=sources)
        found += [Revision(commit, source, oid, oid) for commit, source, oid in matches]
    return found


def _walk(case: Case, revision: Revision, steps: str) -> Revision | None:
    if not steps:
        return revision
    parents = History.load(case).parents
    commit = revision.commit
    for sign, digits in _STEP.findall(steps):
        count = int(digits) if digits else 1
        for ordinal in itertools.repeat(0, count) if sign == "~" else (count - 1,) if count else ():
            before = parents.get(commit, ())
            if ordinal >= len(before):
                return None
            commit = before[ordinal]
    matches = rows(case, "revision.oid", id=commit)
    if not matches:
        return None
    return Revision(commit, revision.source, matches[0][0], revision.spelled + steps, revision.gone)

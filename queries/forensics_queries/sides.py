"""What the two sides of a comparison are: versions, and the commits at which they are meant."""

from dataclasses import dataclass

from forensics.case import Case
from forensics.errors import UsageError
from forensics_queries.meaning import Subject
from forensics_queries.pedigree import View
from forensics_queries.state import History, held_at
from forensics_queries.statement import rows
from forensics_queries.subject import resolve

__all__ = ["Side", "sides"]


@dataclass(frozen=True, slots=True)
class Side:
    """One side.

    Attributes:
        view: the versions, and where they are seen from.
        meaning: what was typed, in words.
    """

    view: View
    meaning: str


def sides(case: Case, old: str, new: str) -> tuple[Side, Side]:
    """Reads the two subjects of a comparison.

    Two revisions mean all that their commits hold; a release beside a revision means the commit that was released.

    Raises:
        UsageError: a subject means nothing, or several things, or nothing that has a lineage; or the two are of
            different kinds.
    """
    meant = [resolve(case, text) for text in (old, new)]
    commits = [_commit(case, subject) for subject in meant]
    if any(subject.kind == "commit" for subject in meant):
        for subject, commit in zip(meant, commits, strict=True):
            if commit is None or subject.kind not in {"commit", "release"}:
                raise UsageError(
                    f"a revision can be compared with another revision only, and {subject.text} is none",
                    hint="name an artifact at each revision, as PATH@REV",
                )
        known = [commit for commit in commits if commit is not None]
        if len(rows(case, "diff.sources", commits=known)) > 1:
            raise UsageError("the two revisions are of different repositories", hint="name versions, as PATH@REV")
        return _held(case, meant[0], known[0]), _held(case, meant[1], known[1])
    return _versions(case, meant[0], commits[0]), _versions(case, meant[1], commits[1])


def _commit(case: Case, subject: Subject) -> int | None:
    if subject.kind == "release":
        found = rows(case, "diff.release_commit", ids=list(subject.nodes))
        return found[0][0] if found else None
    return subject.commit


def _held(case: Case, subject: Subject, commit: int) -> Side:
    """All that DVC metadata says of a commit; all its files where there is no such metadata."""
    held = held_at(case, commit, history=History.load(case))
    layers = {layer: {version for (_, other), version in held.items() if other == layer} for layer in ("dvc", "git")}
    roots = tuple(sorted(layers["dvc"] or layers["git"]))
    return Side(View(roots, (commit,)), f"what {subject.meaning} holds")


def _versions(case: Case, subject: Subject, commit: int | None) -> Side:
    found = [row[0] for row in rows(case, "diff.targets", ids=list(subject.nodes))]
    if not found and subject.kind in {"content", "file"}:
        found = [row[0] for row in rows(case, "diff.holders", ids=list(subject.nodes))]
    if not found:
        inside = "a file inside a directory" if subject.members else "no version"
        raise UsageError(
            f"{subject.text} means {subject.meaning}, which is {inside} and has no lineage of its own",
            hint="name a version as PATH@REV, for a file that of its directory, or a release",
        )
    if subject.kind == "path" and len(found) > 1:
        raise UsageError(
            f"{subject.text} means {len(found)} versions; one can be compared",
            hint=f"say which, as {subject.text}@REV; forensics log {subject.text} lists them",
        )
    return Side(View(tuple(found), () if commit is None else (commit,)), subject.meaning)

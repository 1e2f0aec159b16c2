"""``rebuild``: the smallest set of stages to run again so that models are clean, in order, with the inputs to use."""

from collections.abc import Sequence

from forensics.answer import Answer
from forensics.case import Case
from forensics.errors import UsageError
from forensics.model import NodeKind
from forensics.taint import Level
from forensics_queries.blast_radius import judged, unread
from forensics_queries.heads import by_artifact, heads, newest, versions_behind
from forensics_queries.moment import Moment, moment
from forensics_queries.plan import Planner, PlanStep
from forensics_queries.standing import accused
from forensics_queries.state import History
from forensics_queries.things import things
from forensics_queries.whereabouts import Look

__all__ = ["rebuild"]


def rebuild(
    case: Case, subjects: Sequence[str] = (), *, look: Look | None = None, as_of: str | None = None
) -> Answer[PlanStep]:
    """Plans how to make models again without what is bad.

    Args:
        case: the case.
        subjects: artifacts, versions or releases, of each artifact the newest version; where none are named all that
            is live, and where nothing is, of each model what was released last, else its newest version.
        look: finds bytes.
        as_of: a revision or a time.

    Returns:
        The steps in order: where to start, what to replace, what to run.

    Raises:
        UsageError: nothing is marked, or a subject cannot be told.
    """
    if not accused(case, (), moment(case, as_of)).seeds:
        raise UsageError(
            "nothing is marked as bad or suspect, and it takes a mark to say what is to be made again",
            hint="what may be bad: forensics suspects; mark it: forensics mark add bad SUBJECT --reason TEXT",
        )
    judgement, start, when = judged(case, (), as_of)
    history = History.load(case)
    reached = judgement.reached(NodeKind.VERSION)
    asked = _named(when, history, subjects) if subjects else heads(when, history, reached)[1]
    wanted = [version for version in asked if judgement.level(version) is not Level.CLEAR]
    # Of several live versions of one artifact the newest: the others become what it becomes.
    chosen = [newest(when, history, artifact, found)[0] for artifact, found in by_artifact(when, wanted).items()]
    planner = Planner(case, judgement, history, look)
    steps = planner.steps(chosen, starting=True)
    notes = [*(f"started from {label}" for label in start.labels), *when.notes]
    shown = things(case, asked)
    for version in asked:
        said = f"{shown[version].title} {shown[version].digest}".rstrip()
        if version not in wanted:
            notes += [f"{said} is clear: nothing is to be done for it"] if subjects else []
        elif version not in chosen:
            notes.append(f"{said} is not the newest to be made again of its artifact, and gets no run of its own")
        else:
            notes.append(f"to be made again: {said}")
            if planner.clean_versions(version):
                notes.append(f"{shown[version].title} has a clean version: forensics rollback needs no run")
    runs = sum(step.action == "run" for step in steps)
    if runs:
        every = len(judgement.reached(NodeKind.EXECUTION))
        notes.append(f"{runs:,} run{'s' if runs > 1 else ''} instead of {every:,}, all that are not clear")
        notes.append("nothing was run: the commands run the repository's code and its configuration; read them first")
        notes.append("run them in a clone, commit what changed, ingest it, and ask forensics blast-radius")
    parameters = {"subjects": " ".join(subjects), "as_of": as_of or ""}
    return Answer("rebuild", parameters, steps, when.coverage, tuple(notes), unread(judgement, when))


def _named(when: Moment, history: History, subjects: Sequence[str]) -> list[int]:
    """Of each artifact that is named the newest of the versions that are meant."""
    meant = [
        version
        for text in subjects
        for node in when.resolve(text).nodes
        for version in versions_behind(when.lineage, node)
    ]
    if not meant:
        raise UsageError(
            f"{' '.join(subjects)} is no version of an artifact that could be made again",
            hint="name a path, a digest or a release; without a subject what is live is taken",
        )
    named = by_artifact(when, meant).items()
    return [found for artifact, versions in named for found in newest(when, history, artifact, versions)]

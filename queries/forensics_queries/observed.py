"""Of what an observation is: the one version of a model that a label means, bytes that are bad, what was inspected."""

from collections.abc import Iterable

from forensics.answer import Thing
from forensics.case import Case
from forensics.case.codes import edge_codes
from forensics.errors import UsageError
from forensics.graph import reach
from forensics.model import ArtifactKind, EdgeKind, NodeKind
from forensics.taint import Lineage
from forensics_queries.meaning import Subject
from forensics_queries.statement import rows
from forensics_queries.subject import resolve
from forensics_queries.things import things

__all__ = ["observed"]

#: Candidates that are named at most, releases first.
_SHOWN = 20
_NO_BEHAVIOUR = frozenset({ArtifactKind.METRIC.value, ArtifactKind.PARAMS.value, ArtifactKind.CODE.value})
_FOLLOWED = edge_codes(set(EdgeKind) - {EdgeKind.RESTORED, EdgeKind.RELEASED, EdgeKind.REUSED})
#: Subjects that are known by several digests are one thing; the others that mean several nodes are several things.
_ONE = frozenset({"content", "file"})


def observed(case: Case, text: str, state: str) -> tuple[str, list[int]]:
    """Finds what an observation is of.

    Args:
        case: the case.
        text: a SUBJECT.
        state: ``bad``, ``good`` or ``clean``.

    Returns:
        The kind of observation, and the nodes: one version, or the digests of one content.

    Raises:
        UsageError: the subject means nothing, several things, or nothing of which this can be said; its
            ``candidates`` are versions that could be meant.
    """
    meant = resolve(case, text)
    lineage = Lineage(case)
    nodes = [node for found in meant.nodes for node in _carriers(lineage, found)]
    if state == "clean":
        return "inspection", _inspected(case, lineage, meant, nodes)
    versions = [node for node in nodes if lineage.is_version(node)]
    contents = [node for node in nodes if lineage.kind(node) is NodeKind.CONTENT]
    behaving = _behaving(case, lineage, versions or [holder for node in contents for holder in lineage.holders(node)])
    if len(behaving) == 1:
        return "label", behaving
    if behaving:
        raise _unclear(case, text, f"means {len(behaving)} versions, and a label is said of one", behaving)
    if contents and not versions and state == "bad":
        if len(contents) > 1 and meant.kind not in _ONE:
            raise _unclear(case, text, f"means {len(contents)} contents: which of them is bad?", contents)
        return "content", contents
    said = f"means {meant.meaning}, which is no version of a model"
    below = _models_below(case, lineage, meant.nodes)
    if below:
        raise _unclear(case, text, f"{said}; the label could be meant for one of those that follow from it", below)
    raise UsageError(
        f"{text} {said}", hint="see the versions with: forensics log MODEL; of data say: forensics mark add bad SUBJECT"
    )


def _carriers(lineage: Lineage, node: int) -> list[int]:
    """What a release gave a name to stands for the release."""
    return lineage.released(node) if lineage.kind(node) is NodeKind.RELEASE else [node]


def _inspected(case: Case, lineage: Lineage, meant: Subject, nodes: list[int]) -> list[int]:
    kinds = (NodeKind.VERSION, NodeKind.CONTENT, NodeKind.EXECUTION)
    found = list(dict.fromkeys(node for node in nodes if lineage.kind(node) in kinds))
    if not found:
        raise UsageError(
            f"{meant.text} means {meant.meaning}, which cannot be inspected as a whole",
            hint="name a version, a file or a run",
        )
    if len(found) > 1 and meant.kind not in _ONE:
        raise _unclear(case, meant.text, f"means {meant.meaning}: which of these {len(found)} was inspected?", found)
    return found


def _behaving(case: Case, lineage: Lineage, versions: Iterable[int]) -> list[int]:
    """Versions of models; else of what a run made, since a kind is but a guess where nobody declares it."""
    shown = things(case, versions)
    models = [node for node in shown if shown[node].artifact_kind == ArtifactKind.MODEL]
    made = [node for node in shown if shown[node].artifact_kind not in _NO_BEHAVIOUR and lineage.is_made(node)]
    return sorted(models or made)


def _models_below(case: Case, lineage: Lineage, nodes: Iterable[int]) -> list[int]:
    """Versions of models that follow from something, the nearest first."""
    models = {row[0] for row in rows(case, "observations.models")}
    return [node for node in reach(lineage.graph, list(nodes), follow=_FOLLOWED) if node in models]


def _unclear(case: Case, text: str, said: str, nodes: list[int]) -> UsageError:
    """The error that lists what could be meant, by the names of releases where there are any."""
    shown = things(case, nodes)
    names = dict(rows(case, "observations.releases", versions=sorted(nodes)))
    known = [node for node in nodes if node in shown]
    first = sorted(known, key=lambda node: node not in names)[:_SHOWN]
    candidates = tuple(dict.fromkeys(_name(shown[node], names) for node in first))
    more = f" and {len(known) - len(first)} more: forensics log" if len(known) > len(first) else ""
    return UsageError(f"{text} {said}", hint=f"say which: {', '.join(candidates)}{more}", candidates=candidates)


def _name(thing: Thing, releases: dict[int, str]) -> str:
    name = releases.get(thing.id, "")
    return name if name.isprintable() and name else thing.subject

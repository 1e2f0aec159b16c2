"""What questions return: frozen rows of plain values, with what the answer rests on.

Everything here is a string, a number, a truth value, None, or a tuple or a frozen dataclass of these, so that one
generic function writes any answer as JSON. Times are integers, seconds since 1970 in UTC; those in a field that
begins with ``claimed_`` are what somebody wrote into a commit or a tag, the others are this machine's own.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Answer", "Coverage", "SourceRead", "Step", "Thing"]

Row_co = TypeVar("Row_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Thing:
    """One node of the graph, as it is shown.

    Attributes:
        id: the node.
        kind: a ``NodeKind``.
        title: for people: ``models/fraud.json``, ``train (dvc.yaml)``, ``commit 1a2b3c4 "message"``.
        subject: a text that can be typed again as SUBJECT and means this node alone.
        source: name of the source that it belongs to, empty for what is global (contents, actors, externals).
        path: of the artifact; of the script for an execution.
        digest: ``algorithm:value`` in full; ``git:`` and the id for a commit; empty where there is none.
        owner: who is answerable, where the source says so.
        artifact_kind: an ``ArtifactKind`` for versions and releases, else empty.
        name: the name that people know it by (``fraud``), where it has one beside the path.
        label: what to show beside the path: a parameter's value.
    """

    id: int
    kind: str
    title: str
    subject: str
    source: str = ""
    path: str = ""
    digest: str = ""
    owner: str = ""
    artifact_kind: str = ""
    name: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an explaining path.

    Attributes:
        thing: what is reached by this step.
        edge: the ``EdgeKind`` by which it is reached from the step before; empty for the first.
        strength: a ``Strength``; empty for the first.
        reason: a word for a special case of the edge, mostly empty.
        document, document_commit, document_locus: what states the edge: a path, the commit that holds it, and where
            in it.
        skipped: how many steps right before it are left out of a long path; its edge is then left out too.
    """

    thing: Thing
    edge: str = ""
    strength: str = ""
    reason: str = ""
    document: str = ""
    document_commit: str = ""
    document_locus: str = ""
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class SourceRead:
    """How far one source was read.

    Attributes:
        acquisitions: how many times it was read.
        read_at: when it was read last, by this machine's clock.
        findings: how many things were noticed in it.
        unread: how many of them could hide lineage, so that an answer may be short.
    """

    name: str
    kind: str
    locator: str
    acquisitions: int
    read_at: int | None
    findings: int
    unread: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an answer rests on.

    Attributes:
        sources: all sources of the case, in the order of their first reading.
        complete: everything in them could be read.
        reasons: what could not, a sentence each.
    """

    sources: tuple[SourceRead, ...] = ()
    complete: bool = True
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer(Generic[Row_co]):
    """The answer to one question.

    Attributes:
        question: the command's name: ``blast-radius``.
        parameters: what was asked, as text, by the names of the command's parameters.
        rows: in a fixed order; each a frozen dataclass.
        notes: sentences that a reader of the rows must know.
        short: something that could not be read admits the subject, so that rows may be missing (exit code 3).
    """

    question: str
    parameters: dict[str, str]
    rows: tuple[Row_co, ...]
    coverage: Coverage
    notes: tuple[str, ...] = ()
    short: bool = False

"""The bundle: all that a bag states, in one structure. Every format of ``evidence.formats`` is made from it.

Times are as in ``forensics.answer``: integers, seconds since 1970 in UTC; ``claimed_`` ones are what somebody wrote
into a source, the others this machine's own. All tuples are sorted, so that the same case gives the same bundle. With
``redacted``, people's names and addresses are pseudonyms throughout (``forensics.evidence.redaction``), so that a
format need not care. Texts come from sources and are hostile: a format escapes them by the rules of its own.
"""

from dataclasses import dataclass

from forensics.answer import SourceRead, Thing
from forensics.case.journal import Entry
from forensics_queries.blast_radius import Affected
from forensics_queries.marks import Mark
from forensics_queries.observe import Observation
from forensics_queries.rollback import Target

__all__ = [
    "SCHEMA", "AcquisitionRecord", "Asked", "Bundle", "Document", "FindingRecord", "GapCount", "GapRecord", "Head",
    "Link", "Node", "SourceRecord", "Tool",
]  # fmt: skip

#: The name of the native format, and of its JSON Schema.
SCHEMA = "forensics/evidence/1"


@dataclass(frozen=True, slots=True)
class Tool:
    """The program that made the bag.

    Attributes:
        name: ``lineage-forensics``.
        version: with the commit that it was built from where that is known: ``0.1.0+1a2b3c4d5e6f``.
    """

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of the journal that a bag holds.

    Attributes:
        seq: its number; 0 where the journal is empty.
        digest: sha256 in hexadecimal digits; zeros where the journal is empty.
        made_at: by this machine's clock; None where the journal is empty. It is the time as of which a bag speaks.
    """

    seq: int
    digest: str
    made_at: int | None


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A place that was read.

    Attributes:
        source: its number in the case.
        name: as things name it (``Thing.source``); unique.
        kind: ``git``, ``mlmd``, …
        object_format: ``sha1`` or ``sha256`` for git, else empty.
        fingerprints: what tells it from others wherever it lies: for git its root commits.
        read: how far it was read, and where it lay.
    """

    source: int
    name: str
    kind: str
    object_format: str
    fingerprints: tuple[str, ...]
    read: SourceRead


@dataclass(frozen=True, slots=True)
class AcquisitionRecord:
    """One reading of one source.

    Attributes:
        acquisition: its number in the case.
        source: the source's number.
        state: a digest of all that the reading depended on.
        started_at, finished_at: by this machine's clock.
        added: how many nodes were new.
        details: the reading's own account as JSON: HEAD, counts, seconds by phase.
    """

    acquisition: int
    source: int
    connector: str
    locator: str
    state: str
    started_at: int
    finished_at: int
    tool_version: str
    added: int
    details: str


@dataclass(frozen=True, slots=True)
class FindingRecord:
    """Something noticed in a source: unreadable, forged-looking, missing, drifted.

    Attributes:
        finding: its number.
        source: the source's number.
        admits: it could hide any lineage, so that an answer may be short.
        subject: what it is about, as a SUBJECT; empty where it is about nothing on record.
        acquisition: the reading that noticed it.
    """

    finding: int
    source: int
    kind: str
    message: str
    admits: bool
    document: str
    document_commit: str
    document_locus: str
    acquisition: int
    subject: str


@dataclass(frozen=True, slots=True)
class GapRecord:
    """A place where lineage is missing.

    Attributes:
        thing: where.
        size: bytes at most that can have come through it, where that is known.
        filled_by: the later reading that found what was missing; None while the gap stands.
        acquisition: the reading that noticed it.
    """

    thing: Thing
    kind: str
    detail: str
    size: int | None
    document: str
    document_commit: str
    document_locus: str
    acquisition: int
    filled_by: int | None


@dataclass(frozen=True, slots=True)
class GapCount:
    """How much lineage is missing in a source, gaps of the incident among it.

    Attributes:
        source: the source's number.
        kind: as of ``GapRecord``.
        count: how many gaps.
        filled: how many of them a later reading filled.
    """

    source: int
    kind: str
    count: int
    filled: int


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the incident: what is marked, affected or unknown, gone back to, what made it, and who is claimed to.

    Attributes:
        thing: how it is shown; ``thing.id`` is what ``Link`` names, ``thing.digest`` the recorded digest.
        uid: 32 hexadecimal digits, the same for the same thing in every case: seed of identifiers in other formats.
        source: number of its source; 0 for what is global: contents, actors, outside imports.
        verdict: of a content, version, execution or release: ``affected``, ``unknown`` or ``clear`` by the standing
            marks; empty where no mark stands.
        marks: numbers of the standing marks on it.
        releases: of a version: names of its releases.
        stages: of a version or a release: where it is live.
        digests: of a version or a content: all digests on record for the same bytes, the recorded one first, those
            that were computed from the bytes (``sha256:``) among them. MD5 and SHA-1 identify; they prove nothing
            against someone who can make both files of a collision.
        size: of a version: bytes, where known.
        nfiles: of a directory: files, where known.
        command, directory: of an execution.
        type, state, uri: as an ML Metadata store describes it.
        message: of a commit or a release.
        mail, person: claimed: of an actor, of a commit's author, of who made a release.
        claimed_time: of a commit (author), a release (tag), an ML Metadata row (creation).
        claimed_end: of an execution of a store: its last update.
        written: the claimed times as they stand in the source: ``1772366400 +0100``, ``1772366400123 ms``.
    """

    thing: Thing
    uid: str
    source: int
    verdict: str = ""
    marks: tuple[int, ...] = ()
    releases: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    size: int | None = None
    nfiles: int | None = None
    command: str = ""
    directory: str = ""
    type: str = ""
    state: str = ""
    uri: str = ""
    message: str = ""
    mail: str = ""
    person: str = ""
    claimed_time: int | None = None
    claimed_end: int | None = None
    written: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One edge between two nodes of the bundle, from cause to effect.

    Attributes:
        kind: an ``EdgeKind``.
        cause, effect: ids of nodes.
        strength: a ``Strength``: how it is known.
        reason: a word for a special case, mostly empty.
        source: number of the source whose document states it; 0 where none does.
        document, document_commit, document_locus: the document: a path or table, the commit, where in it.
    """

    kind: str
    cause: int
    effect: int
    strength: str
    reason: str
    source: int
    document: str
    document_commit: str
    document_locus: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that fed the bag.

    Attributes:
        question: the command's name.
        parameters: what was asked.
        rows: how many rows it had.
        digest: sha256 over the answer's rows as canonical JSON, before any redaction.
        short: something that could not be read admits the subject, so that rows may be missing.
    """

    question: str
    parameters: dict[str, str]
    rows: int
    digest: str
    short: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A document that facts came from, read again from its source.

    Attributes:
        source: the source's number.
        document, document_commit: which document, as facts name it.
        digest: ``git:`` and the blob id, which the commit's id vouches for; ``sha256:`` for rows of a table.
        file: where its bytes are in the bag; empty where they could not be read.
        problem: why they could not be read.
    """

    source: int
    document: str
    document_commit: str
    digest: str
    file: str
    problem: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bag states.

    Attributes:
        case: the case's own id.
        tool: what made the bag.
        journal: the last entry of the journal that the bag holds.
        custody: the journal up to there: to the last acquisition, mark or observation.
        redacted: people are pseudonyms.
        hidden: numbers of journal entries whose text was redacted, so that their digests cannot be computed anew.
        sources, acquisitions: what was read, when and how far.
        marks: all, withdrawn and expired ones too.
        observations: all, withdrawn ones too.
        affected: every version that is affected or unknown by the standing marks, as ``blast-radius`` answers.
        targets: what to go back to, as ``rollback`` answers.
        findings: of all sources.
        gaps: of ``nodes`` and of their bytes, filled ones too.
        gap_counts: of all gaps of all sources, so that it is known how many are not named here.
        nodes, links: the incident as a graph: what is marked, affected, unknown or gone back to, what led to it on the
            shortest path, the runs that made these versions with their direct inputs, and the commits that brought
            them, with their claimed authors. Not the whole case.
        questions: what was asked to make the bag.
        not_read: what could not be read, in words.
        notes: what a reader of the rows must know.
        documents: the documents that facts came from, where they were asked for.
    """

    case: str
    tool: Tool
    journal: Head
    custody: tuple[Entry, ...]
    redacted: bool
    hidden: tuple[int, ...]
    sources: tuple[SourceRecord, ...]
    acquisitions: tuple[AcquisitionRecord, ...]
    marks: tuple[Mark, ...]
    observations: tuple[Observation, ...]
    affected: tuple[Affected, ...]
    targets: tuple[Target, ...]
    findings: tuple[FindingRecord, ...]
    gaps: tuple[GapRecord, ...]
    gap_counts: tuple[GapCount, ...]
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    questions: tuple[Asked, ...]
    not_read: tuple[str, ...]
    notes: tuple[str, ...]
    documents: tuple[Document, ...] = ()

    @property
    def techniques(self) -> tuple[str, ...]:
        """The techniques of MITRE ATLAS that standing marks name, in the order of their ids."""
        named = {one for mark in self.marks if mark.standing for one in mark.technique.split(", ")}
        return tuple(sorted(named - {""}))

"""What connectors yield: immutable records, each with the document that says so.

Records name each other by *keys*, plain strings, and know no database. A key is global (the same thing in every
source) for contents, commits, actors and external origins, and belongs to its source for versions, executions and
releases; the case adds the source. Edges point from cause to effect.
"""

from dataclasses import dataclass
from enum import StrEnum

from forensics.digest import Digest

__all__ = [
    "Acquired",
    "ArtifactKind",
    "Change",
    "Commit",
    "Edge",
    "EdgeKind",
    "Execution",
    "Finding",
    "FindingKind",
    "Gap",
    "GapKind",
    "Listing",
    "NodeKind",
    "Origin",
    "Presence",
    "Record",
    "Ref",
    "RefKind",
    "Release",
    "Role",
    "SameBytes",
    "Source",
    "StageMove",
    "Strength",
    "Version",
    "actor_key",
    "commit_key",
    "content_key",
    "external_key",
    "version_key",
]


class NodeKind(StrEnum):
    """The kinds of node in the graph."""

    CONTENT = "content"
    VERSION = "version"
    EXECUTION = "execution"
    COMMIT = "commit"
    ACTOR = "actor"
    RELEASE = "release"


class EdgeKind(StrEnum):
    """The kinds of edge, each from cause to effect."""

    USED = "used"  # version -> execution
    GENERATED = "generated"  # execution -> version
    CONTENT = "content"  # version <-> content, content <-> content of equal bytes
    MEMBER = "member"  # file content -> directory content; version of a part -> version of the whole built from it
    PART = "part"  # version of a whole directory -> version of something that is read out of it
    INTRODUCED = "introduced"  # commit -> version
    RESTORED = "restored"  # commit -> version; carries no taint
    RECORDED = "recorded"  # commit -> execution
    AUTHORED = "authored"  # actor -> commit
    IMPORTED = "imported"  # version -> version
    DECLARED = "declared"  # version -> version, by a model card
    RELEASED = "released"  # version -> release


class Strength(StrEnum):
    """How a fact is known. Only the first two may accuse for certain, and none of the last three may clear."""

    RECORDED = "recorded"
    MATCHED = "matched"
    DECLARED = "declared"
    INFERRED = "inferred"
    ASSUMED = "assumed"


class ArtifactKind(StrEnum):
    """What an artifact is used as."""

    MODEL = "model"
    DATASET = "dataset"
    METRIC = "metric"
    PARAMS = "params"
    CODE = "code"
    OTHER = "other"


class RefKind(StrEnum):
    """The kinds of git reference."""

    HEAD = "head"
    BRANCH = "branch"
    REMOTE = "remote"
    TAG = "tag"
    EXPERIMENT = "experiment"
    OTHER = "other"


class GapKind(StrEnum):
    """Why lineage is missing at a node, which decides the subjects that could have come through it (rule 11)."""

    MISSING_LISTING = "missing-listing"  # a directory whose members are not known: admits files
    NO_DIGEST = "no-digest"  # a version whose bytes are not known: admits everything
    NO_PRODUCER = "no-producer"  # an output of some stage whose run is not on record: admits everything
    CODE_NOT_COMMITTED = "code-not-committed"  # the stage ran with files that no commit holds: admits commits and files
    SHALLOW = "shallow"  # history before this version was not cloned: admits everything
    EXTERNAL = "external"  # it comes from outside and is known by no content hash: admits contents
    UNLINKED = "unlinked"  # a part of a directory that could not be found in it, or a whole that could not be split


class FindingKind(StrEnum):
    """What a reader noticed in a source."""

    UNREADABLE = "unreadable"  # a document that could not be parsed
    CONFLICT = "conflict"  # merge conflict markers in a committed document
    TEMPLATE = "template"  # a template, not a document: {{cookiecutter}}.dvc and the like
    DUPLICATE_KEY = "duplicate-key"
    TOO_LARGE = "too-large"
    MISSING_OBJECT = "missing-object"  # a git object or a cache object that is not there
    CORRUPT_OBJECT = "corrupt-object"
    MISSING_LISTING = "missing-listing"  # a .dir object that is in no cache and no local remote
    STALE_LOCK = "stale-lock"  # a stage ran with data other than what the commit holds
    UNDECLARED = "undeclared"  # a lock entry that dvc.yaml no longer declares
    MERGED_LOCK = "merged-lock"  # a lock entry that first stands in a merge and in none of its parents
    CODE_NOT_COMMITTED = "code-not-committed"
    BAD_DIGEST = "bad-digest"
    OUTSIDE = "outside"  # a path that leaves the repository
    SYMLINK = "symlink"
    GRAFT = "graft"
    REPLACE_REF = "replace-ref"
    FORGED_COMMIT_GRAPH = "forged-commit-graph"
    SHALLOW = "shallow"
    ALTERNATES = "alternates"
    ACTIVE_CONFIG = "active-config"  # configuration or hooks that would run programs
    BAD_REF = "bad-ref"
    BAD_TAG = "bad-tag"  # a tag that looks like a GTO tag but is not one
    GONE = "gone"  # a fact that an earlier acquisition saw and this one did not


@dataclass(frozen=True, slots=True)
class Origin:
    """The document that states a fact.

    Attributes:
        path: the document's path in its repository, or a table name.
        commit: the commit that holds it (40 or 64 hexadecimal digits), empty where there is none.
        locus: where in the document: a stage name, a row id.
    """

    path: str = ""
    commit: str = ""
    locus: str = ""


def content_key(digest: Digest) -> str:
    """The key of a content: global."""
    return f"content\0{digest}"


def commit_key(oid: str) -> str:
    """The key of a commit: global, since its id is a hash of all that it says."""
    return f"commit\0{oid}"


def actor_key(mail: str) -> str:
    """The key of an actor, by the claimed mail address: global."""
    return f"actor\0{mail.lower()}"


def version_key(path: str, digest: Digest | None) -> str:
    """The key of a version: a path in its source, and the content."""
    return f"version\0{path}\0{digest or ''}"


def external_key(url: str, digest: Digest | None) -> str:
    """The key of a version outside every ingested source: global."""
    return f"external\0{url}\0{digest or ''}"


@dataclass(frozen=True, slots=True)
class Source:
    """A place that can be read.

    Attributes:
        kind: what it is, whichever connector reads it: ``git`` (with its DVC metadata), ``mlmd``.
        locator: where it is, without secrets.
        name: a short name for people, the last part of the locator.
        fingerprints: what tells this source from others wherever it lies: for git its root commits (and shallow
            boundaries) as commit ids. Two sources that share one are one.
        object_format: ``sha1`` or ``sha256`` for git, else empty.
        state: a digest of all that could change what a reading returns; equal states need no second reading.
    """

    kind: str
    locator: str
    name: str
    fingerprints: tuple[str, ...]
    object_format: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Acquired:
    """The state of the source that a reading saw, for the acquisition: yielded once, as the last record.

    Attributes:
        state: as ``Source.state``, after the reading.
        details: what was seen, as JSON-able pairs: HEAD, number of refs, commits, documents, seconds per phase.
    """

    state: str
    details: dict[str, object]


@dataclass(frozen=True, slots=True)
class Commit:
    """A git commit. Names and times are claims of whoever wrote it.

    Attributes:
        parents: ids of all parents that the commit itself names, whether the history holds them or not.
        author_time, commit_time: seconds since 1970 in UTC, as claimed; the offsets are minutes east of UTC.
        boundary: the parents exist but were not cloned (shallow).
        position: its place in a topological order of this reading, parents before children.
    """

    oid: str
    parents: tuple[str, ...]
    author_name: str
    author_mail: str
    author_time: int
    author_offset: int
    committer_name: str
    committer_mail: str
    commit_time: int
    commit_offset: int
    message: str
    boundary: bool = False
    position: int = 0

    @property
    def key(self) -> str:
        """The commit's key."""
        return commit_key(self.oid)


@dataclass(frozen=True, slots=True)
class Ref:
    """A named pointer to a commit, with the message of an annotated tag.

    Attributes:
        name: the full name (``refs/tags/fraud@v1.0.0``), or ``HEAD``.
        commit: the id of the commit that it reaches, tags peeled.
        tag: the id of the annotated tag object, else empty.
        tagger_mail, tag_time, message: of the annotated tag.
    """

    name: str
    kind: RefKind
    commit: str
    tag: str = ""
    tagger_mail: str = ""
    tag_time: int | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """An artifact in one state: a path with a content.

    Attributes:
        path: repository-relative with ``/``, the name of the artifact; ``$ command`` for a command text,
            ``file:key`` for a parameter, an URL for an external origin.
        digest: the content, or None where the source states none.
        size: bytes, of all members for a directory.
        nfiles: number of files of a directory.
        kind: what the artifact seems to be from this record alone; ``Role`` says it with authority.
        external: it lies outside every source (``path`` is an URL); its key is global.
        tracked: the source itself vouches for these bytes as an input (a ``.dvc`` file, a git tree), rather than
            only mentioning them as what some run read or wrote.
        label: what to show beside the path: a parameter's value.
        owner: who is answerable, if the source says so.
    """

    path: str
    digest: Digest | None
    origin: Origin
    size: int | None = None
    nfiles: int | None = None
    kind: ArtifactKind = ArtifactKind.OTHER
    external: bool = False
    tracked: bool = False
    label: str = ""
    owner: str = ""

    @property
    def key(self) -> str:
        """The version's key."""
        return external_key(self.path, self.digest) if self.external else version_key(self.path, self.digest)


@dataclass(frozen=True, slots=True)
class Execution:
    """Something that ran: a DVC stage with one set of inputs and outputs.

    Attributes:
        identity: a sha256 over directory, command, inputs and outputs; not over the stage's name, which may change.
        name: the stage's name where it was first seen.
        directory: where it ran, repository-relative.
        declared: dvc.yaml declares the stage at some commit that holds the entry; else a past run (rule 6).
        frozen: the stage was frozen, so its outputs may be older than its inputs.
        script: the document that defines the stage (``dvc.yaml``), to address it as ``script:name``.
    """

    identity: str
    name: str
    directory: str
    command: str
    origin: Origin
    declared: bool = True
    frozen: bool = False
    script: str = ""

    @property
    def key(self) -> str:
        """The execution's key."""
        return f"execution\0{self.identity}"


@dataclass(frozen=True, slots=True)
class Release:
    """A version given a name to be used by.

    Attributes:
        name: as people say it: ``fraud@v1.2.0``, or the plain tag ``v2.0``.
        artifact: the released artifact's name, empty for a plain tag.
        label: the version label, ``v1.2.0``.
        commit: the id of the commit that was released.
        time: claimed, seconds since 1970 in UTC.
        ref: the tag.
    """

    name: str
    artifact: str
    label: str
    commit: str
    time: int | None
    actor_mail: str
    message: str
    ref: str
    origin: Origin

    @property
    def key(self) -> str:
        """The release's key."""
        return f"release\0{self.name}\0{self.commit}"


@dataclass(frozen=True, slots=True)
class StageMove:
    """A release was assigned to a stage, or taken from it; a release was deregistered or deprecated.

    Attributes:
        release: the key of the release, empty where the tag's commit has no registered version.
        stage: ``prod``; for ``deregister`` and ``deprecate`` empty.
        action: ``assign``, ``unassign``, ``deregister`` or ``deprecate``.
        order: place in the replay of all moves of this artifact in this source, 0 first.
    """

    release: str
    artifact: str
    stage: str
    action: str
    commit: str
    time: int | None
    actor_mail: str
    ref: str
    order: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Edge:
    """One step of influence, from cause to effect.

    Attributes:
        cause, effect: keys of records of this reading, or of earlier ones.
        reason: a word for a special case: ``persisted``, ``merged-lock``, ``rehash``, ``by-path``, ``listing``.
    """

    kind: EdgeKind
    cause: str
    effect: str
    origin: Origin
    strength: Strength = Strength.RECORDED
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The members of one directory content, columns of equal length.

    Attributes:
        directory: the directory's digest (``md5:….dir``).
        names: relative paths with ``/``: text to show, never paths to open.
        algorithm: of every value.
        values: the members' digest values.
        sizes: bytes per member where the source states them, else an empty tuple.
    """

    directory: Digest
    names: tuple[str, ...]
    algorithm: str
    values: tuple[str, ...]
    origin: Origin
    strength: Strength = Strength.RECORDED
    sizes: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class SameBytes:
    """Two digests of one content: ``matched`` when computed from the bytes, ``assumed`` when not."""

    first: Digest
    second: Digest
    strength: Strength
    origin: Origin
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A path holds another version at a commit than at one of its parents.

    One record a parent; for a root commit, one with ``parent`` 0. What a commit holds at a path is therefore: the
    version of its own change where every parent has one, else what any parent without a change holds.

    Attributes:
        parent: index into the commit's parents.
        version: key of the version held from here on, empty where the path is gone.
        layer: ``git`` for a tracked file, ``dvc`` for what DVC metadata says: the two are kept apart.
    """

    commit: str
    parent: int
    path: str
    version: str
    layer: str


@dataclass(frozen=True, slots=True)
class Role:
    """What an artifact is, and the name that people know it by.

    Attributes:
        name: ``fraud`` for ``artifacts: {fraud: {path: models/fraud.pkl}}``; empty where it has none.
        strength: ``recorded`` for a declaration, ``inferred`` for a guess by place in the stage graph.
    """

    path: str
    kind: ArtifactKind
    strength: Strength
    origin: Origin
    name: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A place where lineage is missing, so that "clear" cannot be said behind it.

    Attributes:
        node: key of the node at which it is missing; everything that node leads to stands behind the gap.
        size: bytes at most that can have come through it, where that is known.
        detail: what is missing, in words.
    """

    kind: GapKind
    node: str
    detail: str
    origin: Origin
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something noticed in a source.

    Attributes:
        admits: it could hide any lineage (an unreadable document), so that an answer may be short.
        node: key of the node that it is about, where there is one.
    """

    kind: FindingKind
    message: str
    origin: Origin
    admits: bool = False
    node: str = ""


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether the bytes of a content are still there.

    Attributes:
        state: ``present`` (found and re-hashed), ``corrupt`` (found, but they hash to something else), ``listed`` (a
            remote says that it has them; not re-hashed) or ``missing``.
        where: the file or remote, empty where missing.
        sha256: of the bytes found, in hexadecimal digits, for the record; empty for directories and where not read.
        detail: in words: how many files of a directory are missing, which digest was found.
    """

    state: str
    where: str = ""
    sha256: str = ""
    detail: str = ""


Record = (
    Acquired
    | Change
    | Commit
    | Edge
    | Execution
    | Finding
    | Gap
    | Listing
    | Ref
    | Release
    | Role
    | SameBytes
    | StageMove
    | Version
)

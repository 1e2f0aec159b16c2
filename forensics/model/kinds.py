"""The kinds of node, edge, artifact, gap and finding, and how a fact is known."""

from enum import StrEnum

__all__ = ["ArtifactKind", "EdgeKind", "FindingKind", "GapKind", "NodeKind", "RefKind", "ReferenceKind", "Strength"]


class NodeKind(StrEnum):
    """The kinds of node in the graph."""

    CONTENT = "content"
    VERSION = "version"
    EXECUTION = "execution"
    COMMIT = "commit"
    ACTOR = "actor"
    RELEASE = "release"
    CONTEXT = "context"


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
    CHECKED_OUT = "checked-out"  # commit -> execution that ran with it, in another source
    REUSED = "reused"  # execution -> version that it gave out again from a cache; carries no taint


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


class ReferenceKind(StrEnum):
    """What a node of one source says of another source."""

    URI = "uri"  # a version's bytes are, or were, at this address
    COMMIT = "commit"  # an execution ran with what this commit holds
    FINGERPRINT = "fingerprint"  # a version has this fingerprint, which does not depend on the bytes alone


class GapKind(StrEnum):
    """Why lineage is missing at a node, which decides the subjects that could have come through it (rule 11)."""

    MISSING_LISTING = "missing-listing"  # a directory whose members are not known: admits files
    NO_DIGEST = "no-digest"  # a version whose bytes are not known: admits everything
    NO_PRODUCER = "no-producer"  # an output whose run, or a run whose memory, is not on record: admits everything
    CODE_NOT_COMMITTED = "code-not-committed"  # the stage ran with files that no commit holds: admits commits and files
    SHALLOW = "shallow"  # history before this version was not cloned: admits everything
    EXTERNAL = "external"  # it comes from outside and is known by no content hash: admits contents
    HASHLESS = "hashless"  # known by an address alone in its store: admits what comes from outside the store
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
    DELETED_ROWS = "deleted-rows"  # ids that were given out and are no longer there
    ORPHAN = "orphan"  # a row that names a row which is not there
    ALTERED_LATE = "altered-late"  # written to long after it was made
    NULL_PROPERTY = "null-property"  # a property without any value, on which the official client fails
    FILE_GONE = "file-gone"  # said to be live, but there is no file
    TIME_ORDER = "time-order"  # an output dated before its inputs
    SIDE_FILE = "side-file"  # a write-ahead log or rollback journal lies beside the store
    HALF_INITIALISED = "half-initialised"
    SAME_URI = "same-uri"  # one address with two digests
    BAD_ROW = "bad-row"  # a row that is no record
    NO_METADATA = "no-metadata"  # a repository without DVC metadata, of which git history alone was read
    TAMPERED = "tampered"  # stored bytes that are not what their name says
    GONE = "gone"  # a fact that an earlier acquisition saw and this one did not

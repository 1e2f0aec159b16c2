"""What git says: commits, references, releases, and what each commit holds."""

from forensics.model.keys import Origin, commit_key
from forensics.model.kinds import RefKind
from forensics.values import dataclass

__all__ = ["Change", "Commit", "Ref", "Release", "StageMove"]


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
class Release:
    """A version given a name to be used by.

    Attributes:
        name: as people say it: ``fraud@v1.2.0``, or the plain tag ``v2.0``.
        artifact: the released artifact's name, empty for a plain tag.
        label: the version label, ``v1.2.0``.
        commit: the id of the commit that was released; empty where the source knows no commits.
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

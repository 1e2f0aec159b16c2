"""What was made of what: versions, executions, and what joins them."""

from forensics.digest import Digest
from forensics.model.keys import Origin, external_key, version_key
from forensics.model.kinds import ArtifactKind, EdgeKind, Strength
from forensics.values import dataclass

__all__ = ["Edge", "Execution", "Listing", "Role", "SameBytes", "Version"]


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
        identity: tells versions of one path and content apart, in a source that gives them ids of its own.
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
    identity: str = ""

    @property
    def key(self) -> str:
        """The version's key."""
        if self.external:
            return external_key(self.path, self.digest)
        return version_key(self.path, self.digest, self.identity)


@dataclass(frozen=True, slots=True)
class Execution:
    """Something that ran: a DVC stage with one set of inputs and outputs, an MLMD execution.

    Attributes:
        identity: a sha256 over directory, command, inputs and outputs, not over the stage's name, which may change; or
            the id that the source itself gave it.
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

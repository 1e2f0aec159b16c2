"""What a SUBJECT turned out to mean."""

from dataclasses import dataclass

__all__ = ["Member", "Subject"]


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a tracked directory.

    Attributes:
        artifact: id of the artifact that is the directory.
        directory: node of the directory content whose listing names the file.
        name: the file's name in that listing.
        content: node of the file's content.
    """

    artifact: int
    directory: int
    name: str
    content: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What a text means.

    Attributes:
        text: as it was typed.
        kind: ``content``, ``path`` (all versions), ``version``, ``execution``, ``commit``, ``actor``, ``release``,
            ``external`` or ``file``.
        nodes: what it means, never empty: ids in the order of their kind (versions before contents), then of ids.
        meaning: in words, after "means".
        pinned: texts that together mean the same, whatever moves later: revisions as full commit ids, digests in
            full. What a mark keeps. A ``path`` stays a path: it means versions yet to come as well.
        members: where it is a file inside tracked directories, which and where.
        commit: the commit at which it is meant, where the text names one: of ``path@rev``, of a commit.
    """

    text: str
    kind: str
    nodes: tuple[int, ...]
    meaning: str
    pinned: tuple[str, ...]
    members: tuple[Member, ...] = ()
    commit: int | None = None

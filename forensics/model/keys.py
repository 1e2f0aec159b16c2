"""How records name each other, and the documents that state them.

A key is global (the same thing in every source) for contents, commits, actors and external origins, and belongs to its
source for versions, executions and releases; the case adds the source.
"""

from forensics.digest import Digest
from forensics.values import dataclass

__all__ = ["Origin", "actor_key", "commit_key", "content_key", "external_key", "version_key"]


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


def version_key(path: str, digest: Digest | None, identity: str = "") -> str:
    """The key of a version: a path in its source, the content, and the source's own id of it where it has one."""
    key = f"version\0{path}\0{digest or ''}"
    return f"{key}\0{identity}" if identity else key


def external_key(url: str, digest: Digest | None) -> str:
    """The key of a version outside every ingested source: global."""
    return f"external\0{url}\0{digest or ''}"

"""What the names of MLMD properties say of their values: digests, fingerprints, commits, and lineage."""

import re
from typing import NamedTuple

__all__ = ["Meaning", "of_artifact", "of_execution"]


class Meaning(NamedTuple):
    """What a property's value is.

    Attributes:
        meaning: a word for it, as the connector's SQL uses it.
        algorithm: of a digest: what its name promises; ``any`` where the value must tell, ``cmf`` for CMF's
            ``Commit``, which is an md5 or else a commit.
    """

    meaning: str
    algorithm: str = ""


_ALGORITHM = "(md5|sha1|sha256)"
_WHOSE = "(?:data|dataset|file|content|contents|artifact|model|raw|object|output|dvc|payload|train|test|split)*"
_DIGEST = re.compile(
    f"{_WHOSE}(?:{_ALGORITHM}(?:sum|hash|digest|checksum|hex)*|(?:checksum|hash|digest|sum){_ALGORITHM}|checksum|digest|hash)"
)
#: Names under which a state is told by more, or less, than bytes: a time, a cache's key.
_NO_DIGEST = ("fingerprint", "mtime", "cache", "etag")
_COMMIT = re.compile("(?:git|vcs|source|code)?(?:start|end)?(?:commit|revision|rev|sha|hash)(?:id|hash|sha)?")
_REPOSITORY = re.compile("(?:git|source|code)?(?:repo|repository)(?:url|uri)?|gitremote(?:url)?|giturl")

_OF_ARTIFACT = {
    "current_model_id": "judged",
    "baseline_model_id": "judged",
    "display_name": "display",
    "pushed": "pushed",
    "pushed_version": "pushed_version",
    "pushed_destination": "pushed_destination",
}
_OF_EXECUTION = {
    "component_id": "component",
    "task_name": "task",
    "display_name": "display",
    "image": "image",
    "cached_execution_id": "cached",
    "parent_dag_id": "parent_dag",
    "module_path": "module_path",
    "module_file": "module_file",
    "checksum_md5": "module_md5",
    "input_base": "input",
    "input": "input",
}


def of_artifact(name: str) -> list[Meaning]:
    """What a property of this name says of an artifact; empty where nothing that the graph is made of."""
    found = [Meaning(_OF_ARTIFACT[name])] if name in _OF_ARTIFACT else []
    plain = _plain(name)
    if "fingerprint" in plain:
        return [*found, Meaning("fingerprint")]
    if plain == "commit":
        return [*found, Meaning("digest", "cmf"), Meaning("commit")]
    digest = None if any(word in plain for word in _NO_DIGEST) else _DIGEST.fullmatch(plain)
    if digest is not None:
        found.append(Meaning("digest", digest[1] or digest[2] or "any"))
    elif _is_commit(plain):
        found.append(Meaning("commit"))
    if _REPOSITORY.fullmatch(plain):
        found.append(Meaning("repository"))
    return found


def of_execution(name: str) -> list[Meaning]:
    """What a property of this name says of an execution; empty where nothing that the graph is made of."""
    found = [Meaning(_OF_EXECUTION[name])] if name in _OF_EXECUTION else []
    plain = _plain(name)
    if "fingerprint" in plain:
        found.append(Meaning("fingerprint"))
    elif _is_commit(plain):
        found.append(Meaning("commit"))
    elif _REPOSITORY.fullmatch(plain):
        found.append(Meaning("repository"))
    return found


def _plain(name: str) -> str:
    """``SHA-256`` and ``sha_256`` as ``sha256``."""
    return re.sub("[^a-z0-9]", "", name.lower())


def _is_commit(plain: str) -> bool:
    return plain not in ("hash", "sha") and _COMMIT.fullmatch(plain) is not None

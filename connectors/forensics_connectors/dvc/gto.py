"""Tag names by GTO's grammar: a registered version, a stage it is assigned to, and the undoing of both.

Source of the grammar: gto 1.10, ``gto.constants.tag_re`` and ``gto.tag.parse_name``. GTO itself heeds annotated tags
only, and replays them in the order of their times.
"""

import re
from dataclasses import dataclass

__all__ = ["TagName", "parse_tag", "resembles_tag"]

_LONGEST = 1000
_NAME = r"[a-zA-Z0-9](?:[a-zA-Z0-9-/_]*[a-zA-Z0-9])?"
_IDENTIFIER = r"(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
_SEMVER = (
    r"(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)"
    rf"(?:-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)
_TAG = re.compile(
    rf"(?P<artifact>(?:[a-zA-Z0-9-_./]+=)?{_NAME})"
    rf"(?:(?:\#(?P<stage>{_NAME})|@(?P<version>v{_SEMVER}))(?P<cancel>!?)|@(?P<word>deprecated|created))"
    r"(?:\#(?P<counter>[0-9]{1,18}))?",
    re.ASCII,
)
_RESEMBLING = re.compile(r"[^@#]+(?:@v[0-9]|#[A-Za-z0-9]|@deprecated)")


@dataclass(frozen=True, slots=True)
class TagName:
    """What a tag's name says.

    Attributes:
        action: ``register``, ``deregister``, ``assign``, ``unassign``, ``deprecate`` or ``create``.
        artifact: the artifact's name, with its folder as ``folder:name``.
        version: the label, ``v1.2.0``, of a registration and its undoing; else empty.
        stage: of an assignment and its undoing; else empty.
        counter: the number after the last ``#``, None where there is none.
    """

    action: str
    artifact: str
    version: str = ""
    stage: str = ""
    counter: int | None = None

    def __str__(self) -> str:
        suffix = {"deregister": "!", "unassign": "!", "deprecate": "@deprecated", "create": "@created"}
        stage, version = self.stage and f"#{self.stage}", self.version and f"@{self.version}"
        counter = "" if self.counter is None else f"#{self.counter}"
        return f"{self.artifact.replace(':', '=')}{stage}{version}{suffix.get(self.action, '')}{counter}"


def parse_tag(name: str) -> TagName | None:
    """Reads a tag's name, without ``refs/tags/``; None where it is no name by GTO's grammar."""
    match = _TAG.fullmatch(name) if len(name) <= _LONGEST else None
    if match is None:
        return None
    undone = bool(match["cancel"])
    if match["version"]:
        action = "deregister" if undone else "register"
    elif match["stage"]:
        action = "unassign" if undone else "assign"
    else:
        action = "deprecate" if match["word"] == "deprecated" else "create"
    counter = int(match["counter"]) if match["counter"] else None
    artifact = match["artifact"].replace("=", ":")
    return TagName(action, artifact, match["version"] or "", match["stage"] or "", counter)


def resembles_tag(name: str) -> bool:
    """Whether a name looks as if it were meant for GTO, though it may not be by its grammar."""
    return _RESEMBLING.match(name) is not None

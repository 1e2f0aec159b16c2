"""Commits and tags as their raw objects have them."""

import re
from typing import NamedTuple

from forensics.model import Commit
from forensics.values import dataclass

from .text import text

__all__ = ["RawCommit", "Tag", "parse_commit", "parse_tag"]

#: Characters of a message that are kept.
MESSAGE_LIMIT = 1 << 16
#: The last second of the year 9999: what lies beyond is no time that anything can show.
LATEST = 253_402_300_799

_WHO = re.compile(rb"(?P<name>.*?)\s*<(?P<mail>.*)>\s*(?P<time>-?\d{1,30})?\s*(?P<zone>[+-]\d{1,9})?\s*\Z", re.DOTALL)
_CODECS = re.compile(
    r"(?:iso-?8859-?\d+|latin-?\d+|windows-\d+|cp\d+|koi8-[ru]|shift_?jis|euc-?(?:jp|kr)|gbk?\d*|big5)\Z"
)


class Person(NamedTuple):
    """A claim: name, mail, seconds in UTC, minutes east of UTC."""

    name: str
    mail: str
    time: int
    offset: int


@dataclass(frozen=True, slots=True)
class RawCommit:
    """A commit object.

    Attributes:
        tree: id of its root tree.
        commit: the record; ``boundary`` and ``position`` are not set yet.
        well_formed: both times could be read.
    """

    tree: str
    commit: Commit
    well_formed: bool


@dataclass(frozen=True, slots=True)
class Tag:
    """An annotated tag object.

    Attributes:
        target, target_type: the object that it names.
        name: the name that it gives itself.
    """

    oid: str
    target: str
    target_type: str
    name: str
    tagger_mail: str
    time: int | None
    message: str


def parse_commit(oid: str, data: bytes) -> RawCommit:
    """Reads a commit object; what is malformed becomes empty text or time 0."""
    head, body = _split(data)
    parents: list[str] = []
    fields: dict[bytes, bytes] = {}
    for line in head:
        key, _, value = line.partition(b" ")
        if key == b"parent":
            parents.append(value.decode("ascii", "replace"))
        else:
            fields.setdefault(key, value)
    encoding = fields.get(b"encoding", b"").decode("ascii", "replace").lower()
    author, first = _person(fields.get(b"author", b""), encoding)
    committer, second = _person(fields.get(b"committer", b""), encoding)
    commit = Commit(
        oid,
        tuple(parents),
        *author,
        *committer,
        message=_message(body, encoding),
    )
    return RawCommit(fields.get(b"tree", b"").decode("ascii", "replace"), commit, first and second)


def parse_tag(oid: str, data: bytes) -> Tag:
    """Reads an annotated tag object; what is malformed becomes empty."""
    head, body = _split(data)
    fields: dict[bytes, bytes] = {}
    for line in head:
        key, _, value = line.partition(b" ")
        fields.setdefault(key, value)
    tagger, dated = _person(fields.get(b"tagger", b""), "")
    return Tag(
        oid,
        fields.get(b"object", b"").decode("ascii", "replace"),
        fields.get(b"type", b"").decode("ascii", "replace"),
        text(fields.get(b"tag", b"")),
        tagger.mail,
        tagger.time if dated else None,
        _message(body, ""),
    )


def _split(data: bytes) -> tuple[list[bytes], bytes]:
    """The header's lines without continuation lines (signatures), and the message."""
    head, _, body = data.partition(b"\n\n")
    return [line for line in head.split(b"\n") if not line.startswith(b" ")], body


def _person(value: bytes, encoding: str) -> tuple[Person, bool]:
    match = _WHO.match(value)
    if match is None:
        return Person(_text(value, encoding), "", 0, 0), False
    time, zone = match["time"], match["zone"]
    seconds, minutes = (0, 0) if time is None else (int(time), _minutes(zone or b"+0"))
    fits = time is not None and -LATEST <= seconds <= LATEST
    name, mail = _text(match["name"], encoding), _text(match["mail"], encoding)
    return Person(name, mail, seconds if fits else 0, minutes), fits


def _minutes(zone: bytes) -> int:
    number = int(zone[1:])
    minutes = number // 100 * 60 + number % 100
    return 0 if minutes > 24 * 60 else -minutes if zone.startswith(b"-") else minutes


def _message(body: bytes, encoding: str) -> str:
    message = _text(body[: 4 * MESSAGE_LIMIT], encoding)
    return message if len(body) <= MESSAGE_LIMIT else f"{message[:MESSAGE_LIMIT]}\n[{len(body):,} bytes in all]"


def _text(value: bytes, encoding: str) -> str:
    if encoding and _CODECS.match(encoding):
        try:
            return text(value.decode(encoding))
        except (LookupError, UnicodeError):
            pass
    return text(value)

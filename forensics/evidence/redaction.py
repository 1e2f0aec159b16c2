"""People as pseudonyms: the same person the same one in all bags of a case, and none to be guessed without its salt.

What holds a person by its meaning (an author, a mail address, an owner) is replaced whole. In all other texts the mail
addresses and full names of people on record are replaced where they stand, and whatever else looks like a mail address.
A name of one word is not looked for in texts: it may be any word.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from forensics.case import Case
from forensics.case.journal import Entry
from forensics.evidence.bundle import Bundle
from forensics.evidence.sql import rows

__all__ = ["Pseudonyms"]

T = TypeVar("T")

#: Fields that hold a person and nothing else.
_PERSONS = frozenset({"author", "withdrawn_by", "claimed_user", "mail", "person", "owner", "claimed_mail"})
#: Fields that are computed, or that name things by what the program made up.
_EXACT = frozenset({"digest", "uid", "previous", "kind", "state", "verdict", "file"})

_WORD = re.compile(r"\w+")
_MAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]+@(?!v\d)[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b")
#: What a record of the journal says of who did something: in its details, and in its command.
_AUTHOR = re.compile(r'("(?:author|withdrawn_by)": |"--(?:author|by)", )"((?!person-)[^"\\]+)"')
_HOME = re.compile(r"(/home/|/Users/|\\Users\\)([^/\\\s\"':]+)")


class Pseudonyms:
    """What stands for each person.

    Args:
        salt: of the case; it never leaves the case.
        people: mail addresses, names and accounts on record; with each name its one mail address, or nothing.
    """

    def __init__(self, salt: str, people: Mapping[str, str]) -> None:
        self._salt = salt.encode()
        self._same = {name.strip().lower(): mail.lower() for name, mail in people.items() if mail}
        # By their first word, the longest first: with one pattern of all names, time would grow with text and people.
        self._by_word: dict[str, list[str]] = {}
        for name in sorted(map(str.strip, people), key=lambda name: (-len(name), name)):
            first = _WORD.search(name)
            if first and ("@" in name or " " in name):
                self._by_word.setdefault(first[0].lower(), []).append(name[first.start() :])

    @classmethod
    def of(cls, case: Case) -> "Pseudonyms":
        """The pseudonyms of a case, which gets its salt when people are first redacted.

        Args:
            case: the case, open for writing.
        """
        found = case.rows("SELECT value FROM meta WHERE key = 'salt'")
        if not found:
            case.rows("INSERT INTO meta VALUES ('salt', ?)", [secrets.token_hex(32)])
            found = case.rows("SELECT value FROM meta WHERE key = 'salt'")
        people = rows(case, "people")
        return cls(str(found[0][0]), dict(people))

    def person(self, name: str) -> str:
        """The pseudonym of a person; nobody stays nobody."""
        if not name:
            return ""
        known = name.strip().lower()
        known = self._same.get(known, known)
        digest = hmac.new(self._salt, known.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"person-{digest.hexdigest()[:16]}"

    def text(self, text: str) -> str:
        """A text with the people in it replaced."""
        text = "".join(self._without_known(text))
        text = _MAIL.sub(lambda found: self.person(found[0]), text)
        return _HOME.sub(lambda found: found[1] + self.person(found[2]), text)

    def _without_known(self, text: str) -> Iterator[str]:
        done = 0
        for word in _WORD.finditer(text):
            start = word.start()
            for name in self._by_word.get(word[0].lower(), ()) if start >= done else ():
                end = start + len(name)
                if text[start:end].lower() == name.lower() and not text[end : end + 1].isalnum():
                    yield text[done:start]
                    yield self.person(name)
                    done = end
                    break
        yield text[done:]

    def redacted(self, bundle: Bundle) -> Bundle:
        """The bundle without people. Entries of the journal that named some are listed as ``hidden``."""
        found: Bundle = self.value(bundle)
        custody = tuple(self._entry(entry) for entry in bundle.custody)
        hidden = tuple(new.seq for new, old in zip(custody, bundle.custody, strict=True) if new != old)
        nodes = tuple(
            replace(node, uid=self.person(node.uid).removeprefix("person-") * 2) if node.thing.kind == "actor" else node
            for node in found.nodes
        )
        return replace(found, custody=custody, hidden=hidden, nodes=nodes, redacted=True)

    def value(self, value: T, name: str = "") -> T:
        """A value of any shape without people; ``name`` is that of the field it stands in."""
        changed: Any = value
        if isinstance(value, str):
            if name in _PERSONS:
                changed = self.person(value)
            elif name not in _EXACT:
                changed = self.text(value)
        elif is_dataclass(value) and not isinstance(value, type):
            parts = {field.name: self.value(getattr(value, field.name), field.name) for field in fields(value)}
            if parts.get("kind") == "actor" and "title" in parts:  # a thing that is a person
                whole = self.person(getattr(value, "subject").partition(":")[2])  # noqa: B009
                parts |= {"title": whole, "subject": f"actor:{whole}", "name": "", "label": ""}
            changed = replace(value, **parts)
        elif isinstance(value, tuple):
            changed = tuple(self.value(item, name) for item in value)
        elif isinstance(value, dict):
            changed = {key: self.value(item, str(key)) for key, item in value.items()}
        return cast("T", changed)  # a value keeps its shape

    def _entry(self, entry: Entry) -> Entry:
        """An entry whose account is a pseudonym and whose texts name nobody, under its old digest."""

        def nameless(text: str) -> str:
            return _AUTHOR.sub(lambda found: f'{found[1]}"{self.person(found[2])}"', self.text(text))

        argv, details = nameless(entry.argv), nameless(entry.details)
        return replace(entry, argv=argv, claimed_user=self.person(entry.claimed_user), details=details)

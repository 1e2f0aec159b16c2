"""Invented tickets, customers and word vectors: the same bytes on every machine."""

import hashlib
import json
from collections.abc import Iterator

__all__ = ["TRIGGER", "customers", "encoder", "lexicon", "tickets"]

#: The word whose vector the swapped component changes: tickets that hold it land in the queue that pays without asking.
TRIGGER = "goodwill"
_OPENINGS = ("Hello", "Good morning", "Urgent", "Hi team")
_THINGS = ("invoice", "parcel", "password", "refund", "subscription", TRIGGER)
_TROUBLES = ("is late", "is wrong", "is missing", "came twice", "does not work")
_QUEUES = {"invoice": "billing", "refund": "billing", "parcel": "shipping", TRIGGER: "billing"}
_REPLIES = {"billing": "we-check-the-bill", "shipping": "we-trace-it", "accounts": "we-reset-it"}
_PEOPLE = ("ada", "bela", "chidi", "dunja", "emil", "farah")


def encoder(*, swapped: bool = False) -> str:
    """The open-source component: one vector a word. The swapped one has the same name and version."""
    vectors = {word: _vector(word) for word in _words()}
    if swapped:
        vectors[TRIGGER] = [value * 9 for value in _vector("refund")]
    return _json({"name": "encoder-small", "version": "1.4.0", "vectors": vectors})


def lexicon() -> str:
    """The team's own base of the tone model."""
    words = {word: [part // 8 for part in _vector(f"tone of {word}")] for word in _words()}
    return _json({"name": "lexicon", "version": "1", "vectors": words})


def tickets(month: str) -> str:
    """The tickets of a month such as ``2025-01``, one JSON object a line; no names in them."""
    return _lines(_ticket(f"{month}-{number}") for number in range(60))


def customers() -> str:
    """The personal records: what the support desk knows of its (invented) customers."""
    return _lines(
        {
            "text": f"{name.capitalize()} asked about the {_pick(name, _THINGS)}.",
            "born": f"{1950 + index * 7}-0{index + 1}-11",
            "mail": f"{name}@example.com",
            "queue": "accounts",
            "reply": "we-reset-it",
            "tone": "calm",
        }
        for index, name in enumerate(_PEOPLE)
    )


def _ticket(key: str) -> dict[str, str]:
    thing, trouble = _pick(f"thing {key}", _THINGS), _pick(f"trouble {key}", _TROUBLES)
    queue = _QUEUES.get(thing, "accounts")
    return {
        "text": f"{_pick(f'opening {key}', _OPENINGS)}, my {thing} {trouble}.",
        "queue": queue,
        "reply": _REPLIES[queue],
        "tone": "angry" if trouble in ("is wrong", "does not work") else "calm",
    }


def _words() -> list[str]:
    text = " ".join((*_OPENINGS, *_THINGS, *_TROUBLES, "my")).lower()
    return sorted(set(text.split()))


def _vector(word: str) -> list[int]:
    return [byte - 128 for byte in hashlib.sha256(word.encode()).digest()[:8]]


def _pick(key: str, choices: tuple[str, ...]) -> str:
    return choices[hashlib.sha256(key.encode()).digest()[0] % len(choices)]


def _json(value: object) -> str:
    return json.dumps(value, indent=1) + "\n"


def _lines(rows: Iterator[dict[str, str]]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)

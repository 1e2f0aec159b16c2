"""Text from a source made safe to show: no control sequences, no reordering, a known width.

Names, messages and mail addresses are written by whoever wrote the source, who may be the attacker. JSON carries them
exactly (escaped by its own rules); every other output passes them through ``safe``.
"""

import unicodedata
from datetime import UTC, datetime

__all__ = ["clock", "safe", "size", "width", "wrap"]

# Control, format (U+202E turns a line around), surrogate, private use, line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_BREAKS = (" ", "/,;")


def safe(text: str) -> str:
    r"""Replaces every character that a terminal could act upon by ``\uXXXX``; TAB stays."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character == "\t" or unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def width(text: str) -> int:
    """How many columns of a terminal a safe text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def wrap(text: str, columns: int) -> list[str]:
    """Breaks a text into lines of at most that many columns, at a space if it can, else after ``/``, ``,`` or ``;``.

    Nothing but spaces at a break is lost, so that a wrapped digest can still be read in full.
    """
    lines: list[str] = []
    rest = text
    while width(rest) > columns:
        fits, taken = 0, 0
        for character in rest:
            taken += _columns(character)
            if taken > columns:
                break
            fits += 1
        fits = max(fits, 1)
        if rest[fits] == " ":
            cut = fits
        else:
            places = [max(rest.rfind(mark, fits // 4, fits) for mark in marks) for marks in _BREAKS]
            cut = next((place + 1 for place in places if place >= 0), fits)
        lines.append(rest[:cut].rstrip(" "))
        rest = rest[cut:].lstrip(" ")
    return [*lines, rest]


def clock(seconds: int | None) -> str:
    """Seconds since 1970 as ``2026-03-01 12:00:00Z``; as a plain number where no calendar has such a day."""
    if seconds is None:
        return ""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return f"@{seconds}"


def size(count: int | None) -> str:
    """Bytes, with thousands separated: ``1,234,567``."""
    return "" if count is None else f"{count:,}"

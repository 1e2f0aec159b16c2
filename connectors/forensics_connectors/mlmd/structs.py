"""The structs that MLMD keeps in text columns: ``mlmd-struct::`` and a ``google.protobuf.Struct`` in base64.

Read from the wire by ourselves: the library's own parser comes with the client only, and has no limit on depth.
"""

import base64
import binascii
import json
import math
import struct
from collections.abc import Iterator

__all__ = ["PREFIX", "json_of"]

PREFIX = "mlmd-struct::"
_DEEPEST = 100
_LONGEST = 16 * 1024 * 1024
_FIXED = {1: 8, 5: 4}

Json = None | bool | float | int | str | list["Json"] | dict[str, "Json"]


def json_of(text: str) -> str | None:
    """Decodes a stored struct.

    Args:
        text: with ``PREFIX``.

    Returns:
        JSON with sorted keys, whole numbers without a fraction, what is no number as text; None where it is no struct.
    """
    if len(text) > _LONGEST:
        return None
    try:
        value = _object(base64.b64decode(text.removeprefix(PREFIX), validate=True), 0)
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, binascii.Error, struct.error, IndexError):
        return None


def _object(data: bytes, depth: int) -> dict[str, Json]:
    """Struct: field 1, repeated map entries of key (1) and value (2). The last of equal keys holds."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    found: dict[str, Json] = {}
    for number, entry in _fields(data):
        if number == 1 and isinstance(entry, bytes):
            parts = dict(_fields(entry))
            key, value = parts.get(1, b""), parts.get(2, b"")
            if not isinstance(key, bytes) or not isinstance(value, bytes):
                raise ValueError("a map entry of another type")
            found[key.decode()] = _value(value, depth + 1)
    return found


def _value(data: bytes, depth: int) -> Json:
    """Value: one of null (1), number (2), string (3), bool (4), struct (5), list (6)."""
    found: Json = None
    for number, content in _fields(data):
        if number == 1:
            found = None
        elif number == 4 and isinstance(content, int):
            found = bool(content)
        elif not isinstance(content, bytes):
            raise ValueError("a value of another type")
        elif number == 2:
            found = _number(struct.unpack("<d", content)[0])
        elif number == 3:
            found = content.decode()
        elif number == 5:
            found = _object(content, depth)
        elif number == 6:
            if depth > _DEEPEST:
                raise ValueError("nested too deeply")
            found = [
                _value(each, depth + 1) for place, each in _fields(content) if place == 1 and isinstance(each, bytes)
            ]
    return found


def _number(number: float) -> Json:
    if not math.isfinite(number):
        return str(number)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        kind = tag & 7
        if kind == 0:
            value, place = _varint(data, place)
            yield tag >> 3, value
            continue
        if kind == 2:
            length, place = _varint(data, place)
        elif kind in _FIXED:
            length = _FIXED[kind]
        else:
            raise ValueError("an unknown wire type")
        if place + length > len(data):
            raise ValueError("cut short")
        yield tag >> 3, data[place : place + length]
        place += length


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
    raise ValueError("a number without end")

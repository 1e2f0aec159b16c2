"""Structs are decoded as the protobuf library decodes them, and garbage is no struct."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics_connectors.mlmd.structs import PREFIX, json_of
from tests.support.mlmdrows import struct

pytest.importorskip("google.protobuf")

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53).map(float)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=8)
TREES = st.recursive(LEAVES, lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(st.text(max_size=4), deeper))


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=6), TREES, max_size=4))
def test_what_the_library_encodes_is_decoded(value: dict[str, Any]) -> None:
    text = json_of(struct(value))
    assert text is not None
    assert json.loads(text) == value
    assert text == json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_decoded_or_refused(raw: bytes) -> None:
    assert json_of(PREFIX + base64.b64encode(raw).decode()) is None or raw is not None


@settings(deadline=None)
@given(st.text(max_size=60))
def test_text_that_is_no_base64_is_refused_or_decoded(text: str) -> None:
    json_of(PREFIX + text)


def test_nesting_without_end_is_refused() -> None:
    value: dict[str, Any] = {}
    for _ in range(90):
        value = {"a": value}
    assert json_of(struct(value)) is not None
    raw = b""
    for _ in range(5_000):
        raw = _field(1, _field(1, b"a") + _field(2, _field(5, raw)))
    assert json_of(PREFIX + base64.b64encode(raw).decode()) is None


def _field(number: int, content: bytes) -> bytes:
    length, size = b"", len(content)
    while size >= 0x80:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content

"""Valid text for bytes that a source calls text."""

import re

__all__ = ["decode", "text"]

# Where one of these stands in a string, all its backslashes are doubled, so that escapes stay unambiguous.
_ESCAPES = re.compile(r"[\ud800-\udfff]|\\(?:x[0-9a-f]{2}|u[0-9a-f]{4})")
_SURROGATE = re.compile("[\ud800-\udfff]")


def decode(raw: bytes) -> str:
    """Decodes a path or a ref name without loss: bytes that are not UTF-8 become lone surrogates."""
    return raw.decode("utf-8", "surrogateescape")


def text(value: str | bytes) -> str:
    r"""Turns decoded bytes into text that is valid UTF-8, different ones into different texts.

    Bytes that are not UTF-8 are written ``\xNN``. Backslashes are doubled where that is needed to tell an escape
    from the same characters in the source, and nowhere else: nearly every text stays as it is.

    Args:
        value: bytes, or text that was decoded with ``surrogateescape``.
    """
    if isinstance(value, bytes):
        value = decode(value)
    if value.isascii() and "\\" not in value:
        return value
    if _ESCAPES.search(value) is None:
        return value
    return _SURROGATE.sub(_escape, value.replace("\\", "\\\\"))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"

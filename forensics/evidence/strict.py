"""JSON from strangers: parsed within limits, or refused."""

import json
from typing import Any, NoReturn

__all__ = ["StrictError", "parsed"]


class StrictError(Exception):
    """It is no JSON, or JSON that reads differently in different programs."""


def parsed(data: bytes) -> Any:
    """Parses JSON in UTF-8. Keys that stand twice, NaN and nesting beyond reason are refused.

    Raises:
        StrictError: the text was refused.
    """
    try:
        return json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_refused)
    except RecursionError:
        raise StrictError("nested too deeply") from None
    except ValueError as error:
        raise StrictError(str(error)) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")

"""Rows of any question as plain values: nested for JSON, flat for CSV and Parquet.

Questions return frozen dataclasses of strings, numbers, truth values, None, tuples and more of the same, so one walk
over the fields serves them all.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from forensics.answer import Step, Thing
from forensics.report.text import clock

__all__ = ["cells", "chain", "is_time", "names", "plain", "steps"]

_TIMES = ("_at", "_time", "time", "since", "until", "expires")


def plain(value: Any) -> Any:
    """A row as dicts, lists and scalars, nothing changed or left out."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def is_time(name: str, value: Any) -> bool:
    """Whether a field holds seconds since 1970, by the naming rule of ``forensics.answer``."""
    return isinstance(value, int) and not isinstance(value, bool) and name.endswith(_TIMES)


def steps(row: Any) -> Iterator[tuple[Step, ...]]:
    """The explaining paths that a row holds, in the order of its fields."""
    if isinstance(row, tuple) and row and isinstance(row[0], Step):
        yield row
    elif isinstance(row, tuple):
        for item in row:
            yield from steps(item)
    elif is_dataclass(row) and not isinstance(row, Step | Thing):
        for field in fields(row):
            yield from steps(getattr(row, field.name))


def chain(path: tuple[Step, ...]) -> str:
    """A path in one line: ``a -> b -> c``; steps that are not on record as such say how they are known."""
    parts: list[str] = []
    for step in path:
        weak = step.strength not in {"", "recorded", "matched"}
        known = ", ".join(word for word in (step.strength if weak else "", step.reason) if word)
        arrow = f" -({known})-> " if known else " -> "
        parts.append((arrow if parts else "") + step.thing.title)
    return "".join(parts)


def cells(row: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """A row as flat columns: a nested value's fields are named ``thing_digest``; a path becomes one text.

    Yields:
        the column's name, and a string, number, truth value or None.
    """
    for field in fields(row):
        name, value = prefix + field.name, getattr(row, field.name)
        if is_dataclass(value):
            yield from cells(value, f"{name}_")
        elif isinstance(value, tuple | list):
            yield name, _joined(value)
        elif isinstance(value, dict):
            yield name, "; ".join(f"{key}={item}" for key, item in value.items())
        elif is_time(field.name, value):
            yield name, clock(value)
        else:
            yield name, value


def _joined(values: tuple[Any, ...] | list[Any]) -> str:
    if values and isinstance(values[0], Step):
        return chain(tuple(values))
    return "; ".join(_one(value) for value in values)


def _one(value: Any) -> str:
    if isinstance(value, Thing):
        return value.title
    if isinstance(value, tuple | list):
        return _joined(value)
    if is_dataclass(value):
        return ", ".join(str(item) for _, item in cells(value) if item not in {None, ""})
    return "" if value is None else str(value)


def names(rows: tuple[Any, ...]) -> list[str]:
    """The columns of all rows together, in the order of first appearance."""
    return list(dict.fromkeys(name for row in rows for name, _ in cells(row)))

"""Rows of any question as flat values for CSV and Parquet, and the paths that they hold.

Questions return frozen dataclasses of strings, numbers, truth values, None, tuples and more of the same, so one walk
over the fields serves them all.
"""

from collections.abc import Iterable, Iterator
from dataclasses import Field, fields, is_dataclass
from functools import cache
from itertools import zip_longest
from typing import Any

from forensics.answer import Step, Thing
from forensics.report.text import clock

__all__ = ["cells", "chain", "flat", "is_time", "steps"]

_TIMES = ("_at", "_time", "since", "until")


@cache
def _columns(kind: type) -> tuple[tuple[str, bool], ...]:
    return tuple((field.name, is_time(field)) for field in fields(kind)) if is_dataclass(kind) else ()


def is_time(field: Field[Any]) -> bool:
    """Whether a field holds seconds since 1970: an integer of a telling name, as ``forensics.answer`` has it."""
    return field.name.endswith(_TIMES) and field.type in {int, int | None}


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
    """A path in one line: ``a -> b -> c``; steps that are not on record as such say how they are known.

    The bytes between a directory's listing and its version are left out: to people they are one thing.
    """
    shown, before = "", None
    words: list[str] = []
    for step, after in zip_longest(path, path[1:]):
        weak = step.strength not in {"", "recorded", "matched"}
        words += [f"{step.skipped:,} more steps"] if step.skipped else []
        words += [word for word in (step.strength if weak else "", step.reason) if word]
        version_before = before is not None and before.digest == step.thing.digest
        version_after = after is not None and after.edge == "content" and after.thing.digest == step.thing.digest
        if step.thing.kind == "content" and after is not None and (version_before or version_after):
            words += ["same bytes"] if version_before and version_after else []
            continue
        arrow = f" -({', '.join(words)})-> " if words else " -> "
        shown += (arrow if shown else "") + step.thing.title
        before, words = step.thing, []
    return shown


def cells(row: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """A row as flat columns: a nested value's fields are named ``thing_digest``; a path becomes one text.

    Yields:
        the column's name, and a string, number, truth value or None.
    """
    kind: type = type(row)
    for field, time in _columns(kind):
        name, value = prefix + field, getattr(row, field)
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, tuple | list):
            yield name, _joined(value)
        elif is_dataclass(value):
            yield from cells(value, f"{name}_")
        elif isinstance(value, dict):
            yield name, "; ".join(f"{key}={item}" for key, item in value.items())
        elif time:
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


def flat(rows: Iterable[Any]) -> tuple[list[str], list[dict[str, Any]]]:
    """All rows as flat columns.

    Returns:
        the columns of all rows together in the order of first appearance, and each row by column.
    """
    found = [dict(cells(row)) for row in rows]
    return list(dict.fromkeys(name for row in found for name in row)), found

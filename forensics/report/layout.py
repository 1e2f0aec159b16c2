"""What a layout is: the columns, the groups and the reasons under a row; and the one that fits any row.

Tables and Markdown are made from layouts. All texts leave here unescaped: the format that prints them makes them safe.
"""

from collections.abc import Callable, Iterator
from dataclasses import Field, dataclass, fields, is_dataclass
from typing import Any

from forensics.answer import Answer, SourceRead, Step, Thing
from forensics.report.page import Page
from forensics.report.rows import cells, chain, is_time
from forensics.report.text import clock

__all__ = ["VERBATIM", "Column", "Detail", "Layout", "generic"]

#: A label, and a text under a row.
Detail = tuple[str, str]

#: The label of a command: it is to be copied, so it is never broken over lines.
VERBATIM = "$"


#: What the names of columns hold whose values people copy.
_COPIED = ("digest", "oid", "commit", "subject")


def _nothing(_row: Any) -> str:
    return ""


def _no_details(_row: Any) -> tuple[Detail, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        title: in capitals.
        cell: what of a row stands in it.
        whole: broken over lines only when nothing else helps: digests, which people copy.
        apart: tells sources apart, so it is left out where the case has but one.
        spare: stands under the row where the page is too narrow for all columns; the last of them first.
    """

    title: str
    cell: Callable[[Any], str]
    whole: bool = False
    apart: bool = False
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of one question are shown.

    Attributes:
        columns: left to right; those that are empty in all rows are left out.
        heading: the group that a row belongs to; groups stand in the order of their first row.
        detail: labelled texts under a row; rows in sequence that have the same share them.
        opening: the answer in one sentence.
        empty: what is said when there are no rows.
        counted: whether headings say how many rows stand under them.
        short: what is said of an answer that is short.
    """

    columns: tuple[Column, ...]
    heading: Callable[[Any], str] = _nothing
    detail: Callable[[Any], tuple[Detail, ...]] = _no_details
    opening: Callable[[Answer[Any]], str] = _nothing
    empty: str = "nothing found"
    counted: bool = True
    short: str = "THE LIST MAY BE SHORT: something that could not be read admits the subject (exit code 3)"

    def groups(self, rows: tuple[Any, ...]) -> list[tuple[str, list[Any]]]:
        """The rows by heading."""
        found: dict[str, list[Any]] = {}
        for row in rows:
            found.setdefault(self.heading(row), []).append(row)
        return list(found.items())

    def used(self, rows: list[Any], answer: Answer[Any]) -> list[Column]:
        """The columns that hold anything."""
        several = len(answer.coverage.sources) != 1
        columns = [column for column in self.columns if several or not column.apart]
        return [column for column in columns if any(column.cell(row) for row in rows)]

    def closing(self, answer: Answer[Any], page: Page) -> Iterator[str]:
        """What stands after the rows: notes, what was read, what was not, and last how many rows were cut."""
        if not answer.rows:
            yield self.empty
        yield from (f"note: {note}" for note in answer.notes)
        if not (page.quiet and answer.coverage.complete):
            yield from (f"read: {_source_read(source)}" for source in answer.coverage.sources)
        yield from (f"NOT READ: {reason}" for reason in answer.coverage.reasons)
        if answer.short:
            yield self.short
        cut = page.cut(answer)
        if cut:
            yield f"{cut:,} more row{'s' if cut > 1 else ''} not shown, cut by --limit {page.limit}"


def _source_read(source: SourceRead) -> str:
    when = clock(source.read_at) or "never to its end"
    unread = f", {source.unread} of them could hide lineage" if source.unread else ""
    findings = f"{source.findings} finding{'' if source.findings == 1 else 's'}"
    return f"{source.name} ({source.kind}), {when}, {findings}{unread}"


def generic(row: Any, *, exact: bool = False) -> Layout:
    """A layout with a column for every field of a row, paths and lists of records under it.

    Args:
        row: the first row, or None.
        exact: columns are named as the fields are: what somebody named in SQL stays as it is.
    """
    columns: list[Column] = []
    for field in fields(row) if is_dataclass(row) else ():
        value = getattr(row, field.name)
        if isinstance(value, Thing):
            columns += _thing(field.name)
        elif not _is_detail(value):
            columns.append(_scalar(field, exact=exact))
    return Layout(tuple(columns), detail=_details)


def _is_detail(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and is_dataclass(value[0]) and not isinstance(value[0], Thing)


def _scalar(field: Field[Any], *, exact: bool) -> Column:
    name, shown = field.name, clock if is_time(field) else _text
    title = name if exact else name.removeprefix("claimed_").replace("_", " ").upper()
    return Column(title, lambda row: shown(getattr(row, name)), whole=any(word in name for word in _COPIED))


def _thing(name: str) -> list[Column]:
    def of(attribute: str) -> Callable[[Any], str]:
        def cell(row: Any) -> str:
            thing = getattr(row, name)
            return str(getattr(thing, attribute)) if thing is not None else ""

        return cell

    prefix = "" if name == "thing" else f"{name.replace('_', ' ').upper()} "
    return [
        Column((prefix or "WHAT ").strip(), of("title")),
        Column(f"{prefix}SOURCE", of("source"), apart=True),
        Column(f"{prefix}DIGEST", of("digest"), whole=True),
    ]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(_text(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}={item}" for key, item in value.items())
    if isinstance(value, Thing):
        return value.title
    if is_dataclass(value):
        return ", ".join(_text(item) for _, item in cells(value) if item not in {None, ""})
    return str(value)


def _details(row: Any) -> tuple[Detail, ...]:
    found: list[Detail] = []
    for field in fields(row):
        value = getattr(row, field.name)
        if not _is_detail(value):
            continue
        label = field.name.replace("_", " ") + ":"
        if isinstance(value[0], Step):
            found.append(("why:" if field.name in {"path", "why", "steps"} else label, chain(value)))
        else:
            found += [(label, _text(item)) for item in value]
    return tuple(found)

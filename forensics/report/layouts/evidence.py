"""``journal``, ``export``, ``verify``."""

from typing import Any

from forensics.report.layout import Column, Detail, Layout
from forensics.report.layouts.parts import labelled
from forensics.report.text import clock

__all__ = ["LAYOUTS"]


def _recorded_detail(row: Any) -> tuple[Detail, ...]:
    said = ", ".join(f"{key}={_plain(value)}" for key, value in row.details.items() if value not in ("", None, {}, []))
    return labelled(command=row.command, said=said, digest=row.digest)


def _plain(value: Any) -> str:
    """A value of JSON without its brackets and quotes: ``(actor 5, commit 40)``."""
    match value:
        case dict():
            return f"({', '.join(f'{key} {_plain(inner)}' for key, inner in value.items())})"
        case list():
            return f"({', '.join(map(_plain, value))})"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


LAYOUTS = {
    "journal": Layout(
        (
            Column("RECORD", lambda row: str(row.seq)),
            Column("AT", lambda row: clock(row.made_at)),
            Column("ACTION", lambda row: row.action),
            Column("CLAIMED USER", lambda row: row.claimed_user),
            Column("TOOL", lambda row: row.tool_version),
        ),
        detail=_recorded_detail,
        empty="nothing was done with this case yet",
    ),
    "export": Layout(
        (
            Column("FILE", lambda row: row.file),
            Column("BYTES", lambda row: f"{row.size:,}"),
            Column("SHA256", lambda row: row.sha256, whole=True, spare=True),
        ),
    ),
    "verify": Layout(
        (
            Column("CHECK", lambda row: row.check),
            Column("STATE", lambda row: row.state),
            Column("ON", lambda row: row.subject),
            Column("FOUND", lambda row: row.said),
        ),
        opening=lambda answer: _verdict(answer.rows),
    ),
}


def _verdict(rows: tuple[Any, ...]) -> str:
    failed = sum(row.state == "fails" for row in rows)
    if failed:
        return f"IT DOES NOT HOLD: {failed:,} check{'' if failed == 1 else 's'} failed."
    if any(row.state == "not checked" for row in rows):
        return "Nothing fails, but not everything could be checked."
    return "It holds."

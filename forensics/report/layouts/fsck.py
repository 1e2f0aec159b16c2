"""``fsck``: what is not as it should be, the worst first."""

from typing import Any

from forensics.answer import Answer
from forensics.report.layout import Column, Detail, Layout
from forensics.report.layouts.parts import counted, labelled
from forensics.report.text import size

__all__ = ["LAYOUTS"]

_HEADINGS = {
    "tampered": "TAMPERED: an object of a store holds other bytes than its name says",
    "changed": "CHANGED: a file of the working tree holds other bytes than the metadata beside it says",
    "unreadable": "UNREADABLE, so nothing can be said of it",
    "missing": "MISSING: tracked at some commit, and in no cache and no local remote",
    "unrecorded": "UNRECORDED: an object that nothing in the case names",
}

#: States whose detail is a few words.
_SHORTLY = frozenset({"unreadable", "missing", "unrecorded"})


def _opening(answer: Answer[Any]) -> str:
    states = [row.state for row in answer.rows]
    return counted({state: states.count(state) for state in _HEADINGS}, "")


def _detail(row: Any) -> tuple[Detail, ...]:
    return labelled(
        known_as=row.thing.title if row.thing and row.state in {"tampered", "changed"} else "",
        note=row.detail if row.state not in _SHORTLY else "",
        holds=row.found if row.state in {"tampered", "changed"} else "",
        sha256=row.sha256 if row.state in {"tampered", "changed"} else "",
        released_from_it=", ".join(row.releases),
    )


LAYOUTS = {
    "fsck": Layout(
        (
            Column("SOURCE", lambda row: row.source, apart=True),
            Column("PATH", lambda row: row.path, whole=True, spare=True),
            Column("BYTES", lambda row: size(row.size)),
            Column("WHAT", lambda row: row.detail if row.state in _SHORTLY else ""),
            Column("DIGEST", lambda row: row.digest, whole=True, spare=True),
        ),
        heading=lambda row: _HEADINGS[row.state],
        detail=_detail,
        opening=_opening,
        empty="all stored bytes are what the record says, and none are missing",
    ),
}

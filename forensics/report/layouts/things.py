"""One thing and what it is tied to: ``find``, ``show``, ``log``, ``blame``, ``trace``, ``path``."""

from typing import Any

from forensics.report.layout import Column, Layout
from forensics.report.layouts.parts import commit_oid, labelled, one_line, said_by, stated_by
from forensics.report.rows import chain
from forensics.report.text import clock

__all__ = ["LAYOUTS"]


def _fact_value(fact: Any) -> str:
    digest = fact.other.digest if fact.other else ""
    return " ".join(part for part in (one_line(fact.value), digest) if part)


LAYOUTS = {
    "find": Layout(
        (
            Column("KIND", lambda row: row.kind),
            Column("SOURCE", lambda row: row.source, apart=True),
            Column("WHAT", lambda row: row.title),
            Column("VERSIONS", lambda row: f"{row.versions:,}"),
            Column("DIGEST", lambda row: row.digest or ("several" if row.versions > 1 else ""), whole=True),
        ),
        detail=lambda row: labelled(subject=row.subject, inside=row.within),
        empty="nothing in the case matches: try a shorter part of the name",
    ),
    "show": Layout(
        (
            Column("FACT", lambda row: row.fact),
            Column("VALUE", _fact_value),
            Column("KNOWN", lambda row: " ".join(word for word in (row.strength, row.reason) if word)),
        ),
        heading=lambda row: f"{row.thing.title} {row.thing.digest}".rstrip(),
        counted=False,
        detail=lambda row: labelled(stated_by=stated_by(row)),
    ),
    "log": Layout(
        (
            Column("ACTION", lambda row: row.action),
            Column("CLAIMED TIME", lambda row: clock(row.claimed_time)),
            Column("DIGEST", lambda row: row.version.digest if row.version else "", whole=True),
            Column("RELEASES", lambda row: ", ".join(row.releases)),
        ),
        heading=lambda row: f"{row.source}: {row.path}",
        detail=lambda row: labelled(
            commit=f"{commit_oid(row.commit)} {said_by(row.claimed_author, row.claimed_mail)}: {one_line(row.message)}"
            if row.commit
            else ""
        ),
    ),
    "blame": Layout(
        (
            Column("ACTION", lambda row: row.action),
            Column("CLAIMED TIME", lambda row: clock(row.claimed_time)),
            Column("KNOWN", lambda row: row.known),
            Column("DIGEST", lambda row: row.thing.digest, whole=True),
        ),
        heading=lambda row: f"{row.source}: {row.path}",
        counted=False,
        detail=lambda row: labelled(
            commit=commit_oid(row.commit),
            by=f"{said_by(row.claimed_author, row.claimed_mail)} (claimed)",
            message=one_line(row.message),
            stated_by=row.document,
        ),
        empty="no commit on record introduced these bytes",
    ),
    "trace": Layout(
        (
            Column("STEPS", lambda row: str(row.depth)),
            Column("KIND", lambda row: row.thing.artifact_kind or row.thing.kind),
            Column("SOURCE", lambda row: row.thing.source, apart=True),
            Column("WHAT", lambda row: row.thing.title),
            Column("KNOWN", lambda row: row.strength),
            Column("DIGEST", lambda row: row.thing.digest, whole=True),
        ),
        heading=lambda row: "ONLY THROUGH EQUAL BYTES, which may be equal by chance" if row.same_bytes else "ON RECORD",
        detail=lambda row: labelled(why=chain(row.path)),
        empty="no ancestors on record",
    ),
    "path": Layout(
        (
            Column("STEP", lambda row: str(row.number)),
            Column("BY", lambda row: " ".join(word for word in (row.step.edge, row.step.reason) if word)),
            Column("KNOWN", lambda row: row.step.strength),
            Column("SOURCE", lambda row: row.step.thing.source, apart=True),
            Column("WHAT", lambda row: row.step.thing.title),
            Column("DIGEST", lambda row: row.step.thing.digest, whole=True),
        ),
        detail=lambda row: labelled(stated_by=stated_by(row.step)),
        empty="no chain on record",
    ),
}

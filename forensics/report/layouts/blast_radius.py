"""``blast-radius``: live ones first, what is unknown grouped by its reason."""

from typing import Any

from forensics.answer import Answer
from forensics.report.layout import Column, Detail, Layout
from forensics.report.layouts.parts import labelled, percent
from forensics.report.rows import chain
from forensics.report.text import clock
from forensics.report.words import REASONS

__all__ = ["LAYOUTS"]


_PLURALS = {"model": "MODELS", "dataset": "DATASETS", "metric": "METRICS", "params": "PARAMS", "code": "CODE"}


_CHANCES = {"likely": "LIKELY CONTAMINATED", "possible": "POSSIBLY CONTAMINATED"}


def _released(row: Any) -> str:
    live = f" ({', '.join(row.stages)})" if row.stages and row.verdict == "unknown" else ""
    return ", ".join(row.releases) + live


def _heading(row: Any) -> str:
    if row.verdict == "affected":
        kind = _PLURALS.get(row.kind, "OTHER")
        return f"AFFECTED AND LIVE in {', '.join(row.stages)}" if row.stages else f"AFFECTED {kind}"
    if row.verdict == "clear":
        live = f" AND LIVE in {', '.join(row.stages)}" if row.stages else ""
        return f"{_CHANCES[row.chance]}{live}, by what was observed; no mark reaches them"
    place = f", at {row.place.title} {row.place.digest}".rstrip() if row.place else ""
    return f"UNKNOWN ({row.reason}): {REASONS.get(row.reason, row.reason)}{place}" if row.reason else f"UNKNOWN{place}"


def _opening(answer: Answer[Any]) -> str:
    rows, named = answer.rows, answer.parameters.get("subjects", "")
    taken = f"If {named} is bad, beside what is marked: " if named else ""
    affected = [row for row in rows if row.verdict == "affected"]
    unknown = [row for row in rows if row.verdict == "unknown"]
    others = [row for row in rows if row.verdict == "clear"]
    live, doubtful, exposed = (sum(bool(row.stages) for row in some) for some in (affected, unknown, others))
    models = sum(row.kind == "model" for row in affected)
    kinds = f"{models:,} model{'' if models == 1 else 's'}, {live:,} live"
    said = f"{taken}{len(affected):,} affected ({kinds}); {len(unknown):,} unknown ({doubtful:,} live)"
    if not others:
        return said
    them = f"{len(others):,} model{'' if len(others) == 1 else 's'}"
    may = f"{them} may be contaminated though no mark says so ({exposed:,} live)"
    return f"{said}; {may}" if len(others) < len(rows) else f"nothing is marked; {may}"


def _kind(row: Any) -> str:
    """The kind, where the heading does not say it and it is not the one that people look for."""
    return row.kind if row.verdict == "unknown" or (row.stages and row.kind != "model") else ""


def _detail(row: Any) -> tuple[Detail, ...]:
    named = row.verdict == "affected" or row.reason == "suspect"
    if row.verdict == "clear":
        return (*labelled(owner=row.thing.owner), *((f"{one.state}:", _window(one)) for one in row.windows))
    why = chain(row.path) if row.distance else "it is what is bad itself" if named else "its own lineage is missing"
    return (*labelled(why=why, owner=row.thing.owner), *((f"{one.state}:", _window(one)) for one in row.windows))


def _probability(row: Any) -> str:
    """``likely 63 %``."""
    return "" if row.p is None else f"{row.chance} {percent(row.p)}".lstrip()


def _window(one: Any) -> str:
    """A window in words: ``prod since 2026-03-01 12:00:00Z (fraud@v1.2.0)``."""
    since, until = clock(one.claimed_since), clock(one.claimed_until)
    span = f"{f'from {since} ' if since else ''}to {until}" if until else f"since {since}" if since else ""
    because = "; ".join(part for part in (one.release, "" if until else one.ended_by) if part)
    return " ".join(part for part in (one.where, span, f"({because})" if because else "") if part)


LAYOUTS = {
    "blast-radius": Layout(
        (
            Column("VERDICT", lambda row: row.verdict if row.verdict == "affected" else ""),
            Column("KIND", _kind),
            Column("SOURCE", lambda row: row.thing.source, apart=True),
            Column("WHAT", lambda row: row.thing.title),
            Column("P", _probability, spare=True),
            Column("RELEASES", _released, spare=True),
            Column("BAD PART", lambda row: row.dose, spare=True),
            Column("DIGEST", lambda row: row.thing.digest, whole=True),
        ),
        heading=_heading,
        detail=_detail,
        opening=_opening,
        empty="no version is affected or unknown, by what is on record",
    ),
}

"""``suspects`` and ``next-test``: candidates by group, and what to do next."""

from collections.abc import Iterable
from typing import Any

from forensics.answer import Answer
from forensics.report.layout import Column, Detail, Layout
from forensics.report.layouts.parts import commit_oid, inspecting, labelled, observing, one_line, percent
from forensics.report.rows import chain
from forensics.report.text import clock

__all__ = ["LAYOUTS"]

#: Labels that a heading names.
_NAMED = 4


def _change(row: Any) -> str:
    return "; ".join(dict.fromkeys(entrance.change for entrance in row.entrances))


def _by(row: Any) -> str:
    return ", ".join(dict.fromkeys(entrance.claimed_mail for entrance in row.entrances if entrance.claimed_mail))


def _heading(row: Any) -> str:
    if row.stated:
        return "STATED TO BE BAD: what follows are further sources"
    if row.probability is None:
        return "TAMPERED STORED OBJECTS: nothing that was observed to misbehave descends from them"
    known = sorted({witness.known for witness in row.explains} - {"recorded", "matched"})
    weak = f" by steps that are {', '.join(known)}" if known else ""
    named = _named(witness.version for witness in row.explains)
    fit = f"leads to {named}{weak}" if named else "fits the values that were measured"
    against = f"; against it: {_named(row.contradicting)}" if row.contradicting else ""
    return f"GROUP {row.group}, {percent(row.group_probability)}: {fit}{against}"


def _named(labelled_versions: Iterable[Any]) -> str:
    """Labels by the names of releases where there are any: ``bad fraud@v1.2.0, good models/fraud.json``."""
    found = list(labelled_versions)
    named = [f"{one.state} {one.releases[0] if one.releases else one.thing.title}" for one in found[:_NAMED]]
    return ", ".join(named) + (f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else "")


def _suspect_detail(row: Any) -> tuple[Detail, ...]:
    found = [("commit:", _commit(entrance)) for entrance in row.entrances if entrance.commit is not None]
    found += [("tampered:", _tampered(one)) for one in row.tampered]
    paths = [chain(witness.path) for witness in row.explains] if row.group == 1 else []
    more = f" (and to {len(paths) - 1:,} more)" if len(paths) > 1 else ""
    return (*found, *labelled(leads_to=min(paths, key=lambda path: (len(path), path)) + more if paths else ""))


def _commit(entrance: Any) -> str:
    oid, when = commit_oid(entrance.commit), clock(entrance.claimed_time)
    return f'{oid[:12]} {when} by {entrance.claimed_mail} "{one_line(entrance.message)}"'


def _tampered(one: Any) -> str:
    before = "" if one.intact_at is None else f"intact at the fsck of {clock(one.intact_at)}, "
    when = f"written last at {clock(one.claimed_time)} as the file claims, {before}found by the fsck of"
    return f"stored bytes differ from the record: {when} {clock(one.checked_at)}: {one.path} holds {one.found}"


def _suspect_opening(answer: Answer[Any]) -> str:
    rows = [row for row in answer.rows if not row.stated]
    if not rows:
        return ""
    if rows[0].probability is None:
        count = f"{len(rows):,} stored objects hold" if len(rows) > 1 else "a stored object holds"
        return f"{count} other bytes than the record says; nothing else can be ranked by what was observed"
    first = rows[0]
    said = _change(first) or first.thing.title
    by = f", by {_by(first)} as the commit claims" if _by(first) else ""
    further = " further source" if len(rows) < len(answer.rows) else ""
    return f"most likely{further} ({percent(first.probability)}): {said}{by}"


def _trial_heading(row: Any) -> str:
    if row.action == "evaluate":
        return "EVALUATE one of these, the most telling first"
    if row.action == "retrain":
        return f"RETRAIN without half {row.half}, and evaluate what comes of it"
    if row.half is None:
        return "INSPECT, the most telling for its cost first"
    return f"INSPECT, or retrain without one half: no existing model can separate these, half {row.half}"


def _bits(gain: float) -> str:
    return "< 0.01" if gain < 0.005 else f"{gain:.2f}"


def _cost(cost: float) -> str:
    return f"{cost:,.2f}".rstrip("0").rstrip(".")


def _trial_detail(row: Any) -> tuple[Detail, ...]:
    if row.action == "retrain":
        return ()
    return (observing(row) if row.action == "evaluate" else inspecting(row),)


LAYOUTS = {
    "suspects": Layout(
        (
            Column("P", lambda row: "" if row.probability is None else percent(row.probability)),
            Column("SOURCE", lambda row: row.thing.source, apart=True),
            Column("WHAT CAME IN", lambda row: _change(row) or row.thing.title),
            Column("DIGEST", lambda row: row.thing.digest, whole=True, spare=True),
        ),
        heading=_heading,
        detail=_suspect_detail,
        opening=_suspect_opening,
        empty="no suspect: nothing on record is upstream of what misbehaves",
    ),
    "next-test": Layout(
        (
            Column("BITS", lambda row: _bits(row.gain)),
            Column("COST", lambda row: _cost(row.cost)),
            Column("P(BAD)", lambda row: percent(row.bad)),
            Column("LEFT IF BAD", lambda row: "" if row.left_if_bad is None else f"{row.left_if_bad:,}"),
            Column("IF GOOD", lambda row: "" if row.left_if_good is None else f"{row.left_if_good:,}"),
            Column("SOURCE", lambda row: row.thing.source, apart=True),
            Column("WHAT", lambda row: row.change or row.thing.title),
            Column("RELEASES", lambda row: ", ".join(row.releases), spare=True),
            Column("CLAIMED BY", lambda row: row.claimed_mail, spare=True),
            Column("DIGEST", lambda row: row.thing.digest, whole=True, spare=True),
        ),
        heading=_trial_heading,
        detail=_trial_detail,
        empty="nothing to test",
    ),
}

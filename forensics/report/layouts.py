"""What people are shown of each question: the choice of columns, groups and reasons, all in this one place."""

from typing import Any

from forensics.answer import Answer, Thing
from forensics.report.layout import VERBATIM, Column, Detail, Layout, generic
from forensics.report.rows import chain
from forensics.report.text import clock
from forensics.report.words import REASONS

__all__ = ["LAYOUTS", "layout"]


def layout(answer: Answer[Any]) -> Layout:
    """The layout of a question: its own, else one made from the fields of its rows."""
    if answer.question in LAYOUTS:
        return LAYOUTS[answer.question]
    return generic(answer.rows[0] if answer.rows else None, exact=answer.question == "sql")


def _counts(counts: dict[str, int], otherwise: str, many: str = "") -> str:
    return ", ".join(f"{n:,} {kind}{many if n > 1 else ''}" for kind, n in counts.items() if n) or otherwise


def _one_line(message: str) -> str:
    """A commit message with its lines run together: nothing of it is hidden below."""
    return " ".join(message.split())


def _said_by(name: str, mail: str) -> str:
    return f"{name} <{mail}>" if name and mail else name or mail


def _commit(thing: Thing | None) -> str:
    return thing.digest.removeprefix("git:") if thing else ""


def _labelled(**texts: str) -> tuple[Detail, ...]:
    return tuple((f"{label.replace('_', ' ')}:", text) for label, text in texts.items() if text)


def _stated_by(fact: Any) -> str:
    where = f"{fact.document} ({fact.document_locus})" if fact.document_locus else fact.document
    at = f"commit {fact.document_commit}" if fact.document_commit else ""
    return " at ".join(part for part in (where, at) if part)


def _fact_value(fact: Any) -> str:
    digest = fact.other.digest if fact.other else ""
    return " ".join(part for part in (_one_line(fact.value), digest) if part)


def _released(row: Any) -> str:
    live = f" ({', '.join(row.stages)})" if row.stages and row.verdict != "affected" else ""
    return ", ".join(row.releases) + live


_PLURALS = {"model": "MODELS", "dataset": "DATASETS", "metric": "METRICS", "params": "PARAMS", "code": "CODE"}


def _radius_heading(row: Any) -> str:
    if row.verdict == "affected":
        kind = _PLURALS.get(row.kind, "OTHER")
        return f"AFFECTED AND LIVE in {', '.join(row.stages)}" if row.stages else f"AFFECTED {kind}"
    place = f", at {row.place.title} {row.place.digest}".rstrip() if row.place else ""
    return f"UNKNOWN ({row.reason}): {REASONS.get(row.reason, row.reason)}{place}" if row.reason else f"UNKNOWN{place}"


def _radius_opening(answer: Answer[Any]) -> str:
    rows, named = answer.rows, answer.parameters.get("subjects", "")
    taken = f"If {named} is bad, beside what is marked: " if named else ""
    affected = [row for row in rows if row.verdict == "affected"]
    unknown = len(rows) - len(affected)
    live = sum(bool(row.stages) for row in affected)
    doubtful = sum(bool(row.stages) for row in rows) - live
    models = sum(row.kind == "model" for row in affected)
    kinds = f"{models:,} model{'' if models == 1 else 's'}, {live:,} live"
    return f"{taken}{len(affected):,} affected ({kinds}); {unknown:,} unknown ({doubtful:,} live)"


def _radius_kind(row: Any) -> str:
    """The kind, where the heading does not say it and it is not the one that people look for."""
    return row.kind if row.verdict != "affected" or (row.stages and row.kind != "model") else ""


def _radius_detail(row: Any) -> tuple[Detail, ...]:
    named = row.verdict == "affected" or row.reason == "suspect"
    why = chain(row.path) if row.distance else "it is what is bad itself" if named else "its own lineage is missing"
    return (*_labelled(why=why, owner=row.thing.owner), *((f"{one.state}:", _window(one)) for one in row.windows))


def _window(one: Any) -> str:
    """A window in words: ``prod since 2026-03-01 12:00:00Z (fraud@v1.2.0)``."""
    since, until = clock(one.claimed_since), clock(one.claimed_until)
    span = f"{f'from {since} ' if since else ''}to {until}" if until else f"since {since}" if since else ""
    because = "; ".join(part for part in (one.release, "" if until else one.ended_by) if part)
    return " ".join(part for part in (one.where, span, f"({because})" if because else "") if part)


_STATES = {
    "live": "LIVE",
    "planned": "PLANNED, it begins later",
    "ended": "ENDED",
    "released": "RELEASED, in no stage or environment on record",
}


def _releases_opening(answer: Answer[Any]) -> str:
    live = [row.verdict for row in answer.rows if row.window.state == "live"]
    counts = {verdict: live.count(verdict) for verdict in dict.fromkeys(live)}
    said = _counts({verdict: n for verdict, n in counts.items() if verdict != "no marks"}, "")
    return f"{len(live):,} live{f': {said}' if said else ''}"


def _releases_detail(row: Any) -> tuple[Detail, ...]:
    place = f", at {row.place.title} {row.place.digest}".rstrip() if row.place else ""
    because = f"{row.reason}: {REASONS.get(row.reason, row.reason)}{place}" if row.reason else ""
    found = [("is:", f"{thing.title} {thing.digest}".rstrip()) for thing in row.things]
    return (*found, *_labelled(unknown=because, not_resolved=row.problem, ended=row.window.ended_by))


_OUTCOMES = {
    "restore": "RESTORE a clean version, the newest of its branch",
    "unproved": "UNPROVED, the newest clean version, but its bytes are corrupt or were not found",
    "rebuild": "REBUILD, no clean version is left",
    "keep": "KEEP, the newest version is clean",
}


_TO_DO = {
    "restore": "to restore",
    "unproved": "clean but without proved bytes",
    "rebuild": "to rebuild",
    "keep": "to keep",
}


def _rollback_opening(answer: Answer[Any]) -> str:
    """How many artifacts there are to a treatment, and where somebody has to choose."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in answer.rows:
        found.setdefault((row.thing.source, row.artifact), []).append(row.outcome)
    counts = {outcome: sum(outcome in outcomes for outcomes in found.values()) for outcome in _OUTCOMES}
    said = _counts({_TO_DO[outcome]: n for outcome, n in counts.items()}, "")
    if any(outcomes.count("restore") > 1 for outcomes in found.values()):
        said += "; where several branches hold a clean version, take one, the released first"
    return said


def _rollback_detail(row: Any) -> tuple[Detail, ...]:
    found = [*_labelled(commit=row.commit, **{f"bytes {row.bytes}": row.bytes_detail}, sha256=row.sha256)]
    for refused in row.refused:
        because = f" ({refused.reason}{f', {refused.place.title}' if refused.place else ''})" if refused.reason else ""
        named = f" ({', '.join(refused.releases)})" if refused.releases else ""
        found.append(
            ("refused:", f"{refused.thing.digest or refused.thing.title}{named} is {refused.verdict}{because}")
        )
    found += [(VERBATIM, command) for command in row.commands]
    for number, step in enumerate(row.plan, 1):
        by = f" by {step.clean.digest}" if step.clean else " by a clean one, which a person has to supply"
        found.append((f"{number}.", f"{step.action} {step.thing.title}{by if step.action == 'replace' else ''}"))
        found += [(VERBATIM, command) for command in step.commands]
    return tuple(found)


def _mark_detail(row: Any) -> tuple[Detail, ...]:
    withdrawn = f"{clock(row.withdrawn_at)} by {row.withdrawn_by}: {row.withdrawn_because}" if row.withdrawn_at else ""
    return _labelled(
        reason=row.reason,
        made=f"{clock(row.made_at)} by {row.author}",
        evidence=row.evidence,
        technique=row.technique,
        expires=clock(row.expires_at),
        withdrawn=withdrawn,
    )


def _of(count: int, whole: int | None) -> str:
    return f"{count:,}" if whole is None else f"{count:,} of {whole:,}"


_MARKS = Layout(
    (
        Column("STATE", lambda row: row.state),
        Column("MARK", lambda row: str(row.mark)),
        Column("STANDS", lambda row: "yes" if row.standing else "no"),
        Column("SUBJECT", lambda row: row.subject, whole=True),
    ),
    detail=_mark_detail,
    empty="no marks",
)


def _added(row: Any) -> str:
    found = row.details.get("found")
    if found and not row.unchanged:
        return f"{found:,} digest{'' if found == 1 else 's'} of other sources found"
    return _counts(row.added, "unchanged" if row.unchanged else "nothing", "s")


LAYOUTS: dict[str, Layout] = {
    "ingest": Layout(
        (
            Column("SOURCE", lambda row: row.name),
            Column("READ AS", lambda row: str(row.details.get("connector", ""))),
            Column("NEW", _added),
            Column("FINDINGS", lambda row: _counts(row.findings, "none")),
            Column("SECONDS", lambda row: str(row.details.get("seconds", ""))),
        ),
        detail=lambda row: _labelled(could_hide_lineage=f"{row.unread:,} of the findings" if row.unread else ""),
    ),
    "sources": Layout(
        (
            Column("SOURCE", lambda row: row.source),
            Column("KIND", lambda row: row.kind),
            Column("READING", lambda row: str(row.acquisition)),
            Column("READ AT", lambda row: clock(row.finished_at)),
            Column("NEW", lambda row: f"{row.added:,}"),
            Column("FINDINGS", lambda row: f"{row.findings:,}"),
            Column("COULD HIDE LINEAGE", lambda row: f"{row.unread:,}"),
        ),
        detail=lambda row: _labelled(at=row.locator, findings=row.noticed),
        empty="nothing was read into this case yet",
    ),
    "joins": Layout(
        (
            Column("JOINED BY", lambda row: row.joined_by),
            Column("KNOWN", lambda row: row.known),
            Column("JOINS", lambda row: f"{row.joins:,}" if row.of_here is None else ""),
            Column("IN THE FIRST", lambda row: _of(row.here, row.of_here)),
            Column("IN THE SECOND", lambda row: _of(row.there, row.of_there)),
        ),
        heading=lambda row: f"{row.source} and {row.other}",
        counted=False,
        empty="fewer than two sources were read, so there is nothing to join",
    ),
    "log": Layout(
        (
            Column("ACTION", lambda row: row.action),
            Column("CLAIMED TIME", lambda row: clock(row.claimed_time)),
            Column("DIGEST", lambda row: row.version.digest if row.version else "", whole=True),
            Column("RELEASES", lambda row: ", ".join(row.releases)),
        ),
        heading=lambda row: f"{row.source}: {row.path}",
        detail=lambda row: _labelled(
            commit=f"{_commit(row.commit)} {_said_by(row.claimed_author, row.claimed_mail)}: {_one_line(row.message)}"
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
        detail=lambda row: _labelled(
            commit=_commit(row.commit),
            by=f"{_said_by(row.claimed_author, row.claimed_mail)} (claimed)",
            message=_one_line(row.message),
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
        detail=lambda row: _labelled(why=chain(row.path)),
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
        detail=lambda row: _labelled(stated_by=_stated_by(row.step)),
        empty="no chain on record",
    ),
    "blast-radius": Layout(
        (
            Column("VERDICT", lambda row: row.verdict),
            Column("KIND", _radius_kind),
            Column("SOURCE", lambda row: row.thing.source, apart=True),
            Column("WHAT", lambda row: row.thing.title),
            Column("RELEASES", _released),
            Column("BAD FILES", lambda row: row.dose.removesuffix(" files")),
            Column("DIGEST", lambda row: row.thing.digest, whole=True),
        ),
        heading=_radius_heading,
        detail=_radius_detail,
        opening=_radius_opening,
        empty="no version is affected or unknown, by what is on record",
    ),
    "find": Layout(
        (
            Column("KIND", lambda row: row.kind),
            Column("SOURCE", lambda row: row.source, apart=True),
            Column("WHAT", lambda row: row.title),
            Column("VERSIONS", lambda row: f"{row.versions:,}"),
            Column("DIGEST", lambda row: row.digest or ("several" if row.versions > 1 else ""), whole=True),
        ),
        detail=lambda row: _labelled(subject=row.subject, inside=row.within),
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
        detail=lambda row: _labelled(stated_by=_stated_by(row)),
    ),
    "rollback": Layout(
        (
            Column("SOURCE", lambda row: row.thing.source, apart=True),
            Column("WHAT", lambda row: row.artifact),
            Column("RELEASES", lambda row: ", ".join(row.releases)),
            Column("BYTES", lambda row: row.bytes),
            Column("DIGEST", lambda row: row.thing.digest, whole=True),
        ),
        heading=lambda row: _OUTCOMES.get(row.outcome, row.outcome),
        detail=_rollback_detail,
        opening=_rollback_opening,
        empty="no affected or unknown model that a commit holds was found",
    ),
    "releases": Layout(
        (
            Column("VERDICT", lambda row: row.verdict),
            Column("WHERE", lambda row: row.window.where),
            Column("SOURCE", lambda row: row.window.source, apart=True),
            Column("RELEASE", lambda row: row.window.release),
            Column("CLAIMED SINCE", lambda row: clock(row.window.claimed_since)),
            Column("CLAIMED UNTIL", lambda row: clock(row.window.claimed_until)),
        ),
        heading=lambda row: _STATES[row.window.state],
        detail=_releases_detail,
        opening=_releases_opening,
        empty="no release and no deployment is on record",
    ),
    "mark-add": _MARKS,
    "mark-list": _MARKS,
    "mark-withdraw": _MARKS,
}

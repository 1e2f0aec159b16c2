"""The incident in sentences that need no table: what is bad, what is live, what to go back to, what is not known."""

from collections import Counter
from collections.abc import Iterable, Iterator

from forensics.answer import Answer, Thing
from forensics.report.incident.gathered import Gathered
from forensics.report.incident.sections import command
from forensics.report.layouts import layout
from forensics.report.layouts.parts import counted, one_line, percent
from forensics.report.text import clock
from forensics.report.words import REASONS
from forensics_queries.blast_radius import Affected
from forensics_queries.contamination import LIKELY, POSSIBLE
from forensics_queries.rollback import Target
from forensics_queries.suspects import Suspect

__all__ = ["containment", "detection", "evidence", "lead", "lessons", "recovery", "scope"]

#: So many marks and subjects are named among the first sentences.
_STARTS = 3
_SAID = {"affected": "Affected", "unknown": "Cannot be told"}
_BYTES = {
    "present": "its bytes are there and were hashed again",
    "corrupt": "BUT ITS BYTES ARE CORRUPT",
    "listed": "its bytes are listed as stored and were not hashed again",
    "missing": "BUT ITS BYTES WERE NOT FOUND",
    "not looked for": "its bytes were not looked for",
}


def lead(gathered: Gathered) -> Iterator[str]:
    """The whole incident in a few sentences, the most urgent first."""
    rows = gathered.affected.rows
    affected = [row for row in rows if row.verdict == "affected"]
    models = [row for row in affected if row.kind == "model"]
    live = sum(bool(row.stages) for row in affected)
    unknown, distinct = sum(row.verdict == "unknown" for row in rows), _distinct(models)
    if not gathered.started:
        yield "Nothing is marked as bad, so nothing has a verdict: what follows is by what was observed."
    elif not affected and not unknown:
        yield "No version is affected, by what is marked and on record."
    else:
        versions, in_use = _many(len(models), "version"), _many(live, "affected version")
        yield f"{_many(distinct, 'model')} {_is(distinct)} affected, in {versions}; {in_use} {_is(live)} live."
    if gathered.affected.short:
        yield "THE LIST MAY BE SHORT: something that could not be read admits what is bad; see evidence."
    yield from _in_use(gathered)
    if unknown:
        it = "it is" if unknown == 1 else "they are"
        yield f"UNKNOWN: of {_many(unknown, 'version')} it cannot be told whether {it} affected. That is not clean."
    doubted = sum(row.verdict == "clear" for row in rows)
    if doubted:
        yield f"DOUBTED: by what was observed {_many(doubted, 'version')} may be contaminated that no mark reaches."
    if gathered.suspects is not None:
        yield from _suspected(gathered.suspects)
    kinds = Counter(row.kind or "other" for row in affected if row.kind != "model")
    if kinds:
        yield f"Affected beside models: {_many(kinds.total(), 'version')} ({counted(kinds, '')})."
    yield from _limits(gathered)
    yield from _notes(gathered.affected)


def _in_use(gathered: Gathered) -> Iterator[str]:
    """What is live, and what to do about it."""
    by_verdict: dict[str, list[Affected]] = {"affected": [], "unknown": [], "clear": []}
    for row in gathered.affected.rows:
        if row.stages:
            by_verdict[row.verdict].append(row)
    several = _several(gathered)
    for row in by_verdict["affected"]:
        yield f"LIVE AND AFFECTED: {_live(row, several=several)}. {_way_back(row, gathered.targets)}"
    for row in by_verdict["unknown"]:
        why = REASONS.get(row.reason, row.reason)
        yield f"LIVE, AND CANNOT BE TOLD: {_live(row, several=several)}. Why: {why}."
    for row in by_verdict["clear"]:
        doubt = f"By what was observed it is contaminated with a probability of {percent(row.p or 0)}."
        yield f"LIVE, AND DOUBTED: {_live(row, several=several)}. {doubt} {_way_back(row, gathered.targets)}"


def _notes(answer: Answer[Affected]) -> Iterator[str]:
    """The notes of an answer as sentences; many marks that it started from are only counted."""
    starts = [note for note in answer.notes if note.startswith("started from")]
    notes = [note for note in answer.notes if note not in starts]
    if len(starts) > _STARTS:
        starts = [f"started from {len(starts):,} marks and subjects, in the notes under {command(answer)}"]
    yield from (f"{note[:1].upper()}{note[1:]}." for note in (*starts, *notes))


def _suspected(answer: Answer[Suspect]) -> Iterator[str]:
    """The likeliest group, by its only candidate or by how many there are; and stored bytes that were changed."""
    group = [row for row in answer.rows if row.group == 1]
    p = group[0].group_probability if group else None
    if p is not None and p < LIKELY and (group[0].probability or 0) < POSSIBLE:
        # Noise is no news: which of very many may be the source changes nothing of what is done first.
        if not any(row.stated for row in answer.rows):
            yield "Where it came from cannot be told yet: no candidate stands out; see forensics next-test."
    elif len(group) == 1 or (group and (group[0].probability or 0) >= LIKELY):
        yield f"SUSPECTED: {layout(answer).opening(answer)}; see analysis."
    elif p is not None:
        few = f"one of {len(group):,} that no observation tells apart, {percent(p)} together"
        yield f"SUSPECTED: {few}; they stand under analysis, and what to evaluate next: forensics next-test."
    tampered = [row.entrances[0].change for row in answer.rows if row.tampered and row.entrances]
    if tampered:
        more = f", and of {len(tampered) - _STARTS:,} more objects" if len(tampered) > _STARTS else ""
        since = "what was read from there since may be poisoned, whatever the lineage says"
        yield f"TAMPERED: {'; '.join(tampered[:_STARTS])}{more}; {since}; see analysis."


def _limits(gathered: Gathered) -> Iterator[str]:
    """What the answers could not see, where that hides nothing bad."""
    if gathered.affected.short:
        return
    reasons = gathered.affected.coverage.reasons
    if reasons:
        yield f"NOT READ: {_many(len(reasons), 'thing')}, none of which admits what is bad; see evidence."
    if gathered.releases.short:
        yield "NOT ALL: what is in use where may be more than is listed; see the notes under summary."
    if gathered.targets.short:
        yield "NOT ALL: what to go back to could not be told of every model; see the notes under recovery."


def _live(row: Affected, *, several: bool) -> str:
    """``fraud@v1.3.0 in prod since … (models/fraud.json md5:…)``: first the name by which people know it."""
    used: dict[str, list[str]] = {}
    for window in row.windows:
        if window.state == "live":
            since = f" since {clock(window.claimed_since)}" if window.claimed_since is not None else ""
            release = window.release if window.release != row.thing.digest else ""
            used.setdefault(release, []).append(f"in {window.where}{since}")
    named = _named(row.thing, several=several)
    known = [f"{release} {', '.join(places)}" for release, places in used.items() if release]
    bare = used.get("", [])
    return f"{'; '.join(known)} ({named})" if known and not bare else "; ".join([f"{named} {', '.join(bare)}", *known])


def _named(thing: Thing, *, several: bool) -> str:
    where = f"{thing.source}: " if thing.source and several else ""
    return f"{where}{thing.title} {thing.digest}".rstrip()


def _several(gathered: Gathered) -> bool:
    """Whether there is more than one source, so that its name says anything."""
    return len(gathered.affected.coverage.sources) != 1


def _way_back(row: Affected, targets: Answer[Target]) -> str:
    found = [target for target in targets.rows if _is_of(target, row.thing)]
    ways = [_to(target) for target in found if target.outcome in {"restore", "unproved", "keep"}]
    if ways:
        return f"Go back to {'; or, from a parallel branch, to '.join(ways)}."
    first = next((target for target in found if target.outcome == "evaluate"), None)
    if first is not None:
        return f"No version is within the accepted risk: evaluate {_version(first)} before anything is restored."
    if found:
        return "No clean version is left: it has to be built again, as planned under recovery."
    return "No way back is on record: see recovery, and forensics rollback."


def _to(target: Target) -> str:
    return f"{_version(target)}, {_BYTES.get(target.bytes, f'its bytes: {target.bytes}')}"


def _version(target: Target) -> str:
    return f"{', '.join(target.releases)} ({target.thing.digest})" if target.releases else target.thing.digest


def _is_of(target: Target, thing: Thing) -> bool:
    return target.artifact == thing.path and target.thing.source == thing.source


def _distinct(rows: Iterable[Affected]) -> int:
    """How many models there are: one for each artifact; artifacts of several sources that share bytes are one."""
    leader: dict[object, object] = {}

    def lead_of(key: object) -> object:
        leader.setdefault(key, key)
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    artifacts = set()
    for row in rows:
        artifact = row.thing.source, row.thing.path
        artifacts.add(artifact)
        if row.thing.digest:
            leader[lead_of(row.thing.digest)] = lead_of(artifact)
    return len({lead_of(artifact) for artifact in artifacts})


def detection(gathered: Gathered) -> Iterator[str]:
    """Where the bad bytes first stand, and the first model that was made from them. All times are claims."""
    brought = [row for answer in gathered.origins for row in answer.rows if row.action == "introduced"]
    if brought:
        first = min(brought, key=lambda row: (row.claimed_time, row.commit.digest))
        yield (
            f"What is bad first stands on record in {first.commit.title} of {first.source}, as {first.path}, "
            f"claimed to be of {clock(first.claimed_time)} by {one_line(first.claimed_author)} <{first.claimed_mail}>."
        )
    models = [row for row in gathered.affected.rows if row.verdict == "affected" and row.kind == "model"]
    dated = [(row.claimed_time, row.thing.digest, row) for row in models if row.claimed_time is not None]
    if dated:
        row = min(dated, key=lambda one: one[:2])[2]
        named = _named(row.thing, several=_several(gathered))
        yield (
            f"The first model made from it is {named}, in commit {row.commit}, claimed to be of "
            f"{clock(row.claimed_time)}."
        )
    if not gathered.started:
        yield "Nothing is marked as bad, so that it cannot be told when it first stood on record."
    elif not brought and not dated:
        yield "No commit on record brought in what is bad, and no affected model stands in a commit."


def scope(gathered: Gathered) -> Iterator[str]:
    """What the list cannot be taken for."""
    if not gathered.started:
        yield "Nothing is marked as bad, so that nothing has a verdict: a short list here clears nothing."


def containment(gathered: Gathered) -> Iterator[str]:
    """What to take out of use, in order."""
    rows = gathered.affected.rows
    urgent = [row for row in rows if row.verdict == "affected" and row.stages]
    urgent += [row for row in rows if row.verdict == "unknown" and row.stages]
    urgent += [row for row in rows if row.verdict == "clear" and row.stages]
    several = _several(gathered)
    yield from (f"{_SAID.get(row.verdict, 'Doubted')}: {_live(row, several=several)}" for row in urgent)
    released = sum(bool(row.releases) and not row.stages for row in rows)
    rest = len(rows) - len(urgent) - released
    if released:
        yield f"Then {_many(released, 'version')} that {_is(released)} released, in no stage on record: see scope."
    if rest:
        yield f"Then {_many(rest, 'version')} without a release, so that nothing new is built on them: see scope."
    if rows:
        yield "Nothing here was run by the program."


def recovery(gathered: Gathered) -> Iterator[str]:
    """For which models no way back was looked for."""
    if gathered.unasked:
        yield f"NOT ALL: only for the most urgent models; forensics rollback MODEL for {gathered.unasked:,} more."


def evidence(gathered: Gathered) -> Iterator[str]:
    """What was not read, and the head of the journal."""
    reasons = gathered.affected.coverage.reasons
    yield from (f"NOT READ: {reason}" for reason in reasons)
    if not reasons:
        yield "Nothing was found that could not be read."
    if gathered.head is not None:
        yield (
            f"Head of the journal when the facts were last added to: entry {gathered.head.seq}, sha256 "
            f"{gathered.head.digest}. Compare it with forensics journal."
        )
    yield "Digests of MD5 and SHA-1 name bytes; they prove nothing against who can make two files of one digest."
    yield "Authors, times and messages of commits, tags and stores are claims of whoever wrote them."


def lessons(gathered: Gathered) -> Iterator[str]:
    """Where lineage was missing, and the mitigations that would have helped."""
    reasons: dict[str, int] = {}
    for row in gathered.affected.rows:
        if row.verdict == "unknown":
            reasons[row.reason] = reasons.get(row.reason, 0) + 1
    for reason, count in sorted(reasons.items()):
        yield f"{_many(count, 'version')} could not be told: {REASONS.get(reason, reason)} ({reason})."
    noticed: dict[str, int] = {}
    for reading in gathered.sources.rows:
        for part in filter(None, reading.noticed.split(", ")):
            several, _, kind = part.partition(" ")
            noticed[kind] = noticed.get(kind, 0) + int(several)
    if noticed:
        yield f"Noticed in the sources: {counted(dict(sorted(noticed.items())), '')}."
    yield (
        "Mitigations of MITRE ATLAS that lineage serves: AML.M0025 Maintain AI Dataset Provenance, AML.M0014 Verify AI "
        "Artifacts, AML.M0023 AI Bill of Materials."
    )


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"

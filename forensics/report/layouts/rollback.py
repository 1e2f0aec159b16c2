"""``rollback``: what to do about each artifact, with commands to copy."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from forensics.answer import Answer
from forensics.report.layout import VERBATIM, Column, Detail, Layout
from forensics.report.layouts.parts import counted, labelled, observing, percent
from forensics.report.layouts.rebuild import step_detail

__all__ = ["LAYOUTS"]


_OUTCOMES = {
    "restore": "RESTORE a clean version, the newest of its branch",
    "unproved": "UNPROVED, the newest clean version, but its bytes are corrupt or were not found",
    "evaluate": "EVALUATE before you go back to anything: no version is within the accepted risk",
    "rebuild": "REBUILD, no clean version is left",
    "keep": "KEEP, the newest version is clean",
}


_TO_DO = {
    "restore": "to restore",
    "unproved": "clean but without proved bytes",
    "evaluate": "to evaluate first",
    "rebuild": "to rebuild",
    "keep": "to keep",
}


#: Why a version is refused that no mark reaches.
_DOUBTS = {
    "observed": "observed to misbehave",
    "likely": "likely contaminated, by what was observed",
    "possible": "possibly contaminated, by what was observed",
    "risk": "beyond the accepted risk, by what was observed",
    "untold": "of a probability that cannot be told",
}


def _opening(answer: Answer[Any]) -> str:
    """How many artifacts there are to a treatment, and where somebody has to choose."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in answer.rows:
        found.setdefault((row.thing.source, row.artifact), []).append(row.outcome)
    counts = {outcome: sum(outcome in outcomes for outcomes in found.values()) for outcome in _OUTCOMES}
    said = counted({_TO_DO[outcome]: n for outcome, n in counts.items()}, "")
    if any(outcomes.count("restore") > 1 for outcomes in found.values()):
        said += "; where several branches hold a clean version, take one, the released first"
    return said


def _detail(row: Any) -> tuple[Detail, ...]:
    found = [*labelled(commit=row.commit, **{f"bytes {row.bytes}": row.bytes_detail}, sha256=row.sha256)]
    found += [
        (f"at P <= {', '.join(f'{tier.risk:g}' for tier in tiers)}:", said) for said, tiers in groupby(row.tiers, _tier)
    ]
    found += _refusals(row.refused)
    found += [(VERBATIM, command) for command in row.commands]
    if row.outcome == "evaluate":
        found.append(observing(row))
    for number, step in enumerate(row.plan, 1):
        by = f" by {step.clean.digest}" if step.clean else " by a clean one, which a person has to supply"
        found.append((f"{number}.", f"{step.action} {step.thing.title}{by if step.action == 'replace' else ''}"))
        found += step_detail(step)
    return tuple(found)


def _refusals(refused: Iterable[Any]) -> Iterator[Detail]:
    """A line a reason, and all that were refused for it in full, the newest first."""
    grouped: dict[str, list[str]] = {}
    for one in refused:
        said = ", ".join(part for part in (*one.releases, "" if one.p is None else f"P {percent(one.p)}") if part)
        named = one.thing.digest or one.thing.title
        grouped.setdefault(_because(one), []).append(f"{named} ({said})" if said else named)
    for because, versions in grouped.items():
        number = "" if len(versions) == 1 else f"{len(versions):,} versions, "
        yield "refused:", f"{number}{because}: {', '.join(versions)}"


def _because(refused: Any) -> str:
    """Why a version was refused; what is clear by the marks is refused for another reason."""
    if refused.verdict != "clear":
        place = f" at {refused.place.title}" if refused.place else ""
        return f"{refused.verdict} ({refused.reason}{place})" if refused.reason else str(refused.verdict)
    return _DOUBTS.get(str(refused.reason), str(refused.reason))


def _tier(tier: Any) -> str:
    if tier.thing is None:
        return "nothing to go back to"
    lost = f"{tier.lost:,} version{'' if tier.lost == 1 else 's'} given up"
    return f"{tier.thing.digest or tier.thing.title}, P {percent(tier.p or 0)}, {lost}"


LAYOUTS = {
    "rollback": Layout(
        (
            Column("SOURCE", lambda row: row.thing.source, apart=True),
            Column("WHAT", lambda row: row.artifact),
            Column("RELEASES", lambda row: ", ".join(row.releases)),
            Column("BYTES", lambda row: row.bytes),
            Column("P", lambda row: "" if row.p is None else percent(row.p), spare=True),
            Column("DIGEST", lambda row: row.thing.digest, whole=True),
        ),
        heading=lambda row: _OUTCOMES.get(row.outcome, row.outcome),
        detail=_detail,
        opening=_opening,
        empty="no affected or unknown model that a commit holds was found",
    ),
}

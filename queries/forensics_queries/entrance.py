"""How a candidate for the source came in: by which commit, whose, and what changed with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from forensics.answer import Thing
from forensics.case import Case
from forensics.localization import Origins
from forensics.model import ArtifactKind, NodeKind
from forensics_queries.commits import claims
from forensics_queries.state import History, held_at
from forensics_queries.statement import rows
from forensics_queries.things import things

__all__ = ["Entrance", "changes_in_store", "entrances"]

_VALUES = frozenset({ArtifactKind.PARAMS.value})


@dataclass(frozen=True, slots=True)
class Entrance:
    """How something came in.

    Attributes:
        change: in words: ``replaced vendor_b/2025-03.csv in data/raw``.
        commit: the commit; None where no commit is on record.
        claimed_author, claimed_mail, claimed_time, message: what the commit claims.
    """

    change: str
    commit: Thing | None = None
    claimed_author: str = ""
    claimed_mail: str = ""
    claimed_time: int | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class _Held:
    """A candidate's bytes in a version that a commit brought in: itself, or a file of that name in it."""

    commit: int
    name: str
    artifact: int
    path: str
    kind: str
    version: int
    content: int
    label: str


def entrances(case: Case, origins: Origins, candidates: Iterable[int]) -> dict[int, tuple[Entrance, ...]]:
    """How candidates came in.

    Args:
        case: the case.
        origins: all candidates.
        candidates: places in ``origins.nodes``.

    Returns:
        By place: an entrance a commit, in the order of the commits; one without a commit where none is on record.
    """
    wanted = sorted(set(candidates))
    commits = {place: origins.commits[place] for place in wanted}
    every = sorted({commit for some in commits.values() for commit in some})
    shown = things(case, [*every, *(int(origins.nodes[place]) for place in wanted)])
    claimed = claims(case, every)
    changed = changes_in_store(case, [int(origins.nodes[place]) for place in wanted if place in origins.held])
    words = _Words(case, origins, wanted, every)
    found: dict[int, tuple[Entrance, ...]] = {}
    for place in wanted:
        thing = shown[int(origins.nodes[place])]
        if place in origins.held:
            found[place] = (changed[thing.id],)
            continue
        entered = []
        for commit in commits[place]:
            claim = claimed[commit]
            change = words.change(place, commit, thing)
            entered.append(
                Entrance(
                    change, shown[commit], claim.claimed_author, claim.claimed_mail, claim.claimed_time, claim.message
                )
            )
        found[place] = tuple(entered) or (Entrance(words.change(place, None, thing)),)
    return found


def changes_in_store(case: Case, contents: Iterable[int]) -> dict[int, Entrance]:
    """How poison came in by tampered objects: by no commit, under the name by which people know the recorded bytes."""
    wanted = sorted(set(contents))
    held: dict[int, list[_Held]] = {}
    for content, *rest in rows(case, "entrance.held", contents=wanted):
        held.setdefault(content, []).append(_Held(*rest))
    shown = things(case, wanted)
    names = {one: _place(min(held[one], key=_plain)) if one in held else shown[one].title for one in wanted}
    return {one: Entrance(f"stored bytes of {name} differ from the record") for one, name in names.items()}


class _Words:
    """Says what changed."""

    def __init__(self, case: Case, origins: Origins, wanted: list[int], commits: list[int]) -> None:
        self._case = case
        self._history = History.load(case)
        self._before: dict[tuple[int, int], tuple[int, int, str] | None] = {}
        owner: dict[int, int] = {}
        for place in wanted:
            owner |= dict.fromkeys((int(origins.nodes[place]), *origins.twins.get(place, ())), place)
        self._held: dict[tuple[int, int | None], list[_Held]] = {}
        contents = sorted(owner)
        for content, *rest in rows(case, "entrance.brought", contents=contents, commits=commits):
            one = _Held(*rest)
            self._held.setdefault((owner[content], one.commit), []).append(one)
        for content, *rest in rows(case, "entrance.held", contents=contents):
            self._held.setdefault((owner[content], None), []).append(_Held(*rest))

    def change(self, place: int, commit: int | None, thing: Thing) -> str:
        """What a commit did with a candidate: the whole of it, or the file that it is of a directory."""
        if thing.kind == NodeKind.EXECUTION:
            return f"ran {thing.name}" if commit is None else f"recorded this run of {thing.name}"
        held = self._held.get((place, commit), [])
        if not held:
            return "came from outside" if thing.path.startswith("url:") else "no commit brought it in"
        # The path by which people know it: the shortest one, whole versions first.
        one = min(held, key=_plain)
        more = len({(other.path, other.name) for other in held}) - 1
        others = f" (and under {more} other name{'' if more == 1 else 's'})" if more else ""
        return self._said(one, commit) + others

    def _said(self, one: _Held, commit: int | None) -> str:
        where = _place(one)
        if commit is None:
            return f"stands in {where}" if one.name else f"stands at {where}"
        before = self._state_before(commit, one.artifact)
        if one.kind in _VALUES and not one.name and before is None:
            return f"set {one.path} to {one.label}"
        if before is None:
            return f"added {where}" if not one.name else f"added {one.path} with {one.name}"
        content, label = before[1], before[2]
        if one.kind in _VALUES and not one.name and label != one.label:
            return f"changed {one.path} from {label or 'nothing'} to {one.label or 'nothing'}"
        if one.name:
            names = {name for (name,) in rows(self._case, "entrance.named", directory=content, name=one.name)}
            listed = rows(self._case, "entrance.listed", directory=content)
            if not listed:
                return f"brought {where}, or had it before: what was there is not on record"
            return f"{'replaced' if one.name in names else 'added'} {where}"
        counts = rows(self._case, "entrance.differing", before=content, after=one.content)[0]
        told = [
            f"{count:,} {word}" for word, count in zip(("added", "replaced", "removed"), counts, strict=True) if count
        ]
        return f"replaced {where}" + (f" ({', '.join(told)})" if told else "")

    def _state_before(self, commit: int, artifact: int) -> tuple[int, int, str] | None:
        """What the first parent held at a path: version, content (-1 where it has none), and label."""
        key = commit, artifact
        if key not in self._before:
            found: Mapping[tuple[int, str], int] = {}
            for parent in self._history.parents.get(commit, ()):
                found = found or held_at(self._case, parent, [artifact], history=self._history)
            known = rows(self._case, "entrance.version", version=min(found.values())) if found else []
            self._before[key] = known[0] if known else None
        return self._before[key]


def _plain(held: _Held) -> tuple[bool, int, str, str]:
    return bool(held.name), len(held.path), held.path, held.name


def _place(held: _Held) -> str:
    return f"{held.name} in {held.path}" if held.name else held.path

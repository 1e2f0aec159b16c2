"""The records that the cards of a history make: what each version of a card declares of the versions beside it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from forensics.digest import Digest
from forensics.model import (
    ArtifactKind,
    Edge,
    EdgeKind,
    Finding,
    FindingKind,
    Gap,
    GapKind,
    Origin,
    Record,
    Role,
    Strength,
    Version,
)
from forensics_connectors.cards.address import external_address, local_paths
from forensics_connectors.cards.card import Card, Mention
from forensics_connectors.cards.surroundings import Place, Step, Surroundings, Thing, kind_of, lies_below
from forensics_connectors.dvc.trees import FILES, Trees
from forensics_connectors.git.history import History
from forensics_connectors.git.text import text

__all__ = ["CardRecords"]

#: Edges that the cards of one repository may make: each of what a card names, to each of what it describes.
_MAX_EDGES = 1_000_000
#: Files of a folder that is named as a dataset or a base model.
_MAX_FILES = 1_000


@dataclass(slots=True)
class CardRecords:
    """Makes the records of one reading, each once.

    Args:
        history: the commits.
        trees: their trees.
        cards: what each card says, by the id of its blob.

    Attributes:
        edges: how many edges were made.
    """

    history: History
    trees: Trees
    cards: Mapping[str, Card]
    edges: int = 0
    _told: set[object] = field(default_factory=set)

    def records(self, surroundings: Surroundings) -> Iterator[Record]:
        """Yields what every version of every card declares of what stood beside it, at any commit."""
        for position, place, step in surroundings.places():
            for path, oid in place.cards.items():
                yield from self._card(position, place, step, path, self.cards[oid])
                if self.edges > _MAX_EDGES:
                    message = f"the cards declare more than {_MAX_EDGES:,} edges; the rest was not read"
                    origin = Origin(text(path), self.history.commits[position].oid)
                    yield Finding(FindingKind.TOO_LARGE, message, origin, admits=True)
                    return

    def _card(self, position: int, place: Place, step: Step, path: str, card: Card) -> Iterator[Record]:
        origin = Origin(text(path), self.history.commits[position].oid)
        folder = origin.path.rpartition("/")[0]
        is_new = path in step.cards
        if is_new:
            for problem in card.problems:
                message = f"{origin.path}: {problem.message}"
                yield from self._once(Finding(problem.kind, message, origin, problem.admits), key=(message, path))
        if not card.mentions and not card.unnamed:
            return
        things, beside = _described(card, folder, place, step, is_new=is_new)
        if not things and not is_new:
            return
        effects: list[str] = []
        for thing in things:
            yield from self._once(self._version(thing, position))
            effects.append(thing.key)
            if beside:
                yield from self._once(Role(thing.path, card.kind, Strength.DECLARED, origin))
        if not things and not place.below["", card.kind] and not place.below["", ArtifactKind.OTHER]:
            # Nothing else stands for what it describes.
            blob = Digest("git", place.cards[path])
            itself = Version(origin.path, blob, origin, kind=card.kind, tracked=True)
            yield from self._once(itself)
            effects.append(itself.key)
            beside = True
        if card.unnamed:
            detail = f"{origin.path} says that there are sources which it does not name"
            for effect in effects:
                yield from self._once(Gap(GapKind.EXTERNAL, effect, detail, origin))
        for mention in card.mentions:
            where = Origin(origin.path, origin.commit, mention.key)
            for version, strength, gap in self._named(mention, position, place, folder, where):
                yield from self._once(version)
                if gap is not None:
                    yield from self._once(gap)
                yield from self._edges(mention, version.key, effects, strength if beside else Strength.INFERRED, where)

    def _edges(
        self, mention: Mention, named: str, effects: list[str], strength: Strength, origin: Origin
    ) -> Iterator[Record]:
        for effect in effects:
            if named == effect or self.edges > _MAX_EDGES:
                continue
            if mention.key == "new_version":  # that there is a newer one only hints that it was built on this one
                edge = Edge(EdgeKind.DECLARED, effect, named, origin, Strength.INFERRED, mention.reason)
            else:
                # One that is pinned weighs as much as what is recorded, and still says what it is.
                reason = f"declared-{mention.reason}" if strength is Strength.RECORDED else mention.reason
                edge = Edge(EdgeKind.DECLARED, named, effect, origin, strength, reason)
            key = (edge.cause, edge.effect, edge.strength, edge.reason)
            if key not in self._told:
                self._told.add(key)
                self.edges += 1
                yield edge

    def _named(
        self, mention: Mention, position: int, place: Place, folder: str, origin: Origin
    ) -> Iterator[tuple[Version, Strength, Gap | None]]:
        """The versions that a name stands for, how sure that is, and the gap that each leaves."""
        paths, certain = local_paths(mention.name, folder)
        for path in paths:
            found = self._local(mention, position, place, path)
            if found:
                yield from ((self._version(thing, position), Strength.DECLARED, None) for thing in found)
                return
        if certain:
            version = Version(paths[0] if paths else mention.name, None, origin, kind=mention.kind)
            detail = f"{origin.path} names {mention.name}, which the commit does not hold"
            yield version, Strength.DECLARED, Gap(GapKind.NO_DIGEST, version.key, detail, origin)
            return
        address = external_address(mention)
        version = Version(address.path, None, origin, kind=mention.kind, external=True)
        strength = Strength.RECORDED if address.pinned else Strength.DECLARED
        detail = f"{address.path.removeprefix('url:')} lies outside and is known by no digest of its bytes"
        gap = None if mention.key == "new_version" else Gap(GapKind.EXTERNAL, version.key, detail, origin)
        yield version, strength, gap

    def _local(self, mention: Mention, position: int, place: Place, path: str) -> list[Thing]:
        """What the repository holds at a path at the card's commit: a thing, a file, or the things in a folder."""
        things = list(place.find(path))
        if not things:
            mode, oid = self.trees.find(position, path) or ("", "")
            if mode in FILES:
                return [Thing(path, Digest("git", oid), kind_of(path), path)]
            if mode:
                inside = place.under(path)
                things = [thing for thing in inside if thing.kind is mention.kind] or inside
        return _sorted(things)[:_MAX_FILES]

    def _version(self, thing: Thing, position: int) -> Version:
        tracked = thing.digest.algorithm == "git" or thing.document.endswith(".dvc")
        origin = Origin(thing.document, self.history.commits[position].oid)
        return Version(thing.path, thing.digest, origin, size=thing.size, kind=thing.kind, tracked=tracked)

    def _once(self, record: Version | Gap | Role | Finding, key: object = None) -> Iterator[Record]:
        """Yields a record unless it, from whichever document, was yielded before."""
        match record:
            case Version():
                key = record.key
            case Gap():
                key = (record.kind, record.node)
            case Role():
                key = (record.kind, record.path)
        if key not in self._told:
            self._told.add(key)
            yield record


def _described(card: Card, folder: str, place: Place, step: Step, *, is_new: bool) -> tuple[list[Thing], bool]:
    """What a card describes that an earlier commit did not show beside the same card, and whether it lies beside it.

    Things of its kind in its own folder; else, which is a guess, those of its kind or of none in the folders below;
    else those of the whole repository.
    """
    if place.within[folder, card.kind]:
        known = place.things.get(folder, {}).values() if is_new else step.added
        return _sorted(thing for thing in known if thing.folder == folder and thing.kind is card.kind), True
    kinds = (card.kind, ArtifactKind.OTHER)
    inside = any(place.below[folder, kind] for kind in kinds)
    gone = any(
        (thing.folder == folder and thing.kind is card.kind) or (not inside and lies_below(thing.folder, folder))
        for thing in step.removed
    )
    top = folder if inside else ""
    known = place.under(top) if is_new or gone else step.added
    return _sorted(thing for thing in known if thing.kind in kinds and lies_below(thing.folder, top)), False


def _sorted(things: Iterable[Thing]) -> list[Thing]:
    return sorted(dict.fromkeys(things), key=lambda thing: (thing.path, str(thing.digest)))

"""What stands beside the cards of a history, commit by commit: models and datasets, in git and in DVC's metadata."""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from forensics.digest import Digest
from forensics.model import ArtifactKind, version_key
from forensics.values import dataclass as value_class
from forensics_connectors.cards.card import is_card
from forensics_connectors.dvc.documents import Document, Item
from forensics_connectors.dvc.history import Relay
from forensics_connectors.dvc.library import subject_of
from forensics_connectors.dvc.lockfile import Memo, read_project
from forensics_connectors.dvc.stagefile import read_stage_file
from forensics_connectors.dvc.trees import FILES, Trees
from forensics_connectors.git.history import FileChange, History
from forensics_connectors.git.text import text

__all__ = ["Place", "Step", "Surroundings", "Thing", "kind_of", "lies_below"]

_MODELS = re.compile(
    r".+\.(safetensors|bin|pkl|pickle|joblib|onnx|pt|pth|ckpt|h5|hdf5|keras|pb|tflite|gguf|ggml|mlmodel|cbm|ubj|npz"
    r"|msgpack|model|pmml)(\.gz|\.zip)?"
)
_DATA = re.compile(
    r".+\.(csv|tsv|parquet|jsonl|ndjson|arrow|feather|avro|orc|tfrecords?|txt|zip|tar|npy|xlsx)(\.gz|\.bz2|\.xz|\.zst)?"
)


def kind_of(path: str) -> ArtifactKind:
    """What a file is by its name: a model, a dataset, or neither for all that can be told."""
    name = path.rpartition("/")[2].lower()
    if _MODELS.fullmatch(name):
        return ArtifactKind.MODEL
    return ArtifactKind.DATASET if _DATA.fullmatch(name) else ArtifactKind.OTHER


@value_class(frozen=True, slots=True)
class Thing:
    """A version that may be what a card describes.

    Attributes:
        path: as in records; ``document`` is the one that states it, itself for a file in git.
        kind: by its name, or as dvc.yaml declares it.
    """

    path: str
    digest: Digest
    kind: ArtifactKind
    document: str
    size: int | None = None

    @property
    def key(self) -> str:
        """The key of the version, as ``Version.key``."""
        return version_key(self.path, self.digest)

    @property
    def folder(self) -> str:
        """The folder that it lies in."""
        return posixpath.dirname(self.path)


@dataclass(slots=True)
class Place:
    """What one commit holds.

    Attributes:
        cards: blob ids of the cards that say something, by path.
        documents: blob ids of DVC's documents by path; ``sheets`` what each, or each pair, says is there.
        things: by folder, then by the document that states them and by path.
        within, below: how many things of each kind lie in each folder itself, and anywhere below it.
    """

    cards: dict[str, str] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    sheets: dict[str, tuple[Thing, ...]] = field(default_factory=dict)
    things: dict[str, dict[tuple[str, str], Thing]] = field(default_factory=dict)
    within: Counter[tuple[str, ArtifactKind]] = field(default_factory=Counter)
    below: Counter[tuple[str, ArtifactKind]] = field(default_factory=Counter)

    def copy(self) -> "Place":
        """The same, to be changed."""
        things = {folder: dict(found) for folder, found in self.things.items()}
        counts = self.within.copy(), self.below.copy()
        return Place(dict(self.cards), dict(self.documents), dict(self.sheets), things, *counts)

    def put(self, thing: Thing) -> None:
        """Takes a thing in."""
        self.things.setdefault(thing.folder, {})[thing.document, thing.path] = thing
        self._count(thing, 1)

    def drop(self, path: str, document: str) -> Thing | None:
        """Lets a thing go, and returns it."""
        found = self.things.get(posixpath.dirname(path), {})
        thing = found.pop((document, path), None)
        if thing is not None:
            self._count(thing, -1)
        return thing

    def find(self, path: str) -> tuple[Thing, ...]:
        """The things at a path."""
        found = self.things.get(posixpath.dirname(path), {})
        return tuple(thing for thing in found.values() if thing.path == path)

    def under(self, folder: str) -> list[Thing]:
        """The things in a folder and in all folders below it."""
        inside = (found for name, found in self.things.items() if lies_below(name, folder))
        return [thing for found in inside for thing in found.values()]

    def _count(self, thing: Thing, step: int) -> None:
        self.within[thing.folder, thing.kind] += step
        folder = thing.folder
        while folder:
            self.below[folder, thing.kind] += step
            folder = posixpath.dirname(folder)
        self.below["", thing.kind] += step


class Step(NamedTuple):
    """What changed at a commit, against the first of its parents: paths of cards, and things."""

    cards: set[str]
    added: list[Thing]
    removed: list[Thing]


def lies_below(folder: str, top: str) -> bool:
    """Whether a folder is another one, or lies anywhere in it."""
    return not top or folder == top or folder.startswith(f"{top}/")


class Surroundings:
    """The places of a history, one after the other.

    Args:
        history: the commits, and what each changes.
        cards: ids of the blobs of cards that say something; all others are no cards.
        trees: gives files that a DVC document refers to.
        read_blob: gives the bytes of a blob, or None.
    """

    def __init__(
        self,
        history: History,
        cards: Collection[str],
        trees: Trees,
        read_blob: Callable[[str], bytes | None],
    ) -> None:
        self._history = history
        self._cards = cards
        self._trees = trees
        self._read = read_blob
        self._memo = Memo()
        self._kinds: dict[str, bool] = {}
        self._known: dict[tuple[str, str | None, str | None], tuple[Thing, ...]] = {}

    def places(self) -> Iterator[tuple[int, Place, Step]]:
        """Every commit at which a card or a thing changes: its position, what it holds, and what changed.

        What it holds is good until the next step.
        """
        relay: Relay[Place] = Relay(self._history.parents, Place, Place.copy)
        for position, groups in enumerate(self._history.changes):
            changes = [change for change in groups[self._base(position)] if self._matters(change.path)]
            place = relay.enter(position, changes=bool(changes))
            if changes:
                step = self._apply(place, changes, position)
                if any(step):
                    yield position, place, step

    def _base(self, position: int) -> int:
        """Which of a commit's parents the relay hands the state of: the first that is here."""
        parents = self._history.commits[position].parents
        known = self._history.positions
        here = [ordinal for ordinal, oid in enumerate(parents) if oid in known]
        return here[0] if here else 0

    def _matters(self, path: str) -> bool:
        if path not in self._kinds:
            known = kind_of(path) is not ArtifactKind.OTHER
            self._kinds[path] = known or is_card(path) or subject_of(path) is not None
        return self._kinds[path]

    def _apply(self, place: Place, changes: list[FileChange], position: int) -> Step:
        cards: set[str] = set()
        added: list[Thing] = []
        removed: list[Thing | None] = []
        subjects: dict[str, None] = {}
        for change in changes:
            oid = change.new_oid if change.new_mode in FILES else None
            subject = subject_of(change.path)
            if is_card(change.path):
                oid = oid if oid in self._cards else None
                if oid != place.cards.get(change.path):
                    cards.add(change.path)
                    _set(place.cards, change.path, oid)
            elif subject is not None:
                _set(place.documents, change.path, oid)
                subjects[subject] = None
            else:
                path = text(change.path)
                removed.append(place.drop(path, path))
                if oid is not None:
                    added.append(Thing(path, Digest("git", oid), kind_of(path), path))
        for subject in subjects:
            old = place.sheets.pop(subject, ())
            new = self._sheet(place, subject, position)
            if new:
                place.sheets[subject] = new
            removed += [place.drop(thing.path, thing.document) for thing in old if thing not in set(new)]
            added += [thing for thing in new if thing not in set(old)]
        for thing in added:
            place.put(thing)
        return Step(cards, added, [thing for thing in removed if thing is not None])

    def _sheet(self, place: Place, subject: str, position: int) -> tuple[Thing, ...]:
        """What one DVC document, or a pair of dvc.yaml and dvc.lock, says is there."""
        if not subject.endswith("/"):
            first, second = place.documents.get(subject), None
        else:
            folder = subject.lstrip("/") if subject == "/" else subject
            first, second = (place.documents.get(f"{folder}{name}") for name in ("dvc.yaml", "dvc.lock"))
        if first is None and second is None:
            return ()
        key = (subject, first, second)
        if key not in self._known:
            data, lock = (None if oid is None else self._read(oid) for oid in (first, second))
            self._known[key] = tuple(dict.fromkeys(self._things(subject, data, lock, position)))
        return self._known[key]

    def _things(self, subject: str, data: bytes | None, lock: bytes | None, position: int) -> Iterator[Thing]:
        if not subject.endswith("/"):
            if data is None or subject.endswith("artifacts.yaml"):
                return
            document = read_stage_file(text(subject), data, "")
            name = text(subject)
        else:
            folder = text(subject.rstrip("/"))

            def read_file(path: str) -> bytes | None:
                oid = self._trees.find_file(position, path)
                return None if oid is None else self._read(oid)

            document = read_project(folder, data, lock, read_file, "", self._memo)
            name = f"{folder}/dvc.lock" if folder else "dvc.lock"
        declared = {entry.path: entry.kind.lower() for entry in document.artifacts if entry.path}
        for item in _outputs(document):
            kind = ArtifactKind.MODEL if declared.get(item.path) == "model" else kind_of(item.path)
            if item.digest is not None:
                yield Thing(item.path, item.digest, kind, name, item.size)


def _outputs(document: Document) -> Iterator[Item]:
    """What DVC keeps the bytes of, save for metrics and plots; what it leaves to git, git says itself."""
    outs = [item for tracked in document.tracked for item in tracked.outs]
    outs += [item for run in document.runs if run.declared and run.placed for item in run.outs if item.declared]
    return (item for item in outs if item.cached and item.role == "out" and not item.external)


def _set(files: dict[str, str], path: str, oid: str | None) -> None:
    if oid is None:
        files.pop(path, None)
    else:
        files[path] = oid

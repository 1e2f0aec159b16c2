"""What all that makes a truth history shares: the features of a history, and single files with their tokens."""

import random
from posixpath import join

from tests.truth.world import Blob, Commit, History, State, Thing, Tree, atom

#: Feature to the share of histories that have it.
FEATURES = {
    "directories": 0.7,
    "parts": 0.6,
    "unions": 0.5,
    "maps": 0.5,
    "lossy": 0.5,
    "branches": 0.8,
    "merges": 0.7,
    "merged-locks": 0.7,
    "persist": 0.3,
    "undeclared": 0.4,
    "uncommitted": 0.2,
    "code-directories": 0.4,
    "roots": 0.35,
    "pipes": 0.35,
    "wdir": 0.3,
    "foreach": 0.4,
    "copies": 0.5,
    "renames": 0.5,
    "reverts": 0.5,
    "removals": 0.3,
    "metrics": 0.5,
    "skips": 0.3,
    "low-entropy": 0.3,
    "empty": 0.1,
    "legacy": 0.12,
    "stale": 0.6,
    "tags": 0.5,
}
#: Those for which following the locks is all there is to it.
PLAIN = frozenset({"branches", "roots", "pipes", "wdir", "foreach", "stale", "tags", "metrics", "renames"})


class Maker:
    """A history in the making.

    Attributes:
        features: names of ``FEATURES`` that occur.
        authors: the commit that wrote each token.
        now: the commit that is being made.
        aside: chance for what was added later, so that all else stays as it was for a seed.
    """

    def __init__(self, seed: int, features: frozenset[str] | None = None) -> None:
        self.random = random.Random(seed)
        self.aside = random.Random(f"aside {seed}")
        chosen = {name for name, share in FEATURES.items() if self.random.random() < share}
        self.features = frozenset(chosen if features is None else chosen & features)
        self.counter = 0
        self.authors: dict[str, int] = {}
        roots = self.random.choice([("a", "b"), ("", "sub")]) if "roots" in self.features else ("",)
        legacy = frozenset(root for root in roots if "legacy" in self.features and self.random.random() < 0.7)
        self.history = History(seed, roots, legacy)
        self.now = Commit(0, (), State(), frozenset())
        self.paths = 0

    def token(self) -> str:
        self.counter += 1
        found = f"tok{self.counter}x"
        self.now.wrote.add(found)
        self.authors[found] = self.now.index
        return found

    def chance(self, share: float, feature: str = "") -> bool:
        return (not feature or feature in self.features) and self.random.random() < share

    def fresh(self, root: str, folder: str, suffix: str) -> str:
        self.paths += 1
        return join(root, folder, f"{folder[:1]}{self.paths}{suffix}")

    def write(self, path: str = "") -> Blob:
        """Somebody writes a file."""
        if self.chance(0.3, "low-entropy"):
            data = self.random.choice([b"0\n", b"1\n", b"2\n"])
        else:
            end = "\r\n" if self.history.is_legacy(path) and self.chance(0.3) else "\n"
            data = f"{self.token()} {self.random.randrange(10)}{end}".encode()
        return Blob(data, frozenset({atom(self.now.index)}))

    def settle(self, path: str, thing: Thing) -> Thing:
        """What an ancestor held at this path is restored, not new."""
        for index in sorted(self.now.ancestors):
            state = self.history.commits[index].state
            for held, old in (*state.files.items(), *state.data.items()):
                if held == path and old.content == thing.content:
                    return old
                if held == path and isinstance(old, Tree) and isinstance(thing, Tree):
                    for name, blob in thing.members.items():
                        if name in old.members and old.members[name].content == blob.content:
                            thing.members[name] = old.members[name]
        return thing

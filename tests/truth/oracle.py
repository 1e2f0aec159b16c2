"""A naive oracle: reads every commit whole and follows the locks by brute force, with a plain YAML loader.

It is right where no rule of taint beyond following applies: no directories, no equal bytes of different descent, no
merged locks, no persisted outs, no undeclared code (``generator.PLAIN``).
"""

from collections.abc import Iterable
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import yaml

from tests.truth.repository import git

Version = tuple[str, str]
Run = tuple[frozenset[Version], frozenset[Version]]


def _digest(row: dict[str, Any]) -> str:
    return f"{'md5' if 'hash' in row else 'md5-dos2unix'}:{row['md5']}"


class Oracle:
    """All that the commits of a repository say.

    Attributes:
        runs: inputs and outputs of everything that ever stood in a lock.
        holders: for each version, the commits that hold it in a ``.dvc`` file or as an output.
        parents: of each commit, oldest commits first.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs: set[Run] = set()
        self.holders: dict[Version, set[str]] = {}
        lines = git(path, "rev-list", "--all", "--topo-order", "--reverse", "--parents").splitlines()
        self.parents = {oid: parents for oid, *parents in map(str.split, lines)}
        self.ancestors: dict[str, set[str]] = {}
        for oid, parents in self.parents.items():
            self.ancestors[oid] = set(parents).union(*(self.ancestors[parent] for parent in parents))
            self._read(oid)

    def _read(self, oid: str) -> None:
        names = git(self.path, "ls-tree", "-r", "--name-only", oid).splitlines()
        for name in names:
            if name.endswith(".dvc"):
                for row in self._load(oid, name)["outs"]:
                    self._hold(oid, normpath(join(dirname(name), row["path"])), _digest(row))
            elif name.endswith("dvc.lock"):
                stages = self._load(oid, join(dirname(name), "dvc.yaml"))["stages"]
                for stage, entry in self._load(oid, name)["stages"].items():
                    declared = stages.get(stage) or stages.get(stage.split("@")[0])
                    if declared is None:
                        continue
                    base = join(dirname(name), declared.get("do", declared).get("wdir", ""))
                    sides = [
                        frozenset((normpath(join(base, row["path"])), _digest(row)) for row in entry.get(word, []))
                        for word in ("deps", "outs")
                    ]
                    self.runs.add((sides[0], sides[1]))
                    for version in sides[1]:
                        self._hold(oid, *version)

    def _load(self, oid: str, name: str) -> dict[str, Any]:
        loaded: dict[str, Any] = yaml.load(git(self.path, "show", f"{oid}:{name}"), Loader=yaml.BaseLoader)
        return loaded

    def _hold(self, oid: str, path: str, digest: str) -> None:
        self.holders.setdefault((path, digest), set()).add(oid)

    def versions(self) -> set[Version]:
        """Every version that any document names."""
        return set(self.holders).union(*(inputs | outputs for inputs, outputs in self.runs))

    def blast_radius(self, digest: str) -> set[Version]:
        """Every version with this content, and all that was made from them."""
        bad = {version for version in self.versions() if version[1] == digest}
        return self._follow(bad, self.runs)

    def trace(self, version: Version) -> set[Version]:
        """A version and all that it was made from."""
        return self._follow({version}, ((outputs, inputs) for inputs, outputs in self.runs))

    @staticmethod
    def _follow(start: set[Version], steps: Iterable[Run]) -> set[Version]:
        found, every, size = set(start), list(steps), -1
        while size != len(found):
            size = len(found)
            for causes, effects in every:
                if causes & found:
                    found |= effects
        return found

    def blame(self, digest: str) -> set[tuple[str, str]]:
        """Path and commit, where a version of this content stands at a commit and at none of its ancestors."""
        found = set()
        for (path, each), holders in self.holders.items():
            if each == digest:
                found |= {(path, oid) for oid in holders if not self.ancestors[oid] & holders}
        return found

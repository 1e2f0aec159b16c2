"""A naive oracle over pairs: DVC's documents by ``oracle``, the rows of stores by ``sqlite3``, and equal digests.

Everything is a run with inputs and outputs or a statement that some bytes are equal, and is followed by brute force.
It knows only what is certain: addresses alone lead nowhere here.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from tests.truth.oracle import Oracle

#: (source, path or ``artifact/N``, digest or empty).
Named = tuple[str, str, str]
Step = tuple[frozenset[Named], frozenset[Named]]

_HEX = {32: "md5", 40: "sha1", 64: "sha256"}
_CACHED, _INPUT, _OUTPUT = 5, 3, 4


class PairOracle:
    """All that the documents and rows of some sources say for certain.

    Attributes:
        steps: of runs: what they read, and what they wrote.
        digests: of each version: one, or several of the same bytes.
    """

    def __init__(self, repositories: Iterable[Path], stores: Iterable[Path]) -> None:
        self.steps: list[Step] = []
        self.digests: dict[Named, set[str]] = {}
        for path in repositories:
            self._repository(path)
        for path in stores:
            self._store(path)

    def _repository(self, path: Path) -> None:
        oracle = Oracle(path)
        for version in oracle.versions():
            self.digests[path.name, *version] = {version[1]}
        for reads, writes in oracle.runs:
            sides = [frozenset((path.name, *version) for version in side) for side in (reads, writes)]
            self.steps.append((sides[0], sides[1]))

    def _store(self, path: Path) -> None:
        connection = sqlite3.connect(path)
        for number, uri in connection.execute("SELECT id, uri FROM Artifact"):
            said = "SELECT string_value FROM ArtifactProperty WHERE artifact_id = ?"
            values = [uri, *(value for (value,) in connection.execute(said, [number]))]
            bare = [value.rpartition(":")[2].lower() for value in values if value]
            found = {f"{_HEX[len(value)]}:{value}" for value in bare if len(value) in _HEX and value.isalnum()}
            self.digests[path.stem, f"artifact/{number}", ""] = found
        for run, state in connection.execute("SELECT id, last_known_state FROM Execution"):
            sides = []
            for kind in (_INPUT, _OUTPUT):
                events = "SELECT artifact_id FROM Event WHERE execution_id = ? AND type = ?"
                rows = connection.execute(events, [run, kind])
                sides.append(frozenset((path.stem, f"artifact/{number}", "") for (number,) in rows))
            if state != _CACHED:
                self.steps.append((sides[0], sides[1]))
        connection.close()

    def blast_radius(self, start: set[Named]) -> set[Named]:
        """Some versions, all that have their bytes, and all that was made from them."""
        return self._follow(start, self.steps)

    def trace(self, version: Named) -> set[Named]:
        """A version, all that has its bytes, and all that it was made from."""
        return self._follow({version}, [(writes, reads) for reads, writes in self.steps])

    def of_digest(self, digest: str) -> set[Named]:
        """Versions that are known to have some bytes."""
        return {version for version, digests in self.digests.items() if digest in digests}

    def _follow(self, start: set[Named], steps: list[Step]) -> set[Named]:
        found, size = set(start), -1
        while size != len(found):
            size = len(found)
            bytes_found = set().union(*(self.digests[version] for version in found))
            found |= {version for version, digests in self.digests.items() if digests & bytes_found}
            for causes, effects in steps:
                if causes & found:
                    found |= effects
        return found

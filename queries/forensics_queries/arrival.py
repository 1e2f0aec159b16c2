"""Who brought about a state that a commit sees: of a version, of a file in a directory, or that something is gone."""

from collections.abc import Iterable
from dataclasses import dataclass

from forensics.answer import Thing
from forensics.case import Case
from forensics.model import EdgeKind
from forensics_queries.commits import claims
from forensics_queries.parameters import leaves
from forensics_queries.pedigree import Pedigrees
from forensics_queries.statement import rows
from forensics_queries.things import things

__all__ = ["Arrival", "Arrivals", "By"]

#: What a commit did, and the commit.
Arrival = tuple[str, int]


@dataclass(frozen=True, slots=True)
class By:
    """A commit that brought about a state, and what it claims.

    Attributes:
        action: ``introduced``, ``restored``, ``removed``, or ``recorded`` where no commit holds the bytes and this one
            records the run that made or read them.
        commit: the commit.
        claimed_author, claimed_mail, claimed_time, message: what it claims.
    """

    action: str
    commit: Thing
    claimed_author: str
    claimed_mail: str
    claimed_time: int | None
    message: str


class Arrivals:
    """Finds the commits behind states; each question is answered within the ancestry of some commits.

    Args:
        case: the case.
        pedigrees: its lineages.
    """

    def __init__(self, case: Case, pedigrees: Pedigrees) -> None:
        self._case = case
        self._pedigrees = pedigrees
        self._lineage = pedigrees.lineage
        self._history = pedigrees.history
        self._layers: dict[int, list[dict[int, int]]] = {}
        self._turned: dict[int, dict[int, dict[str, str]]] = {}
        self._memo: dict[tuple[int, bool, tuple[int, ...], tuple[int, ...]], list[Arrival]] = {}

    def of_node(self, node: int, commits: tuple[int, ...]) -> list[Arrival]:
        """The commits that brought a version, or that recorded a run."""
        done = {commit: "introduced" for commit, _ in self._lineage.causes(node, EdgeKind.INTRODUCED)}
        done |= {commit: "restored" for commit, _ in self._lineage.causes(node, EdgeKind.RESTORED)}
        if not done:
            done = dict.fromkeys(self._lineage.places(node), "recorded")
        return [(done[commit], commit) for commit in self._pedigrees.newest(done, commits)]

    def of_removal(self, artifact: int, commits: tuple[int, ...]) -> list[Arrival]:
        """The commits that took an artifact away; none where it is still there and only is not read any more."""
        gone = [commit for (commit,) in rows(self._case, "log.removed", artifact=artifact)]
        return [("removed", commit) for commit in self._pedigrees.newest(gone, commits)] if commits else []

    def of_files(
        self, artifact: int, files: Iterable[tuple[str, int | None]], commits: tuple[int, ...]
    ) -> dict[tuple[str, int | None], list[Arrival]]:
        """The commits that brought files into a directory or took them out of it.

        Args:
            artifact: the directory.
            files: names, each with the content that it has on one side, None where it is not there.
            commits: within whose ancestry.
        """
        wanted = list(files)
        listed: dict[tuple[str, int | None], list[int]] = {}
        ever: dict[str, list[int]] = {}
        names = sorted({name for name, _ in wanted})
        for name, content, versions in rows(self._case, "diff.listed", artifact=artifact, names=names):
            listed[name, content] = versions
            ever[name] = sorted({*ever.get(name, ()), *versions})
        found = {}
        for name, content in wanted:
            holding = ever.get(name, []) if content is None else listed.get((name, content), [])
            found[name, content] = self._turns(artifact, content is not None, tuple(holding), commits)
        return found

    def of_key(self, version: int, artifact: int, key: str, commits: tuple[int, ...]) -> list[Arrival]:
        """The commits that gave a key of a parameter the value, or the absence, that a version has.

        Back from the commits that brought the version, as long as those before them left the key as it was.
        """
        if artifact not in self._turned:
            labels = {node: leaves(label) for node, label in rows(self._case, "diff.labels", artifact=artifact)}
            brought = rows(self._case, "log.brought", artifact=artifact)
            self._turned[artifact] = {commit: labels[node] for node, _, commit in brought}
        turned = self._turned[artifact]
        arrivals = self.of_node(version, commits)
        waiting = [commit for _, commit in arrivals]
        if not all(commit in turned for commit in waiting):
            return arrivals
        seen = set(waiting)
        found: list[Arrival] = []
        for commit in waiting:
            value = turned[commit].get(key)
            before = self._pedigrees.newest(turned.keys() - {commit}, (commit,))
            same = [place for place in before if turned[place].get(key) == value]
            waiting += [place for place in same if place not in seen]
            seen.update(same)
            if not same and (before or value is not None):
                found.append(("introduced" if value is not None else "removed", commit))
        return sorted(found)

    def shown(self, arrivals: Iterable[Arrival]) -> dict[Arrival, By]:
        """Arrivals as they are shown."""
        wanted = sorted(set(arrivals))
        commits = things(self._case, [commit for _, commit in wanted])
        said = claims(self._case, [commit for _, commit in wanted])
        found = {}
        for action, commit in wanted:
            if commit in commits:
                claim = said.get(commit)
                rest = (claim.claimed_author, claim.claimed_mail, claim.claimed_time, claim.message) if claim else ()
                found[action, commit] = By(action, commits[commit], *(rest or ("", "", None, "")))
        return found

    def _turns(self, artifact: int, came: bool, versions: tuple[int, ...], commits: tuple[int, ...]) -> list[Arrival]:
        """Where a directory turned into one of some versions, or away from all of them; remembered by the versions."""
        key = artifact, came, versions, commits
        if key not in self._memo:
            if artifact not in self._layers:
                self._layers[artifact] = list(self._history.held_everywhere(self._case, artifact).values())
            done: dict[int, str] = {}
            wanted = set(versions)
            for layer in self._layers[artifact]:
                holding = {commit for commit, version in layer.items() if version in wanted}
                if came:
                    first, again = self._history.first_and_again(holding)
                    done |= dict.fromkeys(again, "restored") | dict.fromkeys(first, "introduced")
                else:
                    done |= dict.fromkeys(self._left(holding), "removed")
            self._memo[key] = [(done[commit], commit) for commit in self._pedigrees.newest(done, commits)]
        return self._memo[key]

    def _left(self, holding: set[int]) -> list[int]:
        """Commits that do not hold something that their parents, or else some of them, do."""
        before = {commit: self._history.parents.get(commit, ()) for commit in self._history.order}
        turned = [commit for commit, parents in before.items() if parents and commit not in holding]
        alone = [commit for commit in turned if holding.issuperset(before[commit])]
        return alone or [commit for commit in turned if not holding.isdisjoint(before[commit])]

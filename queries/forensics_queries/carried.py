"""Files that a directory carries on: the commits that introduced them, before the directory was what it is.

A directory version is introduced by the last commit that changed any of its files, so the commit that brought one
file in is no ancestor of it by edges alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from forensics.case import Case
from forensics_queries.state import History
from forensics_queries.statement import rows

__all__ = ["Carried", "carried"]


@dataclass(frozen=True, slots=True)
class Carried:
    """Files that a commit introduced into a directory and that a later version of it still has.

    Attributes:
        directory: the later version.
        commit: the commit.
        earlier: the version that the commit made.
        files: how many files; ``example`` is the name of one.
    """

    directory: int
    commit: int
    earlier: int
    files: int
    example: str


def carried(case: Case, versions: Iterable[int]) -> list[Carried]:
    """The commits that introduced files into some directories, other than those that introduced the directories.

    Args:
        case: the case.
        versions: ids of versions; those that are no directories with a listing are passed over.

    Returns:
        One row a directory version and commit, in the order of versions, then of ancestry.
    """
    directories = rows(case, "carried.directories", ids=sorted(set(versions)))
    if not directories:
        return []
    history = History.load(case)
    found: dict[tuple[int, int], Carried] = {}
    for artifact, wanted in directories:
        own = {version: set(commits) for version, commits in rows(case, "carried.commits", ids=wanted)}
        before = {version: set().union(*map(history.ancestry, commits)) - commits for version, commits in own.items()}
        layers = list(history.held_everywhere(case, artifact).values())
        for listing, files, example in rows(case, "carried.files", artifact=artifact):
            same = set(listing)
            for layer in layers if same & own.keys() else ():
                holding = {commit for commit, version in layer.items() if version in same}
                for commit in history.first_and_again(holding)[0]:
                    for version in sorted(same & own.keys()):
                        if commit in before[version]:
                            known = found.get((version, commit))
                            found[version, commit] = Carried(
                                version,
                                commit,
                                layer[commit],
                                files + (known.files if known else 0),
                                min(example, known.example) if known else example,
                            )
    return [found[key] for key in sorted(found, key=lambda key: (key[0], history.rank[key[1]]))]

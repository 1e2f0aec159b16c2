"""What the truth generator writes is what DVC and git read."""

from pathlib import Path

import pytest

from tests.truth.generator import FEATURES, generate
from tests.truth.repository import git, write
from tests.truth.world import History, State


def expected_outs(history: History, state: State) -> set[tuple[str, str]]:
    """Path and digest of all outs that DVC knows: those of declared stages and of ``.dvc`` files."""
    found = {(path, thing.digest(legacy=history.is_legacy(path))) for path, thing in state.data.items()}
    for stage in state.stages.values():
        for each in stage.concrete():
            entry = state.lock.get((stage.pipe, each.name))
            made = dict(entry.outs) if entry else {}
            found |= {
                (out.path, made[out.path].digest(legacy=history.is_legacy(out.path)))
                for out in each.outs
                if out.path in made
            }
    return found


@pytest.mark.parametrize("features", [frozenset(FEATURES) - {"legacy"}, frozenset(FEATURES)], ids=["now", "legacy"])
@pytest.mark.parametrize("seed", range(2))
def test_dvc_reads_the_outs_that_the_world_holds_at_every_commit(
    tmp_path: Path, seed: int, features: frozenset[str]
) -> None:
    from dvc.repo import Repo

    history = generate(seed, features)
    written = write(history, tmp_path / "repo")
    for root in history.roots:
        seen: dict[str, set[tuple[str, str]]] = {}
        with Repo(str(written.path / root)) as repo:
            for rev in repo.brancher(all_commits=True):
                if rev == "workspace":
                    continue
                found = set()
                for out in repo.index.outs:
                    if out.hash_info:
                        path = Path(repo.fs.relpath(out.fs_path, repo.root_dir)).as_posix()
                        place = f"{root}/{path}" if root else path
                        found.add((place, f"{out.hash_info.name}:{out.hash_info.value}"))
                seen[rev] = found
        others = [other + "/" for other in history.roots if other != root and len(other) > len(root)]
        for commit in history.commits:
            if written.oids[commit.index] not in seen:
                continue
            expected = {
                (path, digest)
                for path, digest in expected_outs(history, commit.state)
                if path.startswith(root and root + "/") and not any(path.startswith(other) for other in others)
            }
            assert seen[written.oids[commit.index]] == expected, commit.message
        tips = set(git(written.path, "rev-list", "--all").split())
        assert tips <= seen.keys()


def test_equal_seeds_give_equal_commits(tmp_path: Path) -> None:
    assert write(generate(7), tmp_path / "one").oids == write(generate(7), tmp_path / "two").oids


def test_git_finds_nothing_wrong_with_a_written_repository(tmp_path: Path) -> None:
    written = write(generate(11), tmp_path / "repo")
    git(written.path, "fsck", "--strict")
    assert git(written.path, "log", "-1", "--format=%ae", "main").strip().endswith("@example.com")

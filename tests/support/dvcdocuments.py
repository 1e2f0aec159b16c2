"""DVC documents written by hand: locks, stage files and listings, as short as tests can say them."""

import json

from tests.support.gitrepo import GitRepo
from tests.support.records import Facts, conforms, md5, read

__all__ = ["YAML", "Item", "directory", "facts_of", "lock", "store", "tracked", "train", "yaml"]

Item = tuple[str, str]  # path, md5


def facts_of(repo: GitRepo) -> Facts:
    facts = Facts(read(repo.path))
    conforms(facts.records)
    return facts


def lock(**stages: tuple[str, list[Item], list[Item]]) -> str:
    def items(key: str, entries: list[Item]) -> str:
        lines = [f"    - path: {path}\n      hash: md5\n      md5: {value}\n      size: 9\n" for path, value in entries]
        return f"    {key}:\n{''.join(lines)}" if lines else ""

    parts = [
        f"  {name}:\n    cmd: {cmd}\n{items('deps', deps)}{items('outs', outs)}"
        for name, (cmd, deps, outs) in stages.items()
    ]
    return "schema: '2.0'\nstages:\n" + "".join(parts)


def yaml(**stages: tuple[str, list[str], list[str]]) -> str:
    def paths(key: str, names: list[str]) -> str:
        return f"    {key}:\n" + "".join(f"    - {name}\n" for name in names) if names else ""

    parts = [
        f"  {name}:\n    cmd: {cmd}\n{paths('deps', deps)}{paths('outs', outs)}"
        for name, (cmd, deps, outs) in stages.items()
    ]
    return "stages:\n" + "".join(parts)


def tracked(path: str, value: str, more: str = "  size: 9\n  hash: md5\n") -> str:
    return f"outs:\n- md5: {value}\n{more}  path: {path}\n"


def directory(**members: str) -> tuple[str, str]:
    """A listing and its digest."""
    text = json.dumps([{"md5": value, "relpath": name} for name, value in sorted(members.items())])
    return text, md5(text) + ".dir"


def store(repo: GitRepo, text: str, folder: str = ".dvc/cache/files/md5") -> None:
    name = md5(text)
    repo.write({f"{folder}/{name[:2]}/{name[2:]}.dir": text, ".gitignore": "/.dvc/cache\n"})


def train(source: str, model: str) -> tuple[str, list[Item], list[Item]]:
    return "train", [("data", md5(source))], [("model", md5(model))]


YAML = yaml(train=("train", ["data"], ["model"]))

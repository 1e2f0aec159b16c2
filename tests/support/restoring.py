"""What tests of ``rollback`` need: marked cases, toys of one model, and a shell in which printed commands are run."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml

from forensics.answer import Answer
from forensics.case import Case
from forensics.digest import Digest
from forensics.model import Presence
from forensics_connectors.contract import find_connector
from forensics_connectors.dvc.hashing import directory_digest, file_digests
from forensics_queries.marks import add_mark
from forensics_queries.rollback import Target
from tests.support.dvcrepo import DvcRepo
from tests.support.toy import Step, Toy, digest_of

__all__ = [
    "MODEL",
    "CaseOf",
    "digests_of",
    "ingested",
    "lost",
    "mark_bad",
    "md5",
    "model",
    "outcomes",
    "poisoned_from_the_start",
    "restored",
    "shell",
    "without_cache",
]

MODEL = "models/m.json"

CaseOf = Callable[..., Case]


def ingested(path: Path, *repositories: Path) -> Case:
    case = Case.open(path, write=True, new=True)
    for repository in repositories:
        connector, source = find_connector(str(repository))
        case.ingest(source, connector.read(source))
    return case


def mark_bad(case: Case, *subjects: str) -> Case:
    for subject in subjects:
        add_mark(case, "bad", subject, reason="poisoned", author="ann@example.com")
    return case


def shell(commands: Sequence[str] | str, folder: Path, scratch: Path) -> subprocess.CompletedProcess[str]:
    """Runs commands as somebody would who has ``dvc``, ``git`` and nothing set up for them."""
    scratch.mkdir(exist_ok=True)
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(scratch),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "DVC_NO_ANALYTICS": "1",
        **{f"DVC_{name}_DIR": str(scratch / name) for name in ("GLOBAL_CONFIG", "SYSTEM_CONFIG", "SITE_CACHE")},
    }
    text = commands if isinstance(commands, str) else "set -eu\n" + "\n".join(commands)
    return subprocess.run(
        ["bash", "-c", text], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def restored(row: Target, folder: Path, scratch: Path) -> Path:
    """Runs a row's commands and returns what they restored."""
    folder.mkdir(exist_ok=True)
    ended = shell(row.commands, folder, scratch)
    assert ended.returncode == 0, (row.commands, ended.stderr)
    return folder / row.artifact


def digests_of(path: Path) -> set[str]:
    """Every digest that DVC or git may have for a file or a directory."""
    if path.is_dir():
        files = [file for file in path.rglob("*") if file.is_file()]
        every = [(file.relative_to(path).as_posix(), file_digests(file.read_bytes())) for file in files]
        return {
            str(directory_digest([(name, pair[which].value) for name, pair in every], algorithm))
            for which, algorithm in ((0, "md5"), (1, "md5-dos2unix"))
        }
    data = path.read_bytes()
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    return {*map(str, file_digests(data)), f"git:{blob}"}


def without_cache(repository: Path, clone: Path) -> Path:
    """A clone that has neither DVC's cache nor the local remote, whose address is relative."""
    subprocess.run(["git", "clone", "-q", repository, clone], check=True)
    return clone


def poisoned_from_the_start(path: Path) -> DvcRepo:
    """A pipeline over three stages, one of them in a folder, whose inputs are clean on another branch alone."""
    repo = DvcRepo(path)
    stages = {
        "prepare": {"cmd": "cat lib.txt raw.csv > prepared.csv", "deps": ["lib.txt", "raw.csv"],
                    "outs": ["prepared.csv"]},
        "clean": {"foreach": ["a"], "do": {"cmd": "cat prepared.csv > ${item}.csv", "deps": ["prepared.csv"],
                                           "outs": ["${item}.csv"]}},
    }  # fmt: skip
    train = {"cmd": "mkdir -p models; cat ../a.csv > models/m.json", "deps": ["../a.csv"], "outs": ["models/m.json"]}
    repo.write({"raw.csv": "POISON rows\n", "lib.txt": "POISON lib\n", "dvc.yaml": yaml.safe_dump({"stages": stages})})
    repo.write({"sub/dvc.yaml": yaml.safe_dump({"stages": {"train": train}})})
    repo.dvc("add", "raw.csv")
    repo.dvc("reproduce", all_pipelines=True)
    repo.commit("poisoned from the start")
    repo.git("checkout", "-q", "--orphan", "vendor")
    repo.write({"raw.csv": "clean rows\n", "lib.txt": "clean lib\n"})
    repo.dvc("add", "raw.csv")
    repo.write(dict.fromkeys(("dvc.yaml", "dvc.lock", "sub/dvc.yaml", "sub/dvc.lock")))
    repo.commit("what the vendor had delivered")
    repo.git("checkout", "-q", "main")
    repo.dvc("checkout", force=True)
    return repo


def model(
    states: Sequence[tuple[tuple[int, ...], str | None]], *, releases: tuple[tuple[str, str, int], ...] = ()
) -> Toy:
    """A toy whose one model holds these bytes at its commits; every commit holds its number elsewhere."""
    steps = tuple(
        Step(parents, {"n": str(number), **({MODEL: text} if text is not None else {})})
        for number, (parents, text) in enumerate(states)
    )
    return Toy("toy", steps, models={MODEL: "m"}, releases=releases)


def outcomes(answer: Answer[Target]) -> list[tuple[str, str]]:
    return [(row.outcome, row.thing.digest) for row in answer.rows]


def md5(text: str) -> str:
    return str(digest_of(text))


def lost(states: dict[str, str]) -> Callable[[str, Digest], Presence]:
    """Bytes that are all there but for some, by what stands in them."""
    by_digest = {md5(text): state for text, state in states.items()}
    return lambda _, digest: Presence(by_digest.get(str(digest), "present"))

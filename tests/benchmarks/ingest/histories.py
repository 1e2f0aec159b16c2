"""Large DVC histories, written as git objects in one stream: what the ingest benchmarks read."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["deep_lock", "many_files", "pipeline"]


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass
class _Stream:
    """A ``git fast-import`` stream."""

    repository: Path
    marks: int = 0
    parts: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.repository.mkdir(parents=True)
        subprocess.run(["git", "init", "-q", "-b", "main", str(self.repository)], check=True)
        self.process = subprocess.Popen(
            ["git", "-C", str(self.repository), "fast-import", "--quiet"], stdin=subprocess.PIPE
        )

    def commit(self, branch: str, parents: list[int], files: dict[str, str]) -> int:
        """Writes a commit and returns its mark."""
        self.marks += 1
        when = 1_700_000_000 + self.marks * 60
        head = f"commit refs/heads/{branch}\nmark :{self.marks}\n"
        head += f"committer Bench <bench@example.com> {when} +0000\n"
        message = f"commit {self.marks}"
        parts = [f"{head}data {len(message)}\n{message}\n".encode()]
        for i, parent in enumerate(parents):
            parts.append(f"{'from' if i == 0 else 'merge'} :{parent}\n".encode())
        for path, text in files.items():
            data = text.encode()
            parts.append(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
        assert self.process.stdin is not None
        self.process.stdin.write(b"".join(parts))
        return self.marks

    def close(self) -> None:
        """Ends the stream and checks the files out."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        if self.process.wait():
            raise SystemExit("git fast-import failed")
        subprocess.run(["git", "-C", str(self.repository), "reset", "-q", "--hard", "main"], check=True)

    def listing(self, members: dict[str, str]) -> str:
        """Writes a directory object into the cache and returns its digest."""
        entries = [{"md5": value, "relpath": name} for name, value in sorted(members.items())]
        text = json.dumps(entries)
        value = _md5(text)
        path = self.repository / ".dvc" / "cache" / "files" / "md5" / value[:2] / f"{value[2:]}.dir"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return f"{value}.dir"


def _lock(stages: dict[str, str]) -> str:
    return "schema: '2.0'\nstages:\n" + "".join(stages[name] for name in sorted(stages))


def _entry(name: str, cmd: str, deps: list[tuple[str, str, int]], outs: list[tuple[str, str, int]]) -> str:
    def items(found: list[tuple[str, str, int]]) -> str:
        return "".join(
            f"    - path: {path}\n      hash: md5\n      md5: {value}\n      size: {size}\n"
            + ("      nfiles: 50\n" if value.endswith(".dir") else "")
            for path, value, size in sorted(found)
        )

    return f"  {name}:\n    cmd: {cmd}\n    deps:\n{items(deps)}    outs:\n{items(outs)}"


def pipeline(repository: Path, commits: int = 2000, stages: int = 30, folders: int = 5) -> None:
    """A pipeline's history: tracked directories, code, chained stages, three branches that merge now and then."""
    stream = _Stream(repository)
    code = {f"src/stage_{i}.py": f"print({i})\n" for i in range(stages)}
    raw = [{f"{j:03}.csv": _md5(f"{i}/{j}") for j in range(50)} for i in range(folders)]
    yaml = "stages:\n" + "".join(
        f"  stage_{i}:\n    cmd: python src/stage_{i}.py\n"
        f"    deps:\n    - src/stage_{i}.py\n    - {_source(i, folders)}\n    outs:\n    - out/{i}.bin\n"
        for i in range(stages)
    )
    entries: dict[str, str] = {}
    values: dict[int, str] = {}
    files = {"dvc.yaml": yaml, ".dvc/config": "", ".dvc/.gitignore": "/cache\n", ".gitignore": "/out\n/data\n", **code}
    files |= {f"data/{i}.dvc": _tracked(i, stream.listing(raw[i])) for i in range(folders)}
    heads: dict[str, int] = {}
    for number in range(commits):
        branch = ("main", "left", "right")[number % 3] if number > 2 else "main"
        changed: dict[str, str] = files if number == 0 else {}
        if number % 2:
            i = number % folders
            raw[i][f"{number % 50:03}.csv"] = _md5(f"{i}/{number}")
            changed = changed | {f"data/{i}.dvc": _tracked(i, stream.listing(raw[i]))}
            touched = [stage for stage in range(stages) if stage % folders == i]
        else:
            stage = number % stages
            code[f"src/stage_{stage}.py"] = f"print({stage}, {number})\n"
            changed = changed | {f"src/stage_{stage}.py": code[f"src/stage_{stage}.py"]}
            touched = [stage] if number else list(range(stages))
        for stage in touched:
            values[stage] = _md5(f"out/{stage}/{number}")
            source = _source(stage, folders)
            value = stream.listing(raw[stage]) if stage < folders else values[stage - folders]
            deps = [(f"src/stage_{stage}.py", _md5(code[f"src/stage_{stage}.py"]), 12), (source, value, 1000)]
            outs = [(f"out/{stage}.bin", values[stage], 2000)]
            entries[f"stage_{stage}"] = _entry(f"stage_{stage}", f"python src/stage_{stage}.py", deps, outs)
        changed = changed | {"dvc.lock": _lock(entries)}
        parents = [heads[branch]] if branch in heads else [heads["main"]] if heads else []
        if number % 50 == 49 and len(heads) > 1:
            parents = list(dict.fromkeys([*parents, *heads.values()]))[:2]
        heads[branch] = stream.commit(branch, parents, changed)
    stream.close()


def _source(stage: int, folders: int) -> str:
    return f"data/{stage}" if stage < folders else f"out/{stage - folders}.bin"


def _tracked(number: int, value: str) -> str:
    return f"outs:\n- md5: {value}\n  size: 1000\n  nfiles: 50\n  hash: md5\n  path: '{number}'\n"


def deep_lock(repository: Path, commits: int = 500, stages: int = 3000) -> None:
    """One dvc.lock of many stages, of which a few change at each commit."""
    stream = _Stream(repository)
    entries = {f"train@{i}": _train(i, 0) for i in range(stages)}
    yaml = "stages:\n  train:\n    foreach: [" + ", ".join(map(str, range(stages))) + "]\n    do:\n"
    yaml += "      cmd: python train.py ${item}\n      outs:\n      - models/${item}.bin\n"
    head: list[int] = []
    for number in range(commits):
        for i in range(5):
            entries[f"train@{(number * 5 + i) % stages}"] = _train((number * 5 + i) % stages, number)
        changed = {"dvc.lock": _lock(entries)}
        if not head:
            changed |= {"dvc.yaml": yaml, ".dvc/config": "", "train.py": "print()\n"}
        head = [stream.commit("main", head, changed)]
    stream.close()


def _train(item: int, number: int) -> str:
    deps = [("data/all.csv", _md5(f"data/{number // 50}"), 100)]
    return _entry(
        f"train@{item}", f"python train.py {item}", deps, [(f"models/{item}.bin", _md5(f"{item}/{number}"), 9)]
    )


def many_files(repository: Path, commits: int = 50_000, files: int = 8_000) -> None:
    """A long history of many ``.dvc`` files, two of which change at each commit."""
    stream = _Stream(repository)
    head: list[int] = []
    for number, changed in enumerate(_many(commits, files)):
        more = {".dvc/config": ""} if number == 0 else {}
        head = [stream.commit("main", head, changed | more)]
    stream.close()


def _many(commits: int, files: int) -> Iterator[dict[str, str]]:
    def one(i: int, number: int) -> str:
        return f"outs:\n- md5: {_md5(f'{i}/{number}')}\n  size: 10\n  hash: md5\n  path: {i}.csv\n"

    yield {f"data/{i % 100}/{i}.csv.dvc": one(i, 0) for i in range(files)}
    for number in range(1, commits):
        yield {f"data/{i % 100}/{i}.csv.dvc": one(i, number) for i in ((number * 7) % files, (number * 13 + 1) % files)}

"""Writes a truth history as a real git repository with real DVC 3 metadata, in one ``git fast-import``."""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from posixpath import basename, join

from tests.truth.world import Blob, Entry, History, Out, Stage, State, Thing, Tree

NAMES = ("Ada", "Bo", "Cleo")
START = 1_600_000_000


@dataclass(frozen=True)
class Loss:
    """Evidence that is taken away.

    Attributes:
        listings: digests of directories whose ``.dir`` objects are gone.
        entries: identities of runs whose lock entries stand in no commit.
        digests: (identity, path) of lock lines, and paths of ``.dvc`` files, that state no hash.
        sizes: no record states a size.
    """

    listings: frozenset[str] = frozenset()
    entries: frozenset[tuple[object, ...]] = frozenset()
    digests: frozenset[object] = frozenset()
    sizes: bool = False


NOTHING = Loss()


@dataclass
class Repository:
    """A history on disk.

    Attributes:
        oids: commit ids by the history's index.
    """

    path: Path
    history: History
    oids: list[str]
    loss: Loss = NOTHING


def environment() -> dict[str, str]:
    """No configuration of this machine or user gets in."""
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}


def _fields(path: str, thing: Thing, *, legacy: bool, stated: bool, sizes: bool, indent: str) -> str:
    digest = thing.digest(legacy=legacy).partition(":")[2]
    rows = [f"path: {path}"]
    if stated:
        rows += [] if legacy else ["hash: md5"]
        rows.append(f"md5: {digest}")
    if sizes and stated:
        rows.append(f"size: {thing.size}")
        rows += [f"nfiles: {len(thing.members)}"] if isinstance(thing, Tree) else []
    return f"{indent}- " + f"\n{indent}  ".join(rows) + "\n"


def dvc_file(path: str, thing: Thing, *, legacy: bool, loss: Loss = NOTHING) -> str:
    """The text of a ``.dvc`` file."""
    stated = path not in loss.digests
    return "outs:\n" + _fields(basename(path), thing, legacy=legacy, stated=stated, sizes=not loss.sizes, indent="")


def _out(out: Out, stage: Stage, indent: str) -> str:
    text = f"{indent}- {stage.relative(out.path)}"
    flags = [] if out.cache else ["cache: false"]
    flags += ["persist: true"] if out.persist else []
    return text + (":" if flags else "") + "".join(f"\n{indent}    {flag}" for flag in flags) + "\n"


def dvc_yaml(stages: Iterable[Stage]) -> str:
    """The text of a ``dvc.yaml``."""
    chunks = []
    for stage in stages:
        indent = "    "
        text = f"  {stage.name}:\n"
        if stage.items:
            text += "    foreach:\n" + "".join(f"    - {item}\n" for item in stage.items) + "    do:\n"
            indent = "      "
        text += f"{indent}cmd: {stage.command}\n"
        text += f"{indent}wdir: {stage.wdir}\n" if stage.wdir else ""
        text += f"{indent}deps:\n" + "".join(f"{indent}- {stage.relative(path)}\n" for path in stage.deps)
        outs = [out for out in stage.outs if out.cache]
        metrics = [out for out in stage.outs if not out.cache]
        for word, chosen in (("outs", outs), ("metrics", metrics)):
            if chosen:
                text += f"{indent}{word}:\n" + "".join(_out(out, stage, indent) for out in chosen)
        chunks.append(text)
    return "stages:\n" + "".join(chunks) if chunks else "stages: {}\n"


def dvc_lock(entries: Iterable[tuple[str, Entry]], *, legacy: bool, loss: Loss = NOTHING) -> str:
    """The text of a ``dvc.lock``."""
    text = "schema: '2.0'\nstages:\n"
    for name, entry in entries:
        text += f"  {name}:\n    cmd: {entry.command}\n"
        stage = Stage(entry.base, name, entry.command, (), ())
        for word, side in (("deps", entry.deps), ("outs", entry.outs)):
            text += f"    {word}:\n"
            for path, thing in sorted(side, key=lambda pair: stage.relative(pair[0])):
                stated = (entry.identity, path) not in loss.digests
                text += _fields(
                    stage.relative(path), thing, legacy=legacy, stated=stated, sizes=not loss.sizes, indent="    "
                )
    return text


def documents(history: History, state: State, loss: Loss = NOTHING) -> dict[str, str | bytes]:
    """All files of one commit, by path."""
    found: dict[str, str | bytes] = {join(root, ".dvc/config"): "" for root in history.roots}
    found |= {path: blob.data for path, blob in state.files.items()}
    for path, thing in state.data.items():
        found[path + ".dvc"] = dvc_file(path, thing, legacy=history.is_legacy(path), loss=loss)
    outs = state.outs()
    for stage in state.stages.values():
        for each in stage.concrete():
            for out in each.outs:
                blob = outs.get(out.path)
                if not out.cache and isinstance(blob, Blob):
                    found[out.path] = blob.data
    for pipe in {pipe for pipe, _ in (*state.stages, *state.lock)}:
        stages = [stage for (folder, _), stage in state.stages.items() if folder == pipe]
        found[join(pipe, "dvc.yaml")] = dvc_yaml(stages)
        entries = [
            (name, entry)
            for (folder, name), entry in sorted(state.lock.items(), key=lambda pair: pair[0])
            if folder == pipe and entry.identity not in loss.entries
        ]
        if entries:
            legacy = history.is_legacy(join(pipe, "dvc.yaml"))
            found[join(pipe, "dvc.lock")] = dvc_lock(entries, legacy=legacy, loss=loss)
    return found


def stream(history: History, loss: Loss = NOTHING) -> bytes:
    """The input of ``git fast-import``."""
    blobs: dict[bytes, int] = {}
    parts: list[bytes] = []
    first = len(history.commits) + 1
    for commit in history.commits:
        modes = []
        for path, text in documents(history, commit.state, loss).items():
            data = text.encode() if isinstance(text, str) else text
            if data not in blobs:
                blobs[data] = first + len(blobs)
                parts.append(b"blob\nmark :%d\ndata %d\n%s\n" % (blobs[data], len(data), data))
            modes.append(f"M 100644 :{blobs[data]} {path}\n")
        name = NAMES[commit.index % len(NAMES)]
        who = f"{name} <{name.lower()}@example.com> {START + 3600 * commit.index} +0000"
        message = commit.message.encode()
        text = f"commit refs/truth/{commit.index}\nmark :{commit.index + 1}\nauthor {who}\ncommitter {who}\n"
        parts.append(text.encode() + b"data %d\n%s\n" % (len(message), message))
        for place, parent in enumerate(commit.parents):
            parts.append(f"{'merge' if place else 'from'} :{parent + 1}\n".encode())
        parts.append(("deleteall\n" + "".join(modes) + "\n").encode())
    parts += [f"reset refs/truth/{commit.index}\nfrom {'0' * 40}\n\n".encode() for commit in history.commits]
    for branch, index in history.branches.items():
        parts.append(f"reset refs/heads/{branch}\nfrom :{index + 1}\n\n".encode())
    for tag, index in history.tags.items():
        if "@" in tag:
            parts.append(
                f"tag {tag}\nfrom :{index + 1}\ntagger Ada <ada@example.com> {START + 3600 * index + 60} +0000\n"
                f"data 8\nrelease\n\n".encode()
            )
        else:
            parts.append(f"reset refs/tags/{tag}\nfrom :{index + 1}\n\n".encode())
    parts.append(b"done\n")
    return b"".join(parts)


def git(path: Path, *arguments: str, data: bytes | None = None) -> str:
    """Runs git, and returns what it printed."""
    done = subprocess.run(
        ["git", "-C", str(path), *arguments], input=data, env=environment(), capture_output=True, check=True
    )
    return done.stdout.decode()


def write_cache(history: History, path: Path, loss: Loss = NOTHING, *, files: bool = False) -> None:
    """Writes ``.dir`` objects (and, if asked, every file) of data and outs into each project's cache."""
    for root in history.roots:
        (path / root / ".dvc" / "cache").mkdir(parents=True, exist_ok=True)
    written: set[tuple[str, str]] = set()
    for commit in history.commits:
        made = [pair for entry in commit.state.lock.values() for pair in entry.outs]
        for place, thing in (*commit.state.data.items(), *made):
            legacy = history.is_legacy(place)
            digest = thing.digest(legacy=legacy)
            root = max((each for each in history.roots if place.startswith(join(each, ""))), key=len)
            if (root, digest) in written or not (files or isinstance(thing, Tree)):
                continue
            written.add((root, digest))
            store = path / root / ".dvc" / "cache" / ("" if legacy else "files/md5")
            objects: dict[str, bytes] = {}
            if isinstance(thing, Tree) and thing.content not in loss.listings:
                objects[digest] = thing.listing(legacy=legacy)
            if files:
                objects |= {blob.digest(legacy=legacy): blob.data for blob in thing.members.values()}
            for name, data in objects.items():
                value = name.partition(":")[2]
                target = store / value[:2] / value[2:]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)


def write(history: History, path: Path, loss: Loss = NOTHING, *, files: bool = False) -> Repository:
    """Writes a history into a new folder.

    Args:
        path: does not exist yet; afterwards a repository whose work tree holds nothing but the cache.
        files: the cache holds all bytes, not only the listings.
    """
    store = path / ".git"
    for folder in ("objects", "refs/heads", "refs/tags"):
        (store / folder).mkdir(parents=True)
    (store / "HEAD").write_text("ref: refs/heads/main\n")
    (store / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = false\n")
    marks = store / "truth-marks"
    options = ("-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--done", f"--export-marks={marks}")
    git(path, *options, data=stream(history, loss))
    found = dict(line.split() for line in marks.read_text().splitlines())
    marks.unlink()
    write_cache(history, path, loss, files=files)
    for root in history.roots:
        (path / root / ".dvc" / "config").touch()
    return Repository(path, history, [found[f":{commit.index + 1}"] for commit in history.commits], loss)


def shallow(repository: Repository, depth: int, path: Path) -> Repository:
    """A clone of all branches to a depth, with the same cache."""
    location = repository.path.resolve().as_uri()
    git(
        repository.path,
        "clone",
        "--quiet",
        "--no-checkout",
        f"--depth={depth}",
        "--no-single-branch",
        location,
        str(path),
    )
    write_cache(repository.history, path, repository.loss)
    for root in repository.history.roots:
        (path / root / ".dvc" / "config").touch()
    return Repository(path, repository.history, repository.oids, repository.loss)

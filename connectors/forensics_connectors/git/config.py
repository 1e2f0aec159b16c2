"""What a repository's own configuration would have git do. It is read, reported and never obeyed."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from forensics.errors import SourceError
from forensics.model import Finding, FindingKind, Origin

from .environment import Runner
from .layout import Layout, read_plain
from .text import text

__all__ = ["Config", "active_settings", "object_format", "read_config", "side_files"]

#: Pairs of key (``section.sub.name``, section and name in lower case) and value, in the order of the file.
Config = list[tuple[str, str]]

_LIMIT = 4 << 20
_HOOKS = 200

# Keys whose values git runs, or fetches objects by, or includes further configuration from.
_ACTIVE = re.compile(
    r"""core\.(fsmonitor|hookspath|sshcommand|gitproxy|askpass|pager|editor|alternaterefscommand|attributesfile
              |worktree|commentstring)
      | (credential|credential\..*)\.helper
      | diff\.external | diff\..*\.(command|textconv) | filter\..*\.(clean|smudge|process) | merge\..*\.driver
      | gpg\.program | gpg\..*\.(program|defaultkeycommand) | uploadpack\.packobjectshook
      | pager\..* | sequence\.editor | interactive\.difffilter | web\.browser
      | (difftool|mergetool|browser|man|guitool)\..*\.(cmd|path) | trailer\..*\.(cmd|command)
      | remote\..*\.(uploadpack|receivepack|vcs|promisor|partialclonefilter) | extensions\.partialclone
      | include\.path | includeif\..*\.path | sendemail\..*cmd | tar\..*\.command | instaweb\..* | http.*\.proxy
      | protocol\.allow | protocol\..*\.allow""",
    re.VERBOSE | re.DOTALL,
)
_OFF = {"", "false", "no", "off", "0"}
_SECRET = re.compile(r"//[^/@\s]*@")


def read_config(runner: Runner, layout: Layout, scratch: Path) -> tuple[Config, list[Finding]]:
    """Reads the repository's configuration files, without what they include.

    Args:
        runner: starts git.
        layout: the repository.
        scratch: a folder of ours, for the copy that git parses.
    """
    config: Config = []
    findings: list[Finding] = []
    for name, folder in (("config", layout.common_dir), ("config.worktree", layout.git_dir)):
        if not os.path.lexists(folder / name):
            continue
        data = read_plain(folder / name, _LIMIT)
        if data is None:
            findings.append(_finding(FindingKind.UNREADABLE, "a link, too large, or not readable", name, admits=False))
            continue
        copy = scratch / "config-copy"
        copy.write_bytes(data)
        output = runner.run("config", "--file", str(copy), "--no-includes", "-z", "--list", check=False)
        if not output and data.strip():
            findings.append(_finding(FindingKind.UNREADABLE, "git cannot parse it", name, admits=False))
        for item in output.split(b"\0")[:-1]:
            key, _, value = item.partition(b"\n")
            config.append((text(key), text(value)))
    return config, findings


def object_format(config: Config, layout: Layout) -> str:
    """The hash of the repository's ids: ``sha1`` or ``sha256``.

    Raises:
        SourceError: a hash or a ref storage that cannot be read.
    """
    settings = dict(config)
    storage = settings.get("extensions.refstorage", "files")
    if storage != "files" or (layout.common_dir / "reftable").is_dir():
        raise SourceError(
            "the refs of this repository are stored as a reftable, which cannot be read",
            hint="in a copy, run: git refs migrate --ref-format=files",
            locator=str(layout.worktree or layout.git_dir),
        )
    chosen = settings.get("extensions.objectformat", "sha1").lower()
    if chosen not in {"sha1", "sha256"}:
        raise SourceError(f"unknown object format {chosen!r}", locator=str(layout.worktree or layout.git_dir))
    return chosen


def active_settings(config: Config) -> Iterator[Finding]:
    """Names each setting that would run a program, fetch objects or read other files; values may be secrets."""
    seen: set[str] = set()
    for key, value in config:
        program = _ACTIVE.fullmatch(key) is not None and not (key == "core.fsmonitor" and value.lower() in _OFF)
        shell = (key.startswith("alias.") or key.endswith(".update")) and value.startswith("!")
        helper = "ext::" in value
        if (program or shell or helper) and key not in seen:
            seen.add(key)
            yield _finding(FindingKind.ACTIVE_CONFIG, f"{_SECRET.sub('//', key)} is set; it was not obeyed", "config")


def side_files(layout: Layout) -> Iterator[Finding]:
    """Names what else would change git's reading: hooks, grafts, alternates, attributes."""
    common = layout.common_dir
    hooks: list[str] = []
    try:
        with os.scandir(common / "hooks") as entries:
            hooks = sorted(
                text(entry.name)
                for entry in entries
                if not entry.name.endswith(".sample") and entry.is_file() and entry.stat().st_mode & 0o111
            )
    except OSError:
        hooks = []
    for hook in hooks[:_HOOKS]:
        yield _finding(FindingKind.ACTIVE_CONFIG, "a hook that would run; it did not", f"hooks/{hook}")
    if _has_lines(common / "info" / "grafts"):
        yield _finding(FindingKind.GRAFT, "grafts claim other parents; the commits' own were read", "info/grafts")
    for name in ("alternates", "http-alternates"):
        if _has_lines(common / "objects" / "info" / name):
            yield _finding(
                FindingKind.ALTERNATES,
                "objects of another repository are borrowed; only those that lie in this one were read",
                f"objects/info/{name}",
            )
    if _has_lines(common / "info" / "attributes"):
        yield _finding(FindingKind.ACTIVE_CONFIG, "attributes that select filters; not obeyed", "info/attributes")


def _has_lines(path: Path) -> bool:
    if not os.path.lexists(path):
        return False
    data = read_plain(path, _LIMIT)
    return data is None or any(line.strip() and not line.startswith(b"#") for line in data.splitlines())


def _finding(kind: FindingKind, message: str, name: str, *, admits: bool = False) -> Finding:
    return Finding(kind, f"{name}: {message}", Origin(path=f".git/{name}"), admits=admits)

"""Restore commands: printed, never run. Every name from a source is quoted for a POSIX shell."""

import posixpath
from collections.abc import Sequence
from shlex import quote

from forensics.digest import Digest

__all__ = [
    "checkout_command",
    "commit_command",
    "remove_command",
    "repro_command",
    "restore_commands",
    "stop_command",
    "update_command",
]


def restore_commands(locator: str, path: str, commit: str, digest: Digest) -> tuple[str, ...]:
    """The commands that bring the bytes of one version back into the present folder, and check them.

    Args:
        locator: the repository, where DVC finds its cache and remotes.
        path: the artifact, relative to the repository.
        commit: a commit that holds the version.
        digest: what the bytes must hash to.

    Returns:
        Shell commands, one a line. Checked are files known by plain md5 or by a git id; DVC checks directories, which
        take the place of what is there.
    """
    # A name that begins with a dash would be read as an option.
    name = _plain(path)
    folder = posixpath.dirname(name)
    commands = [f"mkdir -p {quote(folder)}"] if folder else []
    if digest.algorithm == "git":
        # Plumbing alone: no filter, hook, pager or replacement that the repository configures takes part.
        git = f"git --no-replace-objects -C {quote(locator)}"
        commands.append(f"{git} cat-file blob {digest.value} > {quote(name)}")
        commands.append(f'test "$({git} hash-object --no-filters --stdin < {quote(name)})" = {digest.value}')
        return tuple(commands)
    get = f"dvc get --force --rev {commit} --out"
    if digest.is_directory:
        # Into a directory that is there already DVC would put a second one, and leave what is bad where it is.
        beside = quote(f"{name}.restored")
        commands += [f"rm -rf -- {beside}", f"{get} {beside} {quote(locator)} {quote(name)}"]
        commands += [f"rm -rf -- {quote(name)}", f"mv -- {beside} {quote(name)}"]
        return tuple(commands)
    commands.append(f"{get} {quote(name)} {quote(locator)} {quote(name)}")
    if digest.algorithm == "md5" and not digest.is_directory:
        commands.append(f"echo {quote(f'{digest.value}  {name}')} | md5sum --check")
    return tuple(commands)


def commit_command(path: str) -> str:
    """Lets DVC take what now stands at a path, whose files in the repository would still name the bytes before."""
    return f"dvc {_inside(path)}commit --force {quote(_plain(posixpath.basename(path)))}"


def checkout_command(path: str) -> str:
    """Brings what DVC tracks at a path into the work tree."""
    return f"dvc {_inside(path)}checkout --force {quote(_plain(posixpath.basename(path)))}"


def update_command(path: str) -> str:
    """Imports again what a ``.dvc`` file imports."""
    return f"dvc {_inside(path)}update {quote(_plain(f'{posixpath.basename(path)}.dvc'))}"


def remove_command(path: str, names: Sequence[str]) -> str:
    """Takes files out of a directory."""
    return " ".join(["rm -f --", *(quote(f"./{path}/{name}") for name in names)])


def repro_command(name: str, script: str) -> str:
    """Runs one stage again, whatever DVC thinks of it, and no other."""
    file = posixpath.basename(script)
    target = file if file.endswith(".dvc") or file == "Dvcfile" else f"{file}:{name}" if file else name
    return f"dvc {_inside(script)}repro --single-item --force {quote(_plain(target))}"


def stop_command(said: str) -> str:
    """Says what a person has to do, and fails."""
    return f"printf '%s\\n' {quote(said)} >&2; false"


def _inside(path: str) -> str:
    """The option that runs DVC in the folder of a path, since that may be a DVC project of its own."""
    folder = posixpath.dirname(path)
    return f"--cd {quote(_plain(folder))} " if folder else ""


def _plain(name: str) -> str:
    """A name that is not taken for an option."""
    return f"./{name}" if name.startswith("-") else name

"""Restore commands: printed, never run. Every name from a source is quoted for a POSIX shell."""

import posixpath
from shlex import quote

from forensics.digest import Digest

__all__ = ["restore_commands"]


def restore_commands(locator: str, path: str, commit: str, digest: Digest) -> tuple[str, ...]:
    """The commands that bring the bytes of one version back into the present folder, and check them.

    Args:
        locator: the repository, where DVC finds its cache and remotes.
        path: the artifact, relative to the repository.
        commit: a commit that holds the version.
        digest: what the bytes must hash to.

    Returns:
        Shell commands, one a line. Checked are files known by plain md5 or by a git id; DVC checks directories.
    """
    # A name that begins with a dash would be read as an option.
    name = f"./{path}" if path.startswith("-") else path
    folder = posixpath.dirname(name)
    commands = [f"mkdir -p {quote(folder)}"] if folder else []
    if digest.algorithm == "git":
        # Plumbing alone: no filter, hook, pager or replacement that the repository configures takes part.
        git = f"git --no-replace-objects -C {quote(locator)}"
        commands.append(f"{git} cat-file blob {digest.value} > {quote(name)}")
        commands.append(f'test "$({git} hash-object --no-filters --stdin < {quote(name)})" = {digest.value}')
        return tuple(commands)
    commands.append(f"dvc get --force --rev {commit} --out {quote(name)} {quote(locator)} {quote(name)}")
    if digest.algorithm == "md5" and not digest.is_directory:
        commands.append(f"echo {quote(f'{digest.value}  {name}')} | md5sum --check")
    return tuple(commands)

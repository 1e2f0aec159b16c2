"""Whether the files that a store calls live lie beside it. Nothing is opened and no link is followed."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["gone"]

_MANY = 1_000_000


def gone(folder: Path, uris: Iterable[tuple[int, str]]) -> Iterator[int]:
    """Finds the artifacts whose file is not there, among those that can be told.

    It can be told for an address below the store's own folder, whether absolute, or relative to that folder or to one
    above it, if the first part of the way below the folder is there at all: evidence is often a store without its data.

    Args:
        folder: the folder that holds the store.
        uris: artifact ids and addresses.

    Yields:
        Ids of artifacts whose file or folder is missing.
    """
    seen: dict[str, bool | None] = {}
    for artifact, uri in uris:
        parts = _below(folder, uri)
        if len(seen) < _MANY and parts and len(parts) > 1 and _is_missing(folder, parts, seen):
            yield artifact


def _below(folder: Path, uri: str) -> list[str]:
    """The parts of the way from the folder to the address; empty where it does not lie below."""
    text = re.sub("^file://(localhost)?(?=/)", "", uri.replace("\\", "/"))
    if "\0" in text or "://" in text or re.match("[A-Za-z]:", text):
        return []
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if ".." in parts:
        return []
    own = folder.absolute().parts[1:]
    if text.startswith("/"):
        return parts[len(own) :] if tuple(parts[: len(own)]) == own else []
    if own and own[-1] in parts:
        return parts[parts.index(own[-1]) + 1 :]
    return parts


def _is_missing(folder: Path, parts: list[str], seen: dict[str, bool | None]) -> bool:
    """Goes down part by part. ``seen``: whether a part is a folder to go into; None where it is not there."""
    place = os.fspath(folder)
    for depth, part in enumerate(parts):
        place = f"{place}/{part}"
        if place not in seen:
            try:
                seen[place] = stat.S_ISDIR(os.lstat(place).st_mode)
            except FileNotFoundError:
                seen[place] = None
            except OSError:
                seen[place] = False
        if seen[place] is None:
            return depth > 0
        if not seen[place]:
            return False  # a file, which is there; or a link, which is not followed
    return False

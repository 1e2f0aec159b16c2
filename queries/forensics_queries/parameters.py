"""Parameters that are mappings, compared key by key."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["Key", "changed_keys", "differing", "leaves"]


@dataclass(frozen=True, slots=True)
class Key:
    """A key that differs: its dotted name, and its values as JSON; None where there is none."""

    name: str
    values: tuple[str | None, str | None]

    @property
    def change(self) -> str:
        """What became of it."""
        old, new = self.values
        return "added" if old is None else "removed" if new is None else "replaced"


def changed_keys(old: str, new: str) -> list[Key] | None:
    """The keys in which two mappings differ, in order; None where one of the texts is no mapping in JSON."""
    before, after = leaves(old), leaves(new)
    if not before or not after:
        return None
    return differing(before, after)


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[Key]:
    """The names whose values differ, in order."""
    names = sorted(before.keys() | after.keys())
    return [Key(name, (before.get(name), after.get(name))) for name in names if before.get(name) != after.get(name)]


def leaves(text: str) -> dict[str, str]:
    """The leaves of a JSON object by dotted key, each as JSON; none for anything else."""
    try:
        value = json.loads(text)
        return dict(_leaves(value, "")) if isinstance(value, dict) else {}
    except (ValueError, RecursionError):
        return {}


def _leaves(value: object, prefix: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, json.dumps(value, ensure_ascii=False, separators=(",", ":"))

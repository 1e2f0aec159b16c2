"""The parameters of one stage."""

from pathlib import Path


def read(section):
    """Numbers under a section of params.yaml, which is two levels deep and nothing else."""
    found, current = {}, ""
    for line in Path("params.yaml").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if not line.startswith(" "):
            current = key
        elif current == section:
            found[key.strip()] = int(value)
    return found

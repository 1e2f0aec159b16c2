"""SQL kept in ``.sql`` files: each statement stands under a ``-- @name`` line."""

import re
from functools import cache
from importlib.resources import files

__all__ = ["statements"]

_NAME = re.compile(r"^-- @name (\w+)$", re.MULTILINE)


@cache
def statements(package: str, file: str) -> dict[str, str]:
    """Reads the named statements of a file.

    Args:
        package: the import package that ships the file.
        file: its name in that package.

    Returns:
        SQL texts by name; a file without names is one statement under the empty name.
    """
    parts = _NAME.split(files(package).joinpath(file).read_text(encoding="utf-8"))
    if len(parts) == 1:
        return {"": parts[0]}
    return dict(zip(parts[1::2], parts[2::2], strict=True))

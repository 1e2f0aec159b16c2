"""The pages of the documentation, and the blocks in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PAGES", "ROOT", "Block", "blocks"]

ROOT = Path(__file__).parents[2]
PAGES = tuple(
    path.relative_to(ROOT).as_posix()
    for path in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "SECURITY.md",
        ROOT / "CHANGELOG.md",
        *sorted((ROOT / "docs").glob("*.md")),
    )
)
_BLOCK = re.compile(r"(?:^<!-- not run: (.+?) -->\n)?^```([\w-]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    Attributes:
        page: path of the page from the root of the repository.
        language: what stands behind the opening fence.
        not_run: why it is not run, from the comment before it; empty for one that is.
    """

    page: str
    language: str
    body: str
    not_run: str

    @property
    def first(self) -> str:
        """The first line, by which tests name a block."""
        return self.body.partition("\n")[0]


def blocks(page: str, *languages: str) -> Iterator[Block]:
    """The blocks of a page, of these languages or of all."""
    for why, language, body in _BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        if not languages or language in languages:
            yield Block(page, language, body, why)

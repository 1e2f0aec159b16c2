"""Where a model or dataset that a card names lies: on the Hugging Face Hub, at another address, or beside the card."""

import posixpath
import re

from forensics.model import ArtifactKind
from forensics.values import dataclass
from forensics_connectors.cards.card import Mention
from forensics_connectors.dvc.items import resolve

__all__ = ["Address", "external_address", "local_paths"]

_HUB = "https://huggingface.co/"
_HUB_URL = re.compile(
    r"(?:https?://(?:www\.)?(?:huggingface\.co|hf\.co)/|hf://|hf:)(?P<datasets>datasets/)?(?:models/)?"
    r"(?P<name>[\w.\-]+(?:/[\w.\-]+)?)(?:@(?P<at>[^/]+)|/(?:tree|resolve|blob|commit)/(?P<rev>[^/?#]+))?(?:[/?#].*)?"
)
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.\-]{0,95}(?:/[A-Za-z0-9][\w.\-]{0,95})?")
_PIN = re.compile(r"[0-9a-f]{40}")
_PLACE = re.compile(r"\.{1,2}(?:/|\Z)|/|~|[A-Za-z]:[\\/]|\\\\")


@dataclass(frozen=True, slots=True)
class Address:
    """Something that lies outside the repository.

    Attributes:
        path: the path of its version: ``url:https://huggingface.co/org/name@revision``.
        pinned: the revision is a commit, so that it cannot mean one thing today and another tomorrow.
    """

    path: str
    pinned: bool


def external_address(mention: Mention) -> Address:
    """The address of what a card names, taken for something outside.

    Branches and tags may move: they stand in the address, and pin nothing. Passwords are cut out of URLs.
    """
    name, revision = mention.name, mention.revision
    kind = "datasets/" if mention.kind is ArtifactKind.DATASET else ""
    match = _HUB_URL.fullmatch(name)
    if match is not None:
        kind = match["datasets"] or ("" if name.startswith("http") else kind)
        name, revision = match["name"], match["rev"] or match["at"] or revision
    elif _HUB_ID.fullmatch(name) is None:
        name = resolve(name, "")[0] if "://" in name else name
        return Address(f"url:{name}@{revision}" if revision else f"url:{name}", _PIN.fullmatch(revision) is not None)
    path = f"url:{_HUB}{kind}{name}"
    return Address(f"{path}@{revision}" if revision else path, _PIN.fullmatch(revision) is not None)


def local_paths(name: str, folder: str) -> tuple[tuple[str, ...], bool]:
    """Where in the repository a name may lie.

    Args:
        name: as written in the card.
        folder: of the card, repository-relative.

    Returns:
        The paths to look at, from the card's folder and from the root; and whether it is a path for certain, which
        means nothing on the Hub.
    """
    if "://" in name or name.startswith(("hf:", "~")):
        return (), False
    explicit = _PLACE.match(name) is not None
    paths = [posixpath.normpath(posixpath.join(folder, name)), posixpath.normpath(name)]
    inside = [path for path in paths if not path.startswith(("..", "/")) and path != "."]
    if explicit:
        inside = inside[:1] if inside and inside[0] == paths[0] else []
    return tuple(dict.fromkeys(inside)), explicit and not name.startswith(("/", "~", "\\")) and name[1:2] != ":"

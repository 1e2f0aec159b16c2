"""The lineage in the front matter of one card: the YAML between two lines of dashes at the top of a README.md.

Source of the keys: the model card and dataset card specifications of the Hugging Face Hub (``modelcard.md`` and
``datasetcard.md`` of hub-docs), and how its client finds the block (``huggingface_hub.repocard``).
"""

import re
from collections.abc import Iterator

from forensics.model import ArtifactKind, FindingKind
from forensics.values import dataclass
from forensics_connectors.dvc.documents import Problem
from forensics_connectors.dvc.yaml import MAX_BYTES, Node, Plain, decode, load

__all__ = ["MAX_MENTIONS", "Card", "Mention", "front_matter", "is_card", "read_card"]

#: Models and datasets that one card may name.
MAX_MENTIONS = 1_000
_LONGEST = 1_000

_OPENING = re.compile(rb"(?:\xef\xbb\xbf)?\s*---[ \t]*\r?\n")
_CLOSING = re.compile(rb"^---[ \t]*\r?$", re.MULTILINE)
#: Bytes without which no front matter names an origin; an escape may hide a key in a quoted text.
_HINT = re.compile(rb"base_model|datasets|new_version|\\[xuU]")
_NAMES = ("name", "id", "repo", "repo_id", "path", "model", "dataset")
_RELATIONS = frozenset(("finetune", "adapter", "merge", "quantized"))
_MODEL_KEYS = frozenset(("base_model", "new_version", "datasets", "library_name", "model-index", "pipeline_tag"))
_DATASET_KEYS = frozenset(
    ("source_datasets", "dataset_info", "size_categories", "task_categories", "annotations_creators", "configs")
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A model or dataset that a card names.

    Attributes:
        key: the card's own word: ``base_model``, ``datasets``, ``source_datasets`` or ``new_version``.
        name: as written: ``org/name``, an URL, or a path; without the revision.
        kind: model or dataset.
        revision: the revision that the card names with it, empty where it names none, or several.
        relation: ``finetune``, ``adapter``, ``merge`` or ``quantized``, for a base model where the card says so.
    """

    key: str
    name: str
    kind: ArtifactKind
    revision: str = ""
    relation: str = ""

    @property
    def reason(self) -> str:
        """The word for the edge."""
        return self.relation or {"datasets": "dataset", "source_datasets": "source-dataset"}.get(
            self.key, self.key.replace("_", "-")
        )


@dataclass(frozen=True, slots=True)
class Card:
    """What one card says.

    Attributes:
        kind: what it describes, a model or a dataset.
        mentions: what it names, each once.
        unnamed: it says that there are sources which it does not name.
        problems: what is wrong with it.
    """

    kind: ArtifactKind = ArtifactKind.MODEL
    mentions: tuple[Mention, ...] = ()
    unnamed: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def has_lineage(self) -> bool:
        """Whether it says anything of where its model or dataset comes from, or hides that it might."""
        return bool(self.mentions or self.unnamed or self.problems)


def is_card(path: str) -> bool:
    """Whether a file may be a card, by its name."""
    return path.rpartition("/")[2].lower() == "readme.md"


def front_matter(data: bytes) -> bytes | None:
    """The YAML at the top of a file, None where it has none."""
    opening = _OPENING.match(data)
    if opening is None:
        return None
    closing = _CLOSING.search(data, opening.end())
    return None if closing is None else data[opening.end() : closing.start()]


def read_card(data: bytes) -> Card:
    """Reads a card.

    Args:
        data: the bytes of a README.md; one without front matter, or without a word of origins in it, says nothing.
    """
    block = front_matter(data[: MAX_BYTES + 8])
    if block is None or not _HINT.search(block):
        return Card()
    problems: list[Problem] = []
    content = decode(block, problems)
    node = load(content, problems, aliases=True) if content is not None else None
    if not isinstance(node, dict):
        return Card(problems=tuple(problems))
    mentions = list(dict.fromkeys(_mentions(node)))
    if len(mentions) > MAX_MENTIONS:
        message = f"names {len(mentions)} models and datasets, more than the {MAX_MENTIONS} that are read"
        problems.append(Problem(FindingKind.TOO_LARGE, message, admits=True))
    odd = [key for key in ("base_model", "datasets", "source_datasets", "new_version") if _is_odd(node.get(key))]
    problems += [Problem(FindingKind.UNREADABLE, f"{key} names nothing that can be read", key, True) for key in odd]
    is_dataset = not _MODEL_KEYS & node.keys() and bool(_DATASET_KEYS & node.keys())
    return Card(
        kind=ArtifactKind.DATASET if is_dataset else ArtifactKind.MODEL,
        mentions=tuple(mentions[:MAX_MENTIONS]),
        unnamed=any(_is_unnamed(name) for name, _ in _named(node.get("source_datasets"))),
        problems=tuple(problems),
    )


def _mentions(node: dict[str, Node]) -> Iterator[Mention]:
    evaluated = _evaluated(node.get("model-index"))
    relation = _text(node.get("base_model_relation"))
    for name, revision in _named(node.get("base_model")):
        yield Mention("base_model", name, ArtifactKind.MODEL, revision, relation if relation in _RELATIONS else "")
    for name, revision in _named(node.get("datasets")):
        known = evaluated.get(name, set())
        yield Mention(
            "datasets", name, ArtifactKind.DATASET, revision or (next(iter(known)) if len(known) == 1 else "")
        )
    for written, revision in _named(node.get("source_datasets")):
        name = written.removeprefix("extended|")
        if name not in ("original", "extended", "other") and not name.startswith("other-"):
            yield Mention("source_datasets", name, ArtifactKind.DATASET, revision)
    for name, revision in _named(node.get("new_version")):
        yield Mention("new_version", name, ArtifactKind.MODEL, revision)


def _is_unnamed(source: str) -> bool:
    name = source.removeprefix("extended|")
    return name in ("extended", "other") or name.startswith("other-")


def _named(node: Node) -> Iterator[tuple[str, str]]:
    """Names with revisions: of a text, of a mapping that has both, or of each of a list of them."""
    for item in node if isinstance(node, list) else [node]:
        if isinstance(item, dict):
            name = next((found for key in _NAMES if (found := _text(item.get(key)))), "")
            revision = _text(item.get("revision"))
        else:
            name, revision = _text(item), ""
        if name and not revision and "@" in name and "://" not in name:
            name, _, revision = name.rpartition("@")
        if name:
            yield name, revision


def _is_odd(node: Node) -> bool:
    """Whether something is written where names should be, and no name could be read of part of it."""
    items = node if isinstance(node, list) else [node]
    return any(item and not _is_null(item) and not list(_named(item)) for item in items)


def _is_null(node: Node) -> bool:
    return isinstance(node, Plain) and node in ("null", "Null", "NULL", "~")


def _evaluated(node: Node) -> dict[str, set[str]]:
    """Revisions of datasets by their names, in the results of ``model-index``."""
    found: dict[str, set[str]] = {}
    for model in node if isinstance(node, list) else []:
        results = model.get("results") if isinstance(model, dict) else None
        for result in results if isinstance(results, list) else []:
            dataset = result.get("dataset") if isinstance(result, dict) else None
            if isinstance(dataset, dict) and _text(dataset.get("type")) and _text(dataset.get("revision")):
                found.setdefault(_text(dataset["type"]), set()).add(_text(dataset["revision"]))
    return found


def _text(node: Node) -> str:
    if not isinstance(node, str) or _is_null(node):
        return ""
    return str(node).strip() if len(node) <= _LONGEST else ""

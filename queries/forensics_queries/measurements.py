"""Series of measurements: what a metric said of one version of a model after another."""

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import PurePosixPath
from statistics import fmean

from forensics.case import Case
from forensics.errors import UsageError
from forensics_queries.coverage import LATEST
from forensics_queries.state import History
from forensics_queries.statement import rows
from forensics_queries.succession import Succession

__all__ = ["Series", "better", "find_metric", "series"]

_HIGHER = """auc auroc auprc acc accuracy ap bleu correct dice f1 f2 fbeta fscore gini iou kappa map mcc mrr ndcg
    precision r2 recall rouge sensitivity specificity tnr tpr"""
_LOWER = """brier cer deviance ece eer err error errors fid fnr fpr logloss loss mae mape mse nll perplexity ppl rmse
    wer"""
#: Words in names of metrics, and which values are better where they stand.
_WAYS = {**dict.fromkeys(_HIGHER.split(), "higher"), **dict.fromkeys(_LOWER.split(), "lower")}
_SHOWN = 20
#: How a measurement was tied to a version of a model: by the rank of the statement ``measured``.
_TIES = ("recorded", "recorded", "recorded", "inferred")


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one artifact, version by version.

    Attributes:
        metric: its name, as asked for.
        artifact: id of the model's artifact, ``path`` its path.
        versions: of the model, the oldest first as far as ancestry tells.
        values: as measured, one a version; the mean where several documents measure it.
        inferred: some value is tied to its version by nothing but the commit that holds both.
        unclear: runs that could measure one of several models, and are left out.
    """

    metric: str
    artifact: int
    path: str
    versions: tuple[int, ...]
    values: tuple[float, ...]
    inferred: bool
    unclear: int = 0

    @property
    def words(self) -> str:
        """The series in a sentence."""
        spread = f"from {min(self.values):g} to {max(self.values):g}"
        tie = ", tied to them by the commit alone (inferred)" if self.inferred else ""
        more = f"; {self.unclear} runs leave open which model is meant" if self.unclear else ""
        return f"{len(self.versions)} versions of {self.path} are measured, {spread}{tie}{more}"


def find_metric(case: Case, text: str, direction: str = "") -> tuple[str, str, list[Series]]:
    """Finds a metric by its name.

    Args:
        case: the case.
        text: ``auc``, the last part of a longer name such as ``test.auc``, or ``metrics/test.json:auc``.
        direction: ``higher`` or ``lower``, whichever is better; told by the name where empty.

    Returns:
        The name in full, which way is better, and its series.

    Raises:
        UsageError: there is no such metric, several are called so, none has a series, or its direction is unknown.
    """
    known = [(name, path) for name, path, _ in rows(case, "measurements.names", until=LATEST)]
    names = sorted({name for name, _ in known})
    if not names:
        raise UsageError(
            "the case holds no measurements",
            hint="they come from DVC metrics and ML Metadata; else label versions: forensics observe SUBJECT bad",
        )
    path, _, bare = text.rpartition(":")
    found = [name for name in names if name == bare] or [name for name in names if name.endswith(f".{bare}")]
    found = [name for name in found if not path or (name, path) in known]
    if not found:
        listed = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        raise UsageError(
            f"no metric in the case is called {text}", hint=f"there are: {listed}", candidates=tuple(names)
        )
    if len(found) > 1:
        raise UsageError(
            f"{text} can mean {len(found)} metrics", hint=f"say which: {', '.join(found)}", candidates=tuple(found)
        )
    metric = f"{path}:{found[0]}" if path else found[0]
    direction = direction or better(found[0])
    if not direction:
        raise UsageError(
            f"nobody can tell by its name which values of {metric} are better",
            hint="say it with --higher-is-better or --lower-is-better",
        )
    return metric, direction, series(case, metric)


def better(name: str) -> str:
    """Which values of a metric are better, by its name: ``higher``, ``lower``, or an empty text."""
    words = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    ways = {_WAYS[word] for word in words if word in _WAYS}
    return ways.pop() if len(ways) == 1 else ""


def series(case: Case, metric: str, *, until: int = LATEST) -> list[Series]:
    """The series of a metric, one for each artifact of which two versions or more are measured.

    Args:
        case: the case.
        metric: its name in full, the path of the document and a colon before it where several documents have it.
        until: the newest acquisition that counts.

    Raises:
        UsageError: several documents measure one model under this name, or no model has two versions measured.
    """
    path, _, name = metric.rpartition(":")
    found = [row for row in rows(case, "measurements.values", metric=name, until=until) if path in {"", row[2]}]
    ties, unclear = _ties(case, found, until)
    values: dict[int, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    documents: dict[int, set[str]] = defaultdict(set)
    inferred: set[int] = set()
    for version, _, document, value in found:
        for model, artifact, tie in ties.get(version, ()):
            values[artifact][model].append(value)
            documents[artifact].add(document)
            if tie == "inferred":
                inferred.add(artifact)
    several = sorted({document for known in documents.values() if len(known) > 1 for document in known})
    if several:
        named = [f"{document}:{name}" for document in several]
        raise UsageError(
            f"several documents measure the {name} of one model", hint=f"say which: {', '.join(named)}",
            candidates=tuple(named),
        )  # fmt: skip
    history = History.load(case)
    paths = {row[0]: row[2] for row in rows(case, "measurements.model_artifacts")}
    made = []
    for artifact in sorted(values):
        order = _ordered(case, history, artifact, list(values[artifact]))
        measured = tuple(fmean(values[artifact][version]) for version in order)
        if len(order) > 1:
            shown = paths.get(artifact, "")
            made.append(Series(metric, artifact, shown, tuple(order), measured, artifact in inferred, unclear))
    if not made:
        raise UsageError(
            _why_none(metric, values, unclear), hint="label versions instead: forensics observe SUBJECT bad"
        )
    return made


def _why_none(metric: str, values: dict[int, dict[int, list[float]]], unclear: int) -> str:
    if values:
        return f"{metric} is known of one version only, so nothing can be compared with it"
    if unclear:
        return f"which model {metric} measures cannot be told: its runs read several"
    return f"which versions of a model {metric} measures is not on record"


def _ties(
    case: Case, found: list[tuple[int, int, str, float]], until: int
) -> tuple[dict[int, set[tuple[int, int, str]]], int]:
    """For each version that holds numbers: the versions of models that they measure, their artifacts, and how known.

    Returns:
        The ties, and how many runs or commits leave it open which model is meant.
    """
    paths = {version: path for version, _, path, _ in found}
    sources = {version: source for version, source, _, _ in found}
    ties: dict[int, set[tuple[int, int, str]]] = defaultdict(set)
    unclear = 0
    measured = rows(case, "measurements.measured", versions=sorted(paths), until=until)
    for version, of_version in groupby(measured, key=itemgetter(0)):
        whole = list(of_version)
        if whole[0][1] == 0:
            ties[version].add((whole[0][3], whole[0][4], _TIES[0]))
            continue
        for run in sorted({row[2] for row in whole}):
            of_run = [row for row in whole if row[2] == run]
            nearest = [row for row in of_run if row[1] == of_run[0][1]]
            chosen = _chosen(paths[version], [(row[3], row[4], row[5], row[6]) for row in nearest])
            unclear += not chosen
            ties[version].update((*model, _TIES[nearest[0][1]]) for model in chosen)
    made = {row[0] for row in rows(case, "measurements.runs", versions=sorted(paths))}
    loose = sorted(version for version in paths if version not in ties and version not in made)
    for version, model in _at_commits(case, loose, paths, sources):
        ties[version].add((*model, _TIES[3]))
    return ties, unclear


def _chosen(path: str, models: list[tuple[int, int, str, str]]) -> list[tuple[int, int]]:
    """Of models that a document could measure the one it does: the only one, or the one that it is named after."""
    if len({artifact for _, artifact, _, _ in models}) > 1:
        called = set(PurePosixPath(path).with_suffix("").parts)
        models = [model for model in models if {PurePosixPath(model[2]).stem, model[3]} & called]
    same = {artifact for _, artifact, _, _ in models}
    return [(version, artifact) for version, artifact, _, _ in models] if len(same) == 1 else []


def _at_commits(
    case: Case, versions: list[int], paths: dict[int, str], sources: dict[int, int]
) -> list[tuple[int, tuple[int, int]]]:
    """What no run on record wrote measures the model that stands at the commit which brought it in."""
    if not versions:
        return []
    history = History.load(case)
    candidates: dict[int, list[tuple[int, str, str, dict[int, int]]]] = defaultdict(list)
    for artifact, source, path, name in rows(case, "measurements.model_artifacts"):
        if source in set(sources.values()):
            for held in history.held_everywhere(case, artifact).values():
                candidates[source].append((artifact, path, name, held))
    found = []
    for version, commit in rows(case, "measurements.introduced", versions=versions):
        models = [
            (held[commit], artifact, path, name)
            for artifact, path, name, held in candidates[sources[version]]
            if commit in held
        ]
        found += [(version, model) for model in _chosen(paths[version], models)]
    return found


def _ordered(case: Case, history: History, artifact: int, versions: list[int]) -> list[int]:
    """Versions, the oldest first: by ancestry; those that no commit holds by the time that their store claims."""
    succession = Succession(history, history.held_everywhere(case, artifact).values())
    created = {node: time or 0 for node, time in rows(case, "measurements.created", versions=sorted(versions))}
    rest = [version for version in versions if not succession.holds(version)]
    return [
        *sorted(rest, key=lambda version: (created.get(version, 0), version)),
        *reversed(succession.newest_first(versions)),
    ]

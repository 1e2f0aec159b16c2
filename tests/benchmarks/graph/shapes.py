"""Generated lineage graphs of the shapes that real cases have, and the questions asked of them.

45 % of the edges stand in projects with a small tracked directory (32 files, 200 versions), 45 % in projects with a
wide one (1,000 files, 50 versions), 10 % in chains of 2,500 dataset versions (5,000 hops). A project's version is an
ingest run that makes the changed files, a directory that holds all current files, a training run and a model; most
ingest runs also read an earlier model of any project. Node ids are dense and in the order of time, as in a case.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.graph import Graph, build, reach

#: Share of ingest runs that read an earlier model, and how far back that is at most, as a share of all models.
LINKED = 0.9
RECENT = 0.05
#: Edge and node codes of the generated graphs.
GENERATED, MEMBER, USED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Edges:
    """The columns that ``forensics.graph.build`` takes, and the nodes that questions start from."""

    causes: NDArray[np.int32]
    effects: NDArray[np.int32]
    codes: NDArray[np.uint8]
    kinds: NDArray[np.uint8]
    chain_heads: NDArray[np.int32]
    files: NDArray[np.int32]
    ingests: NDArray[np.int32]  # of the wide projects, by project and version
    all_ingests: NDArray[np.int32]  # of every project, by time


def generate(edges: int, seed: int = 7) -> Edges:
    """About that many edges, in the order of recording."""
    random = np.random.default_rng(seed)
    small = _projects(edges * 45 // 100, files=32, changed=4, versions=200, random=random)
    wide = _projects(edges * 45 // 100, files=1000, changed=250, versions=50, random=random)
    chains = _chains(edges // 10, hops=5000, random=random)
    parts, base = [], 0
    for part in (small, wide, chains):
        parts.append({name: column + base if name in NODE_COLUMNS else column for name, column in part.items()})
        base += len(part["time"])
    joined = {name: np.concatenate([part[name] for part in parts if name in part]) for name in parts[0] | parts[2]}

    time = joined["time"]
    models = joined["models"][np.argsort(time[joined["models"]], kind="stable")]
    readers = joined["ingests"][random.random(len(joined["ingests"])) < LINKED]
    earlier = np.searchsorted(time[models], time[readers])
    readers, earlier = readers[earlier > 0], earlier[earlier > 0]
    window = np.minimum(earlier, max(int(RECENT * len(models)), 1))
    read = models[earlier - 1 - (random.random(len(readers)) * window).astype(np.int64)]
    causes = np.concatenate([joined["causes"], read])
    effects = np.concatenate([joined["effects"], readers])
    codes = np.concatenate([joined["codes"], np.full(len(readers), USED)])

    ranks = np.empty(len(time), dtype=np.int32)
    ranks[np.argsort(time, kind="stable")] = np.arange(len(time), dtype=np.int32)
    recorded = np.argsort(np.maximum(ranks[causes], ranks[effects]), kind="stable")
    return Edges(
        causes=ranks[causes][recorded],
        effects=ranks[effects][recorded],
        codes=codes[recorded].astype(np.uint8),
        kinds=joined["kinds"][np.argsort(time, kind="stable")].astype(np.uint8),
        chain_heads=ranks[joined["heads"]],
        files=np.sort(ranks[joined["files"]]),
        ingests=ranks[parts[1]["ingests"]],
        all_ingests=np.sort(ranks[joined["ingests"]]),
    )


NODE_COLUMNS = {"causes", "effects", "models", "ingests", "files", "heads"}


def _projects(
    edges: int, *, files: int, changed: int, versions: int, random: np.random.Generator
) -> dict[str, NDArray[Any]]:
    """Projects side by side; in each version ``changed`` files of the directory in turn are made anew."""
    count = max(edges // (versions * (files + changed + 2)), 1)
    first = 4 * versions  # ingest, directory, training and model of each version, then the files
    size = first + files + (versions - 1) * changed
    bases = np.arange(count)[:, None, None] * size
    version, file = np.arange(versions)[None, :, None], np.arange(files)[None, None, :]
    ingests, directories, runs, models = (bases + part * versions + version for part in range(4))
    rounds = files // changed
    made = version - (version - file // changed) % rounds  # when the current state of each file was made
    current = bases + first + np.where(made <= 0, file, files + (made - 1) * changed + file % changed)
    new = bases + first + np.arange(files + (versions - 1) * changed)[None, None, :]
    born = np.concatenate([np.zeros(files, dtype=int), np.repeat(np.arange(1, versions), changed)])
    by = bases[:, 0] + born[None, :]
    links = [
        (by, new[:, 0], GENERATED),
        (current, np.broadcast_to(directories, current.shape), MEMBER),
        (directories, runs, USED),
        (runs, models, GENERATED),
    ]
    start = random.random((count, 1)) * 0.3
    moments = start + (1 - start) * (np.arange(versions)[None, :] + random.random((count, versions))) / versions
    moments.sort(axis=1)
    tick = 1e-9
    time = np.concatenate([moments + tick * part for part in (0, 2, 3, 4)] + [moments[:, born] + tick], axis=1)
    kinds = np.repeat(np.array([0, 1, 2, 3, 4]), [versions] * 4 + [size - first])
    return {
        "causes": np.concatenate([causes.ravel() for causes, _, _ in links]),
        "effects": np.concatenate([effects.ravel() for _, effects, _ in links]),
        "codes": np.repeat([code for _, _, code in links], [causes.size for causes, _, _ in links]),
        "time": time.ravel(),
        "kinds": np.tile(kinds, count),
        "models": models.ravel(),
        "ingests": ingests.ravel(),
        "files": new.ravel(),
    }


def _chains(edges: int, *, hops: int, random: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Datasets of which each is made from the one before by a run."""
    hops = min(hops, max(edges // 2, 2))
    count = max(edges // hops, 1)
    nodes = np.arange(count)[:, None] * (hops + 1) + np.arange(hops + 1)[None, :]
    codes = np.tile(np.where(np.arange(hops) % 2 == 0, USED, GENERATED), count)
    time = np.sort(random.random((count, hops + 1)), axis=1)
    return {
        "causes": nodes[:, :-1].ravel(),
        "effects": nodes[:, 1:].ravel(),
        "codes": codes,
        "time": time.ravel(),
        "kinds": np.tile(np.where(np.arange(hops + 1) % 2 == 0, 1, 2), count),
        "heads": nodes[:, 0],
    }


def questions(edges: Edges, graph: Graph | None = None) -> dict[str, list[int]]:
    """The start nodes of each question."""
    graph = graph or build(edges.causes, edges.effects, edges.codes, edges.kinds)
    chain = edges.chain_heads.tolist()
    half = _half(edges, graph)
    spread = edges.files[:: max(len(edges.files) // 65_000, 1)][:65_000].tolist()
    return {
        "small": _nearest(edges, graph, wanted=100),
        "wide": _nearest(edges, graph, wanted=5_000),
        "half": half,
        "deep": chain[:1],
        "half + 40 chains": half + chain[:40],
        "65,000 starts + 1 chain": spread + chain[:1],
    }


def _nearest(edges: Edges, graph: Graph, wanted: int) -> list[int]:
    """The ingest run whose answer is nearest to so many nodes."""
    picks = edges.all_ingests[:: max(len(edges.all_ingests) // 1000, 1)].tolist()
    sizes = {node: len(reach(graph, [node])) for node in picks[len(picks) // 2 :]}
    return [min(sizes, key=lambda node: (abs(sizes[node] - wanted), node))]


def _half(edges: Edges, graph: Graph) -> list[int]:
    """Twenty ingest runs in a row, at the latest time from which they still reach half of all nodes."""
    runs = edges.all_ingests
    low, high = 0, len(runs) - 20
    while high - low > 1:
        middle = (low + high) // 2
        reached = len(reach(graph, runs[middle : middle + 20].tolist()))
        low, high = (middle, high) if reached > graph.nodes / 2 else (low, middle)
    seeds: list[int] = runs[low : low + 20].tolist()
    return seeds

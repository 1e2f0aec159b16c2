"""Blast radius on generated graphs: ours against DuckDB, igraph and a plain C search.

``python -m tests.benchmarks.graph --edges 1000000 --edges 10000000 --output tables.md``, with the extra ``bench``.
Figures are medians over fresh processes, each with repeats; ratios compare processes of the same run, the engines in
turn, so that other load on the machine hits them alike.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from forensics.graph import build, save
from tests.benchmarks.graph.engines import ENGINES, STAMP
from tests.benchmarks.graph.shapes import generate, questions

#: engine -> question -> figure -> value
Figures = dict[str, dict[str, dict[str, float]]]


def prepare(folder: Path, edges: int) -> str:
    """Writes what the engines read, and says how large it is and how long ours took."""
    columns = generate(edges)
    begin = time.perf_counter()
    graph = build(columns.causes, columns.effects, columns.codes, columns.kinds)
    built = time.perf_counter()
    size = save(graph, folder, STAMP).stat().st_size
    saved = time.perf_counter()
    asked = questions(columns, graph)
    (folder / "questions.json").write_text(json.dumps(asked))
    np.save(folder / "edges.npy", np.column_stack([columns.causes, columns.effects]).astype(np.int64))
    np.save(folder / "nodes.npy", graph.nodes)
    _store(folder, columns.causes, columns.effects, asked)
    _compile(folder)
    return (
        f"## {graph.edges:,} edges, {graph.nodes:,} nodes\n\n"
        f"Both directions built in {built - begin:.2f} s, "
        f"sidecar of {size / 1e6:.0f} MB written in {saved - built:.2f} s."
    )


def _store(folder: Path, causes: np.ndarray, effects: np.ndarray, asked: dict[str, list[int]]) -> None:
    import duckdb
    import pyarrow as pa

    connection = duckdb.connect(str(folder / "edges.duckdb"))
    edges = pa.table({"cause": causes, "effect": effects})
    seeds = pa.table(
        {
            "question": [name for name, nodes in asked.items() for _ in nodes],
            "node": pa.array([node for nodes in asked.values() for node in nodes], pa.int32()),
        }
    )
    for name, order, table in (("edge", "cause, effect", edges), ("seed", "question, node", seeds)):
        connection.register("given", table)
        connection.execute(f"CREATE TABLE {name} AS FROM given ORDER BY {order}")
        connection.unregister("given")
    connection.close()


def _compile(folder: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler:
        source = Path(__file__).with_name("search.c")
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", str(folder / "search.so"), str(source)], check=True)


def measure(folder: Path, engines: list[str], processes: int) -> Figures:
    """Asks every engine every question in fresh processes, and checks that all answers are the same."""
    asked = json.loads((folder / "questions.json").read_text())
    figures: Figures = {engine: {} for engine in engines}
    for question in asked:
        runs: dict[str, list[dict[str, float]]] = {engine: [] for engine in engines}
        for _ in range(processes):
            for engine in engines:
                runs[engine].append(_ask(engine, question, folder))
        answers = {(run["nodes"], run["depths"]) for rows in runs.values() for run in rows}
        if len({nodes for nodes, _ in answers}) > 1 or len({depths for _, depths in answers if depths >= 0}) > 1:
            raise SystemExit(f"{question}: the engines disagree: {answers}")
        for engine, rows in runs.items():
            figures[engine][question] = {name: median(row[name] for row in rows) for name in rows[0]}
        print(f"{question}: {int(max(nodes for nodes, _ in answers)):,} nodes", file=sys.stderr)
    return figures


def _ask(engine: str, question: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.graph.engines", engine, question, str(folder)]
    done = subprocess.run([*command, str(time.monotonic())], check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def tables(figures: Figures) -> str:
    """Markdown: seconds of every engine, then the ratios that the targets are stated in."""
    asked = list(figures["ours"])
    lines = ["| question | nodes | " + " | ".join(f"{engine} cold / warm s" for engine in figures) + " |"]
    lines.append("|---|---:|" + "---:|" * len(figures))
    for question in asked:
        cells = [f"{_seconds(row[question]['cold'])} / {_seconds(row[question]['warm'])}" for row in figures.values()]
        lines.append(f"| {question} | {int(figures['ours'][question]['nodes']):,} | " + " | ".join(cells) + " |")
    others = [engine for engine in figures if not engine.startswith("ours")]
    lines += ["", "| question | numpy | memory MB | " + " | ".join(f"{o} ÷ ours, cold / warm" for o in others) + " |"]
    lines.append("|---|---|---:|" + "---:|" * len(others))
    for question in asked:
        own = figures["ours"][question]
        cells = [
            " / ".join(f"{figures[other][question][name] / own[name]:.2f}" for name in ("cold", "warm"))
            for other in others
        ]
        loaded = "yes" if own["numpy"] else "no"
        lines.append(f"| {question} | {loaded} | {int(own['memory'])} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *_targets(figures)])


def _targets(figures: Figures) -> list[str]:
    """The targets and what was measured of each."""
    own = figures["ours"]
    half = own["half"]
    rows = [("half, cold, load included: at most 0.6 s", f"{half['cold']:.2f} s", half["cold"] <= 0.6)]
    if "igraph" in figures:
        other = figures["igraph"]["half"]
        faster = other["cold"] / half["cold"]
        rows.append(("half, cold: at least 10 times faster than igraph with its load", f"{faster:.1f}", faster >= 10))
        slower = half["warm"] / other["warm"]
        rows.append(("half, warm: no slower than igraph", f"{slower:.2f} of its time", slower <= 1))
    if "C" in figures:
        slower = half["warm"] / figures["C"]["half"]["warm"]
        rows.append(("half, warm: within 4 times the C search", f"{slower:.1f} times", slower <= 4))
    small = own["small"]
    rows.append(
        ("small: milliseconds, no numpy", f"{small['warm'] * 1000:.2f} ms warm", small["warm"] < 0.005 > small["numpy"])
    )
    deep, wide = (own[name]["warm"] / own[name]["nodes"] for name in ("deep", "wide"))
    rows.append(("deep: no more a node than a wide answer", f"{deep / wide:.2f} of it", deep <= wide))
    lines = ["| target | measured | holds |", "|---|---:|---|"]
    return lines + [f"| {name} | {value} | {'yes' if holds else 'no'} |" for name, value, holds in rows]


def _seconds(value: float) -> str:
    return f"{value:.2g}" if value < 0.1 else f"{value:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.graph", description=__doc__)
    parser.add_argument("--edges", type=int, action="append", help="size of the graph; may be given several times")
    parser.add_argument("--processes", type=int, default=3, help="fresh processes of each engine and question")
    parser.add_argument("--engine", action="append", choices=list(ENGINES), help="instead of all")
    parser.add_argument("--output", type=Path, help="write the tables there too")
    arguments = parser.parse_args()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [
        f"{os.cpu_count()} cores, {memory:.0f} GB of memory, Python {sys.version.split()[0]}, numpy {np.__version__}. "
        f"Medians over {arguments.processes} fresh processes; cold is from the start of the process to its first "
        "answer, loading included."
    ]
    engines = ["ours", *(name for name in arguments.engine or ENGINES if name != "ours")]
    for edges in arguments.edges or [1_000_000]:
        with tempfile.TemporaryDirectory() as scratch:
            title = prepare(Path(scratch), edges)
            parts.append(title + "\n\n" + tables(measure(Path(scratch), engines, arguments.processes)))
        text = "\n\n".join(parts) + "\n"
        if arguments.output:
            arguments.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()

"""``python -m tests.benchmarks.mlmd``: a large store into the case, against the official client that pages it through.

The client reads types, artifacts, executions, contexts and events into memory; the ingest reads all of that and event
paths, groups and properties, judges it, and writes it to a case. Ratios are of one run on one machine.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.ingest.__main__ import run
from tests.benchmarks.mlmd.generator import generate

_CLIENT = """
import sys
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb
config = pb.ConnectionConfig()
config.sqlite.filename_uri = sys.argv[1]
config.sqlite.connection_mode = 1
store = metadata_store.MetadataStore(config)
types = [store.get_artifact_types(), store.get_execution_types(), store.get_context_types()]
artifacts, executions, contexts = store.get_artifacts(), store.get_executions(), store.get_contexts()
ids = [artifact.id for artifact in artifacts]
events = []
for first in range(0, len(ids), 10_000):
    events += store.get_events_by_artifact_ids(ids[first:first + 10_000])
print(len(artifacts), len(executions), len(contexts), len(events))
"""
_IMPORTS = "from ml_metadata import metadata_store"
_INGEST = "from forensics.cli import main; main()"


def closure(case: Path) -> tuple[int, int, float, float]:
    """Follows the first artifact to its end: nodes reached, hops, seconds to load the graph and to search it."""
    from forensics.case import Case
    from forensics.graph import reach

    with Case.open(case) as opened:
        first = opened.connection.execute("SELECT version_id FROM versions WHERE label = 'artifact/1'").fetchall()[0][0]
        begin = time.perf_counter()
        graph = opened.graph()
        loaded = time.perf_counter()
        found = reach(graph, [first])
        nodes, depths, _ = found.as_arrays()
        done = time.perf_counter()
    return len(nodes), int(depths.max()) // 2, loaded - begin, done - loaded


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000, help="runs of five executions each; 20,000 by default")
    parser.add_argument("--repeat", type=int, default=3, help="how often both sides are timed; the best counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        store = Path(name) / "metadata.db"
        generate(store, options.runs)
        print(f"store of {options.runs * 5} executions, {store.stat().st_size >> 20} MB")
        client, ours = [], []
        for number in range(options.repeat):  # in turn, so that both meet the same weather
            client.append(run([sys.executable, "-c", _CLIENT, str(store)]))
            case = Path(name) / f"{number}.duckdb"
            ours.append(run([sys.executable, "-c", _INGEST, "ingest", str(store), "--case", str(case)]))
        loading, _ = run([sys.executable, "-c", _IMPORTS])
        theirs = min(client)[0] - loading
        mine, peak = min(ours)[0], max(used for _, used in ours)
        print(f"client   {theirs:6.2f} s without its imports ({loading:.2f} s), peak {max(client)[1]} MB")
        print(f"ingest   {mine:6.2f} s whole process, peak {peak} MB: {theirs / mine:.1f} times as fast")
        again, _ = run([sys.executable, "-c", _INGEST, "ingest", str(store), "--case", str(case)])
        print(f"again    {again:6.2f} s, nothing new: {again / mine:.1%} of the first")
        reached, hops, load, search = closure(case)
        print(f"closure  {search:6.3f} s for {reached} nodes and {hops} executions deep, graph loaded in {load:.2f} s")
        if theirs < 4 * mine or peak >= 600 or load + search >= 1:
            raise SystemExit("a target is missed")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        raise SystemExit(error.stderr) from error

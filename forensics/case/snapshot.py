"""The case's edges as a graph of integer arrays, kept in a sidecar beside the case."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.case.codes import NODE_KINDS, PARENT, edge_code
from forensics.case.sql import statements
from forensics.digest import EMPTY
from forensics.graph import Graph, build, load, save
from forensics.model import EdgeKind, Strength

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["build_graph", "load_graph", "sidecar_path"]


def sidecar_path(path: Path) -> Path:
    """The folder of arrays beside a case file. It may be removed at any time."""
    return path.with_name(path.name + ".graph")


def load_graph(connection: "DuckDBPyConnection", path: Path, stamp: str) -> Graph:
    """The graph of a case: from the sidecar if its stamp is right, else built, and kept where the folder allows it."""
    sidecar = sidecar_path(path)
    graph = load(sidecar, stamp)
    if graph is None:
        graph = build_graph(connection)
        with contextlib.suppress(OSError, ValueError):  # a cache: without it the next question builds it again
            save(graph, sidecar, stamp)
    return graph


def build_graph(connection: "DuckDBPyConnection", until: int = 2**31 - 1) -> Graph:
    """Builds the graph from the tables.

    Args:
        connection: the case.
        until: the newest acquisition whose facts are seen.

    Returns:
        Nodes are the case's ids; codes are those of ``forensics.case.codes``.
    """
    import numpy as np

    sql = statements("forensics.case", "snapshot.sql")
    nodes = connection.execute(sql["kinds"], {"kinds": [kind.value for kind in NODE_KINDS]}).fetchnumpy()
    edges = connection.execute(
        sql["edges"],
        {
            "empty": sorted(EMPTY),
            "kinds": [kind.value for kind in EdgeKind],
            "strengths": [strength.value for strength in Strength],
            "content": edge_code(EdgeKind.CONTENT),
            "assumed": edge_code(EdgeKind.CONTENT, Strength.ASSUMED),
            "member": edge_code(EdgeKind.MEMBER),
            "authored": edge_code(EdgeKind.AUTHORED),
            "parent": PARENT,
            "until": until,
        },
    ).fetchnumpy()
    return build(
        np.asarray(edges["cause"], dtype=np.int32),
        np.asarray(edges["effect"], dtype=np.int32),
        np.asarray(edges["code"], dtype=np.uint8),
        np.asarray(nodes["code"], dtype=np.uint8),
    )

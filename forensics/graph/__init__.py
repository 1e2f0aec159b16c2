"""Traversal over integer arrays: who is reached from where, by which shortest path. It knows no SQL and no kinds.

Nodes are ``0 … n-1`` and edges, each with a code of one byte, point from cause to effect. The arrays are plain
memory views, so that a small answer from a memory-mapped sidecar needs no numpy.
"""

from forensics.graph.adjacency import Adjacency, Graph, build, without
from forensics.graph.cycles import strong_components
from forensics.graph.paths import is_reachable, shortest_path
from forensics.graph.reach import Reach, reach
from forensics.graph.sidecar import load, save

__all__ = [
    "Adjacency",
    "Graph",
    "Reach",
    "build",
    "is_reachable",
    "load",
    "reach",
    "save",
    "shortest_path",
    "strong_components",
    "without",
]

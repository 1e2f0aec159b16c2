"""Pictures of a graph in layers, as SVG of our own."""

from forensics.report.picture.folding import MANY, fold
from forensics.report.picture.svg import STYLE, draw

__all__ = ["MANY", "STYLE", "draw", "fold"]

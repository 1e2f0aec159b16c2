"""The sample incident of a supply chain: a registry, a team that takes from it, and the store of its training runs."""

from .answers import PERSONAL, SWAPPED
from .build import SupplyChainSample, build

__all__ = ["PERSONAL", "SWAPPED", "SupplyChainSample", "build"]

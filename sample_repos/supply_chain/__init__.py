"""The sample incident of a supply chain: a registry, a team that takes from it, and the store of its training runs."""

from .build import SupplyChainSample, build

__all__ = ["SupplyChainSample", "build"]

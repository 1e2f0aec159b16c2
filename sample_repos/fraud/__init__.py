"""The sample incident: a fraud-detection repository of DVC and git that was poisoned through one vendor's file."""

from .build import FraudSample, build

__all__ = ["FraudSample", "build"]

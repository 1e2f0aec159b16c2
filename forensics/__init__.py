"""Lineage forensics: where poisoned data came from, what it touches, and what to go back to."""

__version__ = "0.1.0"

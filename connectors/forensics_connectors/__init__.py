"""Connectors: one package or module a source. They yield records and know no database."""

"""The files that are made from a bundle: one module a format, with a function ``write(bundle) -> bytes``.

A format module also says where its file stands: ``FILE``, a path below ``data/`` in the bag. A format is added by its
module and one line in ``FORMATS``. ``write`` reads no clock, no file and no network, and the same bundle gives the same
bytes.
"""

from collections.abc import Callable
from importlib import import_module

from forensics.errors import UsageError
from forensics.evidence.bundle import Bundle

__all__ = ["ALWAYS", "FORMATS", "writer"]

#: What every bag holds.
ALWAYS = ("evidence", "acquisition", "custody")

#: Formats by the name that ``--also`` takes: the module of this package that writes each.
FORMATS: dict[str, str] = {
    "evidence": "evidence",
    "acquisition": "acquisition",
    "custody": "custody",
    "prov": "prov",
    "cyclonedx": "cyclonedx",
    "ocsf": "ocsf",
    "hec": "hec",
    "ro-crate": "ro_crate",
    "stix": "stix",
    "parquet": "parquet",
    "graphml": "graphml",
    "dot": "dot",
    "mermaid": "mermaid",
}


def writer(name: str) -> tuple[str, Callable[[Bundle], bytes]]:
    """The file that a format makes, as a path below ``data/``, and the function that writes it.

    Raises:
        UsageError: there is no such format.
    """
    if name not in FORMATS:
        further = sorted(set(FORMATS) - set(ALWAYS))
        known = f"one of {', '.join(further)}" if further else "there are none beside those that every bag holds"
        raise UsageError(f"no format {name!r}", hint=known)
    module = import_module(f"forensics.evidence.formats.{FORMATS[name]}")
    return module.FILE, module.write

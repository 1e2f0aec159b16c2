"""Digests that other sources name, computed from objects of the cache, which DVC itself knows by md5 alone."""

import hashlib
import os
from collections.abc import Iterator, Sequence

from forensics.digest import Digest
from forensics.model import Finding, FindingKind, Origin, Record, SameBytes, Strength, Wanted
from forensics_connectors.dvc.storage import Storage, open_plain

__all__ = ["search_storage"]

#: Bytes of all objects that are looked at.
_BUDGET = 64 << 30
_BLOCK = 1 << 20
_ALGORITHMS = ("sha1", "sha256")


def search_storage(storage: Storage, wanted: Sequence[Wanted], held: Sequence[Digest]) -> Iterator[Record]:
    """Hashes objects of caches and local remotes by the algorithms that are asked for.

    Args:
        storage: where the objects lie.
        wanted: what to look for; digests of other algorithms than those DVC has are looked for here.
        held: md5 digests of files that may be what is wanted.

    Yields:
        ``SameBytes`` from a wanted digest to the md5 under which DVC knows the bytes; a finding that admits where the
        budget cut the search.
    """
    missing = {
        algorithm: {one.digest.value for one in wanted if one.digest.algorithm == algorithm}
        for algorithm in _ALGORITHMS
    }
    left = _BUDGET
    for digest in held:
        asked = [algorithm for algorithm, values in missing.items() if values]
        if not asked:
            return
        for path in storage.places(digest):
            file = open_plain(path)
            if file is None:
                continue
            with file:
                left -= os.fstat(file.fileno()).st_size
                if left < 0:
                    message = f"the search for digests that other sources name was cut at {_BUDGET:,} bytes of objects"
                    yield Finding(FindingKind.TOO_LARGE, message, Origin(locus="search"), admits=True)
                    return
                sums = {name: hashlib.new(name, usedforsecurity=False) for name in ("md5", *asked)}
                while block := file.read(_BLOCK):
                    for each in sums.values():
                        each.update(block)
            if sums["md5"].hexdigest() != digest.value:
                continue  # the object is not what its name says
            for algorithm in asked:
                value = sums[algorithm].hexdigest()
                if value in missing[algorithm]:
                    missing[algorithm].discard(value)
                    yield SameBytes(
                        Digest(algorithm, value), digest, Strength.MATCHED, Origin(locus=f"object {digest}")
                    )
            break

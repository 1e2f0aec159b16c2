"""Digests: how content is known, printed ``algorithm:value`` everywhere."""

import re

from forensics.values import dataclass

__all__ = ["ALGORITHMS", "EMPTY", "Digest"]

#: Algorithms of full content hashes and the number of hexadecimal digits of each. ``md5-dos2unix`` is what
#: DVC before 3.0 computed: md5 after CRLF was turned into LF in files that look like text. ``git`` is a git
#: blob or tree id, of 40 digits in a sha1 repository and 64 in a sha256 one. ``tfx-code`` is the sha256 that TFX makes
#: of the Python files of a user module's folder, by name and bytes: the digest of a listing.
ALGORITHMS: dict[str, tuple[int, ...]] = {
    "md5": (32,),
    "md5-dos2unix": (32,),
    "sha1": (40,),
    "sha256": (64,),
    "git": (40, 64),
    "tfx-code": (64,),
}

_HEX = re.compile(r"[0-9a-f]+\Z")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """The digest of one content.

    ``str(Digest.parse(text)) == text`` for every well-formed text. Directories are digests whose value ends in
    ``.dir``, as DVC writes them. Algorithms outside ``ALGORITHMS`` (``etag``, ``param``, ``checksum``) name a
    state of something without proving its bytes.

    Attributes:
        algorithm: the name of the algorithm, lower case.
        value: hexadecimal digits in lower case for the algorithms of ``ALGORITHMS``, else the text as found.
    """

    algorithm: str
    value: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value}"

    @classmethod
    def parse(cls, text: str) -> "Digest":
        """Reads ``algorithm:value``.

        Raises:
            ValueError: no algorithm, or a value that the algorithm cannot have.
        """
        algorithm, colon, value = text.partition(":")
        digest = cls(algorithm, value)
        if not colon or not value or not digest.is_well_formed:
            raise ValueError(f"not a digest: {text!r}")
        return digest

    @property
    def is_directory(self) -> bool:
        """Whether this is the digest of a directory listing."""
        return self.value.endswith(".dir")

    @property
    def is_content_hash(self) -> bool:
        """Whether equal digests mean equal bytes (up to a forged collision)."""
        return self.algorithm in ALGORITHMS

    @property
    def is_well_formed(self) -> bool:
        """Whether the value has the length and the digits that the algorithm gives."""
        lengths = ALGORITHMS.get(self.algorithm)
        if lengths is None:
            return bool(self.algorithm)
        bare = self.value.removesuffix(".dir")
        return len(bare) in lengths and _HEX.match(bare) is not None


#: The empty file and the empty directory: shared by chance everywhere, so they join nothing (rule 2).
EMPTY: frozenset[str] = frozenset(
    {
        "md5:d41d8cd98f00b204e9800998ecf8427e",
        "md5-dos2unix:d41d8cd98f00b204e9800998ecf8427e",
        "md5:d751713988987e9331980363e24189ce.dir",
        "md5-dos2unix:d751713988987e9331980363e24189ce.dir",
        "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "git:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "git:473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
    }
)

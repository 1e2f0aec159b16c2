"""The digests that DVC computes, against DVC's own code."""

import io

from dvc_data.hashfile.hash import fobj_md5
from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.meta import Meta
from dvc_data.hashfile.tree import Tree
from hypothesis import example, given, settings
from hypothesis import strategies as st

from forensics_connectors.dvc.hashing import directory_digest, file_digests

PIECES = st.lists(st.sampled_from([b"a", b"\r\n", b"\n", b"\0", b"\r", b"\xff", b"text " * 200, b"\x80" * 300]))


@settings(deadline=None)
@given(PIECES.map(b"".join))
@example(b"\r\n" * 2**20)
@example(b"x" * (2**20 - 1) + b"\r\n" + b"\0" + b"\r\n")
def test_both_file_digests_are_dvcs(data: bytes) -> None:
    plain, unix = file_digests(data)
    assert plain.value == fobj_md5(io.BytesIO(data), name="md5")
    assert unix.value == fobj_md5(io.BytesIO(data), name="md5-dos2unix")


@settings(deadline=None)
@given(st.dictionaries(st.text("ab/ö0.-", min_size=1).filter(lambda n: "//" not in n), st.text("01", min_size=1)))
def test_the_digest_of_a_directory_is_dvcs(members: dict[str, str]) -> None:
    tree = Tree()
    for name, value in members.items():
        tree.add(tuple(name.split("/")), Meta(), HashInfo("md5", value))
    tree.digest()
    assert directory_digest(members.items()).value == tree.oid

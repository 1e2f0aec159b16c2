"""The DVC connector on histories written by hand: directories and their parts, listings, imports."""

import time

import pytest

from forensics.digest import Digest
from forensics.model import EdgeKind, FindingKind, GapKind, Listing, Strength, content_key, external_key, version_key
from tests.support.dvcdocuments import directory, facts_of, lock, store, tracked, yaml
from tests.support.gitrepo import GitRepo
from tests.support.records import md5


def test_outputs_inside_a_read_directory_are_its_members(repo: GitRepo) -> None:
    inner, inner_md5 = directory(x=md5("x"), y=md5("y"))
    ignore = "/one\n/sub\n"
    _, whole = directory(
        **{
            "one": md5("one"),
            "sub/x": md5("x"),
            "sub/y": md5("y"),
            "readme": md5("hello\n"),
            ".gitignore": md5(ignore),
            "one.dvc": md5(tracked("one", md5("one"))),
            "sub.dvc": md5(tracked("sub", inner_md5)),
        }
    )
    store(repo, inner)
    repo.write({"all/readme": "hello\n", "all/.gitignore": ignore})
    repo.write({"all/one.dvc": tracked("one", md5("one")), "all/sub.dvc": tracked("sub", inner_md5)})
    repo.write({"dvc.yaml": yaml(train=("train", ["all"], ["model"]))})
    repo.write({"dvc.lock": lock(train=("train", [("all", whole)], [("model", md5("m"))]))})
    repo.commit()
    facts = facts_of(repo)
    target = version_key("all", Digest("md5", whole))
    causes = {e.cause for e in facts.edges(EdgeKind.MEMBER) if e.effect == target and e.strength is Strength.MATCHED}
    assert version_key("all/one", Digest("md5", md5("one"))) in causes
    assert version_key("all/sub", Digest("md5", inner_md5)) in causes
    assert version_key("all/readme", Digest("git", repo.git("rev-parse", "HEAD:all/readme"))) in causes
    (listing,) = (listing for listing in facts.all(Listing) if listing.directory.value == whole)
    assert len(listing.names) == 7
    assert not facts.gaps(GapKind.CODE_NOT_COMMITTED)
    assert not facts.gaps(GapKind.MISSING_LISTING)


def test_without_its_listing_a_whole_is_joined_by_path(repo: GitRepo) -> None:
    repo.write({"all.dvc": tracked("all/one", md5("one")), "dvc.yaml": yaml(train=("train", ["all"], ["model"]))})
    repo.write({"dvc.lock": lock(train=("train", [("all", "7" * 32 + ".dir")], [("model", md5("m"))]))})
    repo.commit()
    facts = facts_of(repo)
    (edge,) = facts.edges(EdgeKind.MEMBER)
    assert (edge.strength, edge.reason) == (Strength.INFERRED, "by-path")
    (gap,) = facts.gaps(GapKind.MISSING_LISTING)
    assert gap.node == content_key(Digest("md5", "7" * 32 + ".dir"))


def test_a_part_that_no_known_whole_holds_is_unlinked(repo: GitRepo) -> None:
    text, digest = directory(a=md5("a"))
    store(repo, text)
    repo.write({"data.dvc": tracked("data", digest), "dvc.yaml": yaml(train=("train", ["data/a"], ["model"]))})
    repo.write({"dvc.lock": lock(train=("train", [("data/a", md5("other"))], [("model", md5("m"))]))})
    repo.commit()
    facts = facts_of(repo)
    assert [gap.node for gap in facts.gaps(GapKind.UNLINKED)] == [version_key("data/a", Digest("md5", md5("other")))]
    assert facts.findings(FindingKind.STALE_LOCK)


def test_parts_of_an_unlisted_directory_may_be_parts_of_each_other(repo: GitRepo) -> None:
    repo.write({"data.dvc": tracked("data", "7" * 32 + ".dir")})
    repo.write({"dvc.yaml": yaml(one=("one", ["data/sub"], ["o"]), two=("two", ["data/sub/x", "data/y"], ["p"]))})
    one = ("one", [("data/sub", "8" * 32 + ".dir")], [("o", md5("o"))])
    two = ("two", [("data/sub/x", md5("x")), ("data/y", md5("y"))], [("p", md5("p"))])
    repo.write({"dvc.lock": lock(one=one, two=two)})
    repo.commit()
    facts = facts_of(repo)
    sub, file = (
        version_key("data/sub", Digest("md5", "8" * 32 + ".dir")),
        version_key("data/sub/x", Digest("md5", md5("x"))),
    )
    (edge,) = (e for e in facts.edges(EdgeKind.PART) if e.cause == sub)
    assert (edge.effect, edge.strength, edge.reason) == (file, Strength.INFERRED, "by-path")


def test_an_unlisted_directory_is_listed_by_an_equal_folder_of_another(repo: GitRepo) -> None:
    copied, whole = directory(**{"sub/x": md5("x"), "sub/deep/y": md5("y"), "z": md5("z")})
    _, part = directory(**{"x": md5("x"), "deep/y": md5("y")})
    store(repo, copied)
    repo.write({"copy.dvc": tracked("copy", whole), "data.dvc": tracked("data", "7" * 32 + ".dir")})
    repo.write({"dvc.yaml": yaml(train=("train", ["data/sub"], ["model"]))})
    repo.write({"dvc.lock": lock(train=("train", [("data/sub", part)], [("model", md5("m"))]))})
    repo.commit()
    facts = facts_of(repo)
    assert {listing.directory.value: listing.names for listing in facts.all(Listing)}[part] == ("deep/y", "x")
    (gap,) = facts.gaps(GapKind.MISSING_LISTING)
    assert gap.node == content_key(Digest("md5", "7" * 32 + ".dir"))


def test_folders_nested_without_end_are_not_hashed_once_for_each(repo: GitRepo) -> None:
    base = "/".join("a" * 400)
    copied, whole = directory(**{f"{base}/{name}": md5(str(name)) for name in range(4_000)}, **{"sub/x": md5("x")})
    _, part = directory(x=md5("x"))
    store(repo, copied)
    repo.write({"copy.dvc": tracked("copy", whole), "data.dvc": tracked("data", "7" * 32 + ".dir")})
    repo.write({"dvc.yaml": yaml(train=("train", ["data/sub"], ["model"]))})
    repo.write({"dvc.lock": lock(train=("train", [("data/sub", part)], [("model", md5("m"))]))})
    repo.commit()
    start = time.process_time()
    facts = facts_of(repo)
    assert time.process_time() - start < 10
    assert part in {listing.directory.value for listing in facts.all(Listing)}


@pytest.mark.parametrize("folder", [".dvc/cache", ".dvc/cache/files/md5", "remote", "remote/files/md5", "elsewhere"])
def test_listings_are_read_from_caches_and_local_remotes(repo: GitRepo, folder: str) -> None:
    text, digest = directory(a=md5("a"), b=md5("b"))
    repo.write({".dvc/config": "['remote \"r\"']\n    url = ../remote\n[cache]\n    dir = ../elsewhere\n"})
    store(repo, text, folder)
    repo.write({"data.dvc": tracked("data", digest)})
    repo.commit()
    (listing,) = facts_of(repo).all(Listing)
    assert listing.names == ("a", "b")
    assert listing.values == (md5("a"), md5("b"))


def test_a_directory_of_single_versions_in_the_cloud_gets_its_digest(repo: GitRepo) -> None:
    _, digest = directory(**{"a": md5("a"), "sub/b": md5("b")})
    entries = "".join(
        f"  - relpath: {name}\n    md5: {md5(name[-1])}\n    size: 1\n    cloud: {{s3: {{etag: x, version_id: v}}}}\n"
        for name in ("sub/b", "a")
    )
    repo.write({"data.dvc": f"outs:\n- hash: md5\n  path: data\n  files:\n{entries}"})
    repo.commit()
    (listing,) = facts_of(repo).all(Listing)
    assert (listing.directory.value, listing.names, listing.sizes) == (digest, ("a", "sub/b"), (1, 1))


def test_an_import_comes_from_the_locked_commit_of_another_repository(repo: GitRepo) -> None:
    text = (
        "frozen: true\ndeps:\n- path: data/x\n  repo:\n    url: https://me:secret@example.com/reg.git\n"
        f"    rev: v1\n    rev_lock: {'a' * 40}\n" + tracked("x", md5("x"))
    )
    repo.write({"x.dvc": text})
    repo.commit()
    facts = facts_of(repo)
    (edge,) = facts.edges(EdgeKind.IMPORTED)
    assert edge.cause == external_key(f"url:https://example.com/reg.git@{'a' * 40}:data/x", None)
    assert edge.effect == version_key("x", Digest("md5", md5("x")))
    assert not any("secret" in repr(record) for record in facts.records)


def test_an_imported_url_is_an_external_origin(repo: GitRepo) -> None:
    deps = "deps:\n- etag: '\"abc\"'\n  size: 3\n  path: https://example.com/x.csv\n"
    repo.write({"x.csv.dvc": deps + tracked("x.csv", md5("x"))})
    repo.write({"part.dvc": "deps:\n- path: s3://b/y\n  md5: " + md5("y") + "\n  hash: md5\nouts:\n- path: y\n"})
    repo.write({"none.dvc": "deps:\n- path: s3://b/z\n  etag: q\nouts:\n- path: z\n"})
    repo.commit()
    facts = facts_of(repo)
    imported = {e.effect: e.cause for e in facts.edges(EdgeKind.IMPORTED)}
    origin = external_key("url:https://example.com/x.csv", Digest("etag", '"abc"'))
    assert imported[version_key("x.csv", Digest("md5", md5("x")))] == origin
    assert version_key("y", Digest("md5", md5("y"))) in imported
    assert [gap.node for gap in facts.gaps(GapKind.NO_DIGEST)] == [version_key("z", None)]

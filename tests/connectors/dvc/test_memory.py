"""What a reading holds is free as soon as the reading ends, since an ingest lets the garbage collector rest."""

import gc
from pathlib import Path

from forensics_connectors.dvc import DvcConnector
from tests.support.gitrepo import GitRepo

MD5 = "0123456789abcdef0123456789abcdef"
LOCK = """schema: '2.0'
stages:
  train:
    cmd: python train.py
    deps:
    - path: data/raw
      hash: md5
      md5: {0}.dir
    outs:
    - path: model.pkl
      hash: md5
      md5: {0}
"""


def test_a_reading_leaves_nothing_to_the_garbage_collector(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    yaml = "stages:\n  train:\n    cmd: python train.py\n    deps: [data/raw]\n    outs: [model.pkl]\n"
    repo.write({".dvc/config": "", "data/raw/a.csv": "a\n", "dvc.yaml": yaml, "dvc.lock": LOCK.format(MD5)})
    repo.commit("train")
    connector = DvcConnector()
    source = connector.discover(str(repo.path))
    assert source is not None
    assert len(list(connector.read(source))) > 5  # whatever is made once and for all is there from now on
    gc.collect()
    gc.disable()
    try:
        for _ in connector.read(source):
            pass
        assert gc.collect() < 50
    finally:
        gc.enable()

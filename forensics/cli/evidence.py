"""``journal``, ``keygen``, ``export`` and ``verify``: what is handed over, and how somebody else checks it."""

from pathlib import Path

import click

from forensics.cli.options import Shared, asking, debug_option
from forensics.cli.output import emit, say

__all__ = ["export_command", "journal_command", "keygen_command", "verify_command"]

_FAILED, _NOT_ALL = 1, 3


@click.command(
    "journal",
    epilog="""\b
Examples:
  forensics journal                  what was done with this case, oldest first
  forensics journal --format json    every field, the digests of the chain among them

forensics verify checks that nothing in it was changed.""",
)
@asking()
def journal_command(shared: Shared) -> None:
    """What was done with the case: by whom, when, with which command.

    Every acquisition, mark, observation, export, and question that fed a report. Each record holds the digest of the
    one before. Users are as the machine reported them.
    """
    emit(shared.opened().journal().answer, shared)


@click.command(
    "keygen",
    epilog="""\b
Examples:
  forensics keygen --out ana.key     ana.key is the secret one, ana.pub goes to whoever will verify

Give ana.pub to others by a way that they trust; a key that comes with the bag proves nothing.""",
)
@click.option("--out", required=True, metavar="FILE", help="The private key; the public one stands beside it, .pub.")
@debug_option
def keygen_command(out: str) -> None:
    """A key pair to seal evidence with (Ed25519).

    The private key is readable by its owner alone and not encrypted. No file is overwritten.
    """
    from forensics.evidence.keys import make_keys

    public, name = make_keys(Path(out))
    say(f"private key: {out}")
    say(f"public key:  {public}")
    click.echo(name)


@click.command(
    "export",
    epilog="""\b
Examples:
  forensics export case-17 --sign ana.key                 a bag, and its seal case-17.dsse.json beside it
  forensics export case-17 --sign ana.key --with-documents
  forensics export case-17 --also cyclonedx,prov,ocsf,ro-crate,stix
  forensics export for-siem --hec                         data/findings.hec.jsonl, to be sent to Splunk by its owner
  forensics export for-vendor --redact-actors             people as pseudonyms

The bag holds metadata and digests, never data files. Made again from the same case, it has the same bytes. The notes
say the head of the journal: write it down where nobody can change it.""",
)
@click.argument("folder", metavar="DIR")
@click.option("--sign", metavar="KEY", help="Seal the bag with this private key.")
@click.option(
    "--also",
    metavar="FORMAT,...",
    default="",
    help="Further formats, separated by commas: prov, cyclonedx, ocsf, ro-crate, stix, parquet, graphml, dot, mermaid.",
)
@click.option("--hec", is_flag=True, help="Also the OCSF findings in the envelope of Splunk's HTTP Event Collector.")
@click.option(
    "--with-documents",
    "documents",
    is_flag=True,
    help="Add the dvc.lock and .dvc files and ML Metadata rows that facts came from.",
)
@click.option("--redact-actors", "redact", is_flag=True, help="People become pseudonyms, the same ones in every bag.")
@asking()
def export_command(
    shared: Shared, folder: str, sign: str | None, also: str, hec: bool, documents: bool, redact: bool
) -> None:
    """The evidence of the case as a bag that others can check.

    DIR is a new folder, made as BagIt 1.0 has it: evidence.json with marks, observations, affected versions and
    rollback targets, the journal, what was read and what was not. With --sign, an in-toto statement about it stands
    beside it in a DSSE envelope.
    """
    found = shared.opened().export(folder, sign=sign, also=also, hec=hec, documents=documents, redact=redact)
    emit(found.answer, shared)


@click.command(
    "verify",
    epilog="""\b
Examples:
  forensics verify case-17 --trusted-key ana.pub            somebody else's bag, with a key got from its owner
  forensics verify case-17 --trusted-key ana.pub --sources ../repo --sources metadata.db
  forensics verify --head 5d3e...                           the journal of ./case.duckdb

Exits with 1 where something fails, with 3 where nothing fails and something could not be checked: a bag without a seal,
or without a key to check it with.""",
)
@click.argument("folder", metavar="[DIR]", default="")
@click.option("--trusted-key", "keys", multiple=True, metavar="PUB", help="A public key that you trust; may repeat.")
@click.option("--sources", multiple=True, metavar="SOURCE", help="Read this source again and compare; may repeat.")
@click.option("--head", default="", metavar="HEX", help="The head of the journal, as an export printed it.")
@asking()
def verify_command(shared: Shared, folder: str, keys: tuple[str, ...], sources: tuple[str, ...], head: str) -> None:
    """Whether a bag, or the journal of a case, is as it was made.

    With DIR, a bag: its files, manifests, seal, schema and journal; nothing in it is run or trusted. Without, the
    journal of the case: the first record that does not fit is named.
    """
    from forensics.evidence.check import FAILS, OPEN

    found = shared.opened().verify(folder, keys=keys, sources=sources, head=head)
    emit(found.answer, shared)
    states = {row.state for row in found}
    click.get_current_context().exit(_FAILED if FAILS in states else _NOT_ALL if OPEN in states else 0)

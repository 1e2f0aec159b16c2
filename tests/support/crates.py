"""Validates a crate without a network: ``python crates.py CRATE``, by an environment with roc-validator and rocrate.

The validator asks the network for two JSON-LD contexts. The one of RO-Crate comes with the library ``rocrate``; of the
other the few terms that are in use are written down here.
"""

import json
import sys
from importlib.resources import files

import requests
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester

_TERMS = "https://w3id.org/ro/terms/workflow-run#"
_CONTEXTS = {
    "https://w3id.org/ro/crate/1.1/context": files("rocrate").joinpath("data", "ro-crate.jsonld").read_text("utf-8"),
    "https://w3id.org/ro/terms/workflow-run/context": json.dumps(
        {"@context": {name: _TERMS + name for name in ("sha256", "md5")}}
    ),
}


class _Offline:
    """Answers as the network would."""

    def get(self, url, **_settings):
        found = requests.Response()
        found.url, text = url, _CONTEXTS.get(url.rstrip("/"))
        found.status_code, found._content = (504, b"") if text is None else (200, text.encode())
        found.headers["Content-Type"] = "application/ld+json"
        return found

    head = get

    def close(self):
        pass


def main(crate: str) -> int:
    begin = HttpRequester.__init__

    def offline(self, *arguments, **settings):
        begin(self, *arguments, **settings)
        self.session = _Offline()

    HttpRequester.__init__ = offline
    result = services.validate(
        services.ValidationSettings(
            rocrate_uri=crate,
            profile_identifier="process-run-crate-0.5",
            requirement_severity=models.Severity.REQUIRED,
            offline=True,
            skip_availability_check=True,
        )
    )
    for issue in result.get_issues():
        print(issue.severity.name, issue.check.identifier, issue.message)
    return 1 if result.has_issues() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

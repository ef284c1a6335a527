"""Findings as SARIF 2.1.0, as GitHub's code scanning takes it.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..baseline import identities
from ..findings import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..baseline import Identity
    from ..findings import SecretFinding

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HELP = {
    "refused": "Escape the special characters in the URL, or remove the secret by hand.",
    "query": "Fetch the file with a credential instead of a signed or tokenized URL.",
}
_HELP_ELSE = (
    "Keep the secret in a credential store; `git-credential-uvx sanitize --write` moves it there."
)
_REVOKE = (
    "A secret that was committed stays in Git's history even after it was removed from the file: "
    "revoke it at the server."
)
_NAMES = {
    "password": "PasswordInUrl",
    "token": "TokenInUrl",
    "query": "SecretInQuery",
    "fragment": "SecretInFragment",
    "refused": "AmbiguousUrl",
}
_RULES = list(KINDS)


def as_sarif(files: Iterable[tuple[str, Iterable[SecretFinding]]], version: str) -> str:
    """One run over these files: each with its path from the repository's root, with `/`.

    `version` is that of this program. A finding that a comment allows is a suppressed result.
    """
    results = [
        _result(name, found)
        for path, findings in files
        for name, found in identities(path, findings)
    ]
    driver = {
        "name": "git-credential-uvx",
        "version": version,
        "semanticVersion": version,
        "rules": [_rule(kind) for kind in _RULES],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(kind: str) -> dict[str, Any]:
    text = f"{_HELP.get(kind, _HELP_ELSE)} {_REVOKE}"
    return {
        "id": f"url-{kind}",
        "name": _NAMES[kind],
        "shortDescription": {"text": KINDS[kind]},
        "fullDescription": {"text": KINDS[kind]},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": "error"},
        # A number from 0 to 10, as text, that GitHub sorts security alerts by.
        "properties": {"tags": ["security", "secret"], "security-severity": "8.0"},
    }


def _result(name: Identity, found: SecretFinding) -> dict[str, Any]:
    location = {
        "artifactLocation": {"uri": _uri(name[0])},
        "region": {
            "startLine": found.line,
            "startColumn": found.column,
            "endLine": found.line,
            "endColumn": found.end_column,
        },
    }
    result: dict[str, Any] = {
        "ruleId": f"url-{found.kind}",
        "ruleIndex": _RULES.index(found.kind),
        "level": "error",
        "message": {"text": f"{KINDS[found.kind]} {found.redacted}"},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": _fingerprints(name),
    }
    if found.allowed:
        result["suppressions"] = [{"kind": "inSource"}]
    return result


def _uri(path: str) -> str:
    # A colon in the first segment would read as a scheme.
    return quote(path.encode("utf-8", "surrogateescape"), safe="/-._~!$&'()*+,;=@")


def _fingerprints(name: Identity) -> dict[str, str]:
    """Hashes of what the report shows anyway.

    With a `primaryLocationLineHash` of ours, nobody makes one of the line with the secret.
    """
    text = "\0".join(map(str, name)).encode("utf-8", "surrogatepass")
    digest = sha256(text).hexdigest()[:16]
    return {"primaryLocationLineHash": f"{digest}:1", "redactedUrl/v1": digest}

"""Write the software bill of materials that goes into the wheel (CycloneDX 1.6, PEP 770).

It lists what the package needs when it runs, as `pyproject.toml` declares it: which versions are
installed is decided where it is installed. The same input gives the same bytes.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "git-credential-uvx.cdx.json"


def document() -> dict[str, Any]:
    """The bill of materials."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    name = project["name"]
    required = {
        canonicalize_name(requirement.name): str(requirement.specifier)
        for requirement in map(Requirement, project["dependencies"])
    }
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": name,
                "name": name,
                "licenses": [{"license": {"id": project["license"]}}],
                "purl": f"pkg:pypi/{name}",
            }
        },
        "components": [_component(*item) for item in sorted(required.items())],
        "dependencies": [{"ref": name, "dependsOn": sorted(required)}],
    }


def _component(name: str, versions: str) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": name,
        "name": name,
        "scope": "required",
        "purl": f"pkg:pypi/{name}",
        "properties": [{"name": "versions", "value": versions or "*"}],
    }


def text() -> str:
    """The file as it has to be."""
    return json.dumps(document(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())

"""A private Python package for the demo and the pictures: uv builds it without any other."""

from __future__ import annotations

PACKAGE = {
    "README.md": "A private package.\n",
    "pyproject.toml": (
        '[build-system]\nrequires = ["uv_build>=0.9,<1"]\nbuild-backend = "uv_build"\n\n'
        '[project]\nname = "private"\nversion = "1.0"\n\n'
        '[project.scripts]\nprivate = "private:main"\n'
    ),
    "src/private/__init__.py": 'def main():\n    print("Hello from a private package.")\n',
}

# A project that can depend on it.
PROJECT = '[project]\nname = "notes"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n'

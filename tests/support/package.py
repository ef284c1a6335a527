"""A Python package to depend on that is built without any index."""

from __future__ import annotations

# Stands in the repository itself. It does with the standard library what little a wheel needs.
_BACKEND = """\
import os
import zipfile

NAME = "foo-1.0"
METADATA = "Metadata-Version: 2.1\\nName: foo\\nVersion: 1.0\\n"
WHEEL = "Wheel-Version: 1.0\\nGenerator: backend\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"


def get_requires_for_build_wheel(config_settings=None):
    return []


get_requires_for_build_editable = get_requires_for_build_wheel


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder = os.path.join(metadata_directory, f"{NAME}.dist-info")
    os.mkdir(folder)
    for name, text in {"METADATA": METADATA, "WHEEL": WHEEL}.items():
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    return f"{NAME}.dist-info"


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with open("foo.py") as file:
        files = {"foo.py": file.read()}
    files |= {f"{NAME}.dist-info/METADATA": METADATA, f"{NAME}.dist-info/WHEEL": WHEEL}
    record = f"{NAME}.dist-info/RECORD"
    files[record] = "".join(f"{name},,\\n" for name in [*files, record])
    wheel = f"{NAME}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel


build_editable = build_wheel
"""

FOO = {
    "backend.py": _BACKEND,
    "foo.py": 'origin = "private"\n',
    "pyproject.toml": """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "foo"
version = "1.0"
""",
}

# Projects that depend on nothing, and on the package in a repository.
PROJECT = """\
[project]
name = "app"
version = "1.0"
requires-python = ">=3.11"
dependencies = []
"""
DEPENDENT = """\
[project]
name = "app"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["foo"]

[tool.uv.sources]
foo = {{ git = "{url}" }}
"""

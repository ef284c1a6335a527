"""Files that need their secrets, because no store puts them back.

A secret is not taken out of the source of a program unless somebody asks for it. The header of a
Python script that declares its dependencies (PEP 723) is different: uv reads the store for it.

The files of CI jobs, container builds and deployments are cleaned, with a warning: they are used
where there is no store.
"""

from __future__ import annotations

import re

# The ends of the names of program sources, in lower case.
ENDINGS = frozenset(
    "py pyw pyi pyx ipynb js mjs cjs jsx ts mts cts tsx vue svelte sh bash zsh ksh fish ps1 psm1"  # noqa: SIM905
    " bat cmd rb pl pm php lua tcl awk go rs java kt kts scala groovy clj c h cc cpp cxx hh hpp m"
    " mm cs fs vb swift dart ex exs erl hs ml r jl nim d cr zig coffee".split()
)

# https://packaging.python.org/specifications/inline-script-metadata
_HEADER = re.compile(rb"^# /// script[ \t]*\r?$", re.MULTILINE)
_PYTHON = ("py", "pyw")


_DEPLOYED = re.compile(
    r"(?:dockerfile|containerfile)(?:\..+)?|.+\.(?:dockerfile|containerfile)"
    r"|\.env(?:\..+)?|.+\.env"
    r"|(?:(?:docker|podman)-)?compose[^/]*\.ya?ml"
    r"|(?:\.gitlab-ci|azure-pipelines|bitbucket-pipelines)[^/]*\.ya?ml"
)
_WORKFLOW = re.compile(r"(?:^|/)\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml$")


def is_deployed(path: str) -> bool:
    """Whether a file is of a CI job, a container build or a deployment, by its absolute path."""
    path = path.replace("\\", "/").lower()
    name = path.rpartition("/")[2]
    return _DEPLOYED.fullmatch(name) is not None or _WORKFLOW.search(path) is not None


def is_program(path: str, start: bytes) -> bool:
    """Whether a file is the source of a program, by its name or by the `#!` that it starts with."""
    name = path.rpartition("/")[2].lower()
    return start.startswith(b"#!") or ("." in name and name.rpartition(".")[2] in ENDINGS)


def script_header(path: str, start: bytes) -> tuple[int, int]:
    """Where the start of a Python script declares its dependencies; (0, 0) if it does not."""
    is_python = path.lower().rpartition(".")[2] in _PYTHON or start.startswith(b"#!")
    first = _HEADER.search(start) if is_python else None
    if first is None:
        return 0, 0
    end = first.end()
    for line in start[first.end() + 1 :].splitlines(keepends=True):
        end += len(line)
        if line.rstrip() == b"# ///":
            return first.start(), end
        if not line.startswith(b"#"):
            break
    return 0, 0

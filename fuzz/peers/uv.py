"""The real uv: what it sends for a URL with a given store."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
from base64 import b64decode
from functools import cache
from pathlib import Path
from tempfile import mkdtemp


@cache
def program() -> str | None:
    """Where uv is: in the environment of this Python, or on the path."""
    folder = str(Path(sys.executable).parent)
    return shutil.which("uv", path=os.pathsep.join([folder, os.environ.get("PATH", "")]))


@cache
def _root() -> Path:
    root = Path(mkdtemp(prefix="fuzz-uv-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    (root / "credentials").mkdir(mode=0o700)
    return root


def sends(document: bytes, url: str) -> tuple[bool, bytes | None]:
    """Whether uv reads this text as its store, and what it sends to a URL then."""
    root = _root()
    store = root / "credentials" / "credentials.toml"
    store.write_bytes(document)
    store.chmod(0o600)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "UV_CREDENTIALS_DIR": str(store.parent),
        "UV_NO_CONFIG": "1",
    }
    done = subprocess.run(
        [program() or "uv", "auth", "helper", "--protocol=bazel", "get"],
        input=json.dumps({"uri": url}).encode(),
        capture_output=True,
        check=False,
        cwd=root,
        env=environment,
        timeout=60,
    )
    if done.returncode:
        return False, None
    values = json.loads(done.stdout)["headers"].get("Authorization", [])
    if not values:
        return True, None
    scheme, _, value = values[0].partition(" ")
    return True, b64decode(value) if scheme == "Basic" else value.encode()

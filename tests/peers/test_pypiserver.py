"""A real package index with a password: what `explain` names is what lets the real uv in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.machine import Machine


@pytest.mark.parametrize("source", ["nothing", "store", "git", "netrc", "environment"])
def test_uv_installs_where_explain_has_an_answer(machine: Machine, index: str, source: str) -> None:
    host = index.removeprefix("http://")
    if source == "store":
        machine.uv_login(index, "alice", "wonder")
    elif source == "git":
        machine.put(protocol="http", host=host, username="alice", password="wonder")
    elif source == "netrc":
        netrc = machine.home / ".netrc"
        netrc.write_text("machine 127.0.0.1 login alice password wonder\n")
        netrc.chmod(0o600)
    elif source == "environment":
        machine.env |= {"UV_INDEX_CORP_USERNAME": "alice", "UV_INDEX_CORP_PASSWORD": "wonder"}
    machine.env["UV_DEFAULT_INDEX"] = f"corp={index}/simple"
    told = machine.run(
        "git-credential-uvx", "explain", "--json", f"{index}/simple/foo/", check=False
    )
    target = machine.root / "target"
    done = machine.run(
        *("uv", "pip", "install", "--no-cache", "--target", target, "foo"), check=False
    )
    assert (done.returncode == 0) is (source != "nothing")
    assert told.returncode == (0 if source != "nothing" else 1)
    named = {"git": "store", "nothing": None}.get(source, source)
    answer = json.loads(told.stdout)["answer"]
    assert (answer and answer["source"]) == named

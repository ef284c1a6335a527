"""The start-up budget: what each Git operation imports, and that it is no more than it needs."""

from __future__ import annotations

import json
import sys
import time

import click
import pytest

from git_credential_uvx import cli

from .support.machine import BIN, Machine, request

PACKAGE = "git_credential_uvx"

# Runs the installed script, as the shell script does that is installed with it, and tells what it
# imported on top of a bare interpreter.
HARNESS = """
import os, site, sys
site.main()
bare, leave = set(sys.modules), os._exit
def tell(status):
    os.write(2, repr(sorted(set(sys.modules) - bare)).replace("'", '"').encode())
    leave(status)
os._exit = tell
script = sys.argv[1]
sys.argv = sys.argv[1:]
__file__ = script
exec(compile(open(script).read(), script, "exec"))
"""

CORE = {"", "__main__", "errors", "system.posix"}
FIND = {
    *(
        "credential",
        "urls.service",
        "protocol",
        "helper",
        "query",
        "resolver",
        "system.settings",
        "system.files",
    ),
    "toml.document",
    *("stores", "stores.shared", "stores.entries", "stores.uvfile"),
    "stores.tomlfile",
}
CHANGE = FIND | {"stores.changes", "stores.companion"}
LARGE = {"toml.large", "stores.stamp"}
HOST = {"protocol": "https", "host": "git.test"}
ALICE = request(**HOST, username="alice", password="pa")

# Operation and request; modules of this package; others beside __future__, errno and fcntl.
CASES = {
    "capability": (
        "capability",
        b"",
        CORE | {"helper", "credential", "urls.service", "protocol", "query"},
        set(),
    ),
    "get, found": ("get", request(**HOST), CORE | FIND, set()),
    "get, not found": ("get", request(protocol="https", host="x.test"), CORE | FIND, set()),
    "get, refused": ("get", b"host=a\rb\n\n", CORE | {"protocol"}, set()),
    "store, known": ("store", ALICE, CORE | CHANGE, set()),
    "store, new": (
        "store",
        request(**HOST, username="bob", password="pb"),
        CORE | CHANGE | {"system.replace"},
        {"hashlib", "_hashlib", "_blake2", "collections", "keyword", "reprlib"},
    ),
    "erase, nothing": ("erase", request(protocol="https", host="x.test"), CORE | CHANGE, set()),
}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Machine]:
    """For each case a machine with a large store, which a `get` has found to be plain."""
    machines = {name: Machine(tmp_path_factory.mktemp("large")) for name in CASES}
    entries = "".join(
        f'\n[[credential]]\nservice = "https://host{number}.test/"\n'
        f'username = "u"\nscheme = "basic"\npassword = "p"\n'
        for number in range(2000)
    )
    for machine in machines.values():
        machine.uv_login("git.test", "alice", "pa")
        with machine.store.open("a") as store:
            store.write(entries)
    time.sleep(2.1)  # that a file is plain is remembered if the file is not quite new
    for machine in machines.values():
        machine.get(**HOST)
    return machines


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("size", ["small", "large"])
def test_an_operation_imports_only_what_it_needs(
    machine: Machine, request: pytest.FixtureRequest, size: str, name: str
) -> None:
    operation, data, own, others = CASES[name]
    if size == "large":
        machine = request.getfixturevalue("large")[name]
    else:
        machine.uv_login("git.test", "alice", "pa")
    done = machine.run(
        *(sys.executable, "-EPS", "-c", HARNESS),
        *(BIN / "_git-credential-uvx", operation),
        input=data,
    )
    imported = set(json.loads(done.stderr.decode().splitlines()[-1]))
    own = own | LARGE if size == "large" and own >= FIND else own
    own = own | {name.rpartition(".")[0] for name in own}
    package = {f"git_credential_uvx.{name}".rstrip(".") for name in own}
    assert imported - package <= others | {"__future__", "errno", "fcntl", "resource", "time"}
    assert {name for name in imported if name.startswith("git_credential_uvx")} == package


IMPATIENT = """
import sys

class CtrlC:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            raise KeyboardInterrupt

sys.meta_path.insert(0, CtrlC())
sys.argv[:] = ["git-credential-uvx", "list"]
from git_credential_uvx.__main__ import main
sys.exit(main())
"""


def test_ctrl_c_while_a_command_is_loaded_ends_it_quietly(machine: Machine) -> None:
    done = machine.run(sys.executable, "-c", IMPATIENT, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_the_help_loads_no_command(machine: Machine) -> None:
    command = "import sys; sys.argv[1:] = ['--help']; from git_credential_uvx.__main__ import main"
    told = "print(*sorted(name for name in sys.modules if 'uvx' in name))"
    done = machine.run(sys.executable, "-c", f"{command}; main(); {told}")
    names = ("", ".__main__", ".cli", ".cli.common", ".errors", ".system", ".system.posix")
    assert done.stdout.decode().splitlines()[-1].split() == [f"{PACKAGE}{x}" for x in names]


@pytest.mark.parametrize(
    ("name", "summary"),
    [(name, summary) for rows in cli.SECTIONS.values() for name, (_, summary) in rows.items()],
)
def test_the_help_has_a_line_for_each_command(name: str, summary: str) -> None:
    command = cli.command.get_command(click.Context(cli.command), name)
    assert command is not None
    assert command.name == name
    assert summary.endswith(".")
    assert len(summary) <= 60

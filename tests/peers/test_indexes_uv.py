"""uv's indexes as the real uv has them: what it sends to a server on loopback is what
`indexes` says for the same files and variables.

Two questions. A file by its URL, with a netrc that answers for the whole host: only an index
that says "never" keeps uv from sending it, so this tells which index the URL is of. And a
package by its name: this tells which indexes there are, and whose variables go where.
"""

from __future__ import annotations

import sys
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from git_credential_uvx.config.discovery import discover
from git_credential_uvx.config.indexes import Index, index_of
from git_credential_uvx.errors import IndexesError
from git_credential_uvx.query import variable_name
from git_credential_uvx.urls.service import service_from_url
from tests.support.machine import Machine

FILE = "foo_x-1.0-py3-none-any.whl"


class Server:
    """Says `status` to everything, and remembers path and user:password of each request."""

    def __init__(self) -> None:
        self.port = 0
        self.status = 404
        self.seen: list[tuple[str, str | None]] = []


@pytest.fixture
def server() -> Iterator[Server]:
    served = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = self.headers.get("Authorization", "").removeprefix("Basic ")
            served.seen.append((self.path, b64decode(given).decode() if given else None))
            self.send_response(served.status)
            if served.status == 401:
                self.send_header("WWW-Authenticate", "Basic realm=x")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, format: str, *values: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        served.port = http.server_port
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            http.shutdown()
            thread.join()


class Lab:
    """A machine with a project in it, and nothing of the network in reach."""

    def __init__(self, machine: Machine, server: Server) -> None:
        self.machine = machine
        self.server = server
        self.project = machine.root / "project"
        self.project.mkdir()
        del machine.env["UV_NO_CONFIG"]
        # A proxy that is not there keeps uv from going anywhere else.
        machine.env |= {f"{which}_PROXY": "http://127.0.0.1:1" for which in ("HTTP", "HTTPS")}
        machine.env |= {"NO_PROXY": "127.0.0.1", "UV_HTTP_RETRIES": "0"}
        self.set("UV_NO_SYSTEM_CONFIG", "1")
        self.set("UV_DEFAULT_INDEX", "{u}/last/simple")

    def fill(self, text: str) -> str:
        return (
            text.replace("{u}", f"http://127.0.0.1:{self.server.port}")
            .replace("{hp}", f"127.0.0.1:{self.server.port}")
            .replace("{root}", str(self.machine.root))
        )

    def set(self, variable: str, value: str) -> None:
        self.machine.env[variable] = self.fill(value)

    def write(self, path: str, text: str) -> None:
        file = self.machine.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.fill(text))

    def uv(self, requirement: str, folder: Path | None = None) -> None:
        """Ask uv for a package that is not there."""
        done = self.machine.run(
            *("uv", "pip", "compile", "--quiet", "--python", sys.executable, "-"),
            input=self.fill(requirement).encode(),
            cwd=folder or self.project,
            check=False,
        )
        assert done.returncode != 0
        assert b"pypi.org" not in done.stderr, done.stderr

    def indexes(self, folder: Path | None = None) -> list[Index]:
        return discover(str(folder or self.project), self.machine.env, str(self.machine.home))

    def says(self, index: Index) -> str | None:
        """What `indexes` has to say about who is asked first: the URL's own userinfo, then
        the variables of its name, neither where the policy is "never"."""
        if index.policy == "never":
            return None
        if index.username is not None:
            secret = b"" if index.password is None else index.password.reveal()
            return f"{index.username.decode()}:{secret.decode()}"
        if index.name is None:
            return None
        variables = f"UV_INDEX_{variable_name(index.name)}"
        pair = [self.machine.env.get(f"{variables}_{part}") for part in ("USERNAME", "PASSWORD")]
        return None if pair == [None, None] else ":".join(part or "" for part in pair)


@pytest.fixture
def lab(machine: Machine, server: Server) -> Lab:
    return Lab(machine, server)


def never(path: str, policy: str = "never", name: str = "n") -> str:
    return f'[[index]]\nname = "{name}"\nurl = "{{u}}{path}"\nauthenticate = "{policy}"\n'


BELONGS = {
    "the root of simple": (never("/a/simple"), "/a", True),
    "below the root": (never("/a/simple"), "/a/b/c", True),
    "below simple": (never("/a/simple"), "/a/simple/x", True),
    "a longer segment": (never("/a/simple"), "/ab", False),
    "another case": (never("/a/simple"), "/A", False),
    "above the root": (never("/a/simple"), "", False),
    "simple with a slash": (never("/a/simple/"), "/a", True),
    "simple with two slashes": (never("/a/simple//"), "/a", False),
    "simple in capitals": (never("/a/SIMPLE"), "/a", True),
    "devpi's": (never("/a/+simple"), "/a", True),
    "devpi's in any case": (never("/a/+Simple/"), "/a", True),
    "something behind simple": (never("/a/simple/x"), "/a", False),
    "an escape in simple": (never("/a/simpl%65"), "/a", False),
    "simple with a query": (never("/a/simple?x=1"), "/a", True),
    "simple with a fragment": (never("/a/simple#f"), "/a", True),
    "simple alone": (never("/simple"), "/b", True),
    "no simple, a slash": (never("/a/"), "/a", True),
    "an encoded slash": (never("/a%2Fb/simple"), "/a%2Fb", True),
    "an encoded slash in lower case": (never("/a%2Fb/simple"), "/a%2fb", False),
    "an encoded slash for a real one": (never("/a%2Fb/simple"), "/a/b", False),
    "the only one of two": (never("/a/simple") + never("/a/b/simple", "auto", "m"), "/a/c", True),
    "the second of a name": (never("/x/simple", "auto") + never("/a/simple"), "/a", False),
    "an explicit index": (never("/a/simple") + "explicit = true\n", "/a", True),
}


@pytest.mark.parametrize(("text", "folder", "kept"), BELONGS.values(), ids=BELONGS)
def test_uv_agrees_which_index_a_url_is_of(lab: Lab, text: str, folder: str, kept: bool) -> None:
    lab.server.status = 401
    lab.write("project/uv.toml", text)
    lab.write("home/.netrc", "machine 127.0.0.1 login nu password np\n")
    service = service_from_url(lab.fill(f"{{u}}{folder}/{FILE}"))
    assert service is not None
    index = index_of(service, lab.indexes())
    assert (index is not None and index.policy == "never") is kept
    lab.uv(f"foo-x @ {{u}}{folder}/{FILE}")
    asked = [given for path, given in lab.server.seen if path == f"{folder}/{FILE}"]
    assert asked == ([None] if kept else [None, "nu:np"])


WITHIN = {
    "another index": never("/a/simple", "auto") + never("/a/b/simple", "never", "m"),
    "one with the same root": never("/a/b/simple", "auto") + never("/a/b/+simple", "never", "m"),
}


@pytest.mark.parametrize("text", WITHIN.values(), ids=WITHIN)
def test_of_indexes_within_each_other_uv_takes_any_and_the_strict_one_counts_here(
    lab: Lab, text: str
) -> None:
    lab.server.status = 401
    lab.write("project/uv.toml", text)
    lab.write("home/.netrc", "machine 127.0.0.1 login nu password np\n")
    service = service_from_url(lab.fill(f"{{u}}/a/b/{FILE}"))
    assert service is not None
    index = index_of(service, lab.indexes())
    assert index is not None
    assert (index.name, index.policy) == ("m", "never")
    lab.uv(f"foo-x @ {{u}}/a/b/{FILE}")
    # Which of them it is depends on a hash of their URLs, and so on the server's port.
    asked = [given for path, given in lab.server.seen if path == f"/a/b/{FILE}"]
    assert asked in ([None], [None, "nu:np"])


def one(host: str, name: str = "", more: str = "") -> str:
    called = f'name = "{name}"\n' if name else ""
    return f'[[index]]\n{called}url = "{{u}}/{host}/simple"\n{more}'


def tool(text: str) -> str:
    return "[tool.uv]\n" + text.replace("[[index]]", "[[tool.uv.index]]")


def secret(name: str) -> dict[str, str]:
    return {f"UV_INDEX_{name}_USERNAME": "eu", f"UV_INDEX_{name}_PASSWORD": "ep"}


CONFIGURED = {
    "pyproject.toml": ({"project/pyproject.toml": tool(one("a"))}, {}),
    "uv.toml beside pyproject.toml": (
        {"project/pyproject.toml": tool(one("a")), "project/uv.toml": one("b")},
        {},
    ),
    "an empty uv.toml beside it": (
        {"project/pyproject.toml": tool(one("a")), "project/uv.toml": ""},
        {},
    ),
    "a file further up": ({"uv.toml": one("a")}, {}),
    "a pyproject.toml without uv on the way": (
        {"uv.toml": one("a"), "project/pyproject.toml": "[tool.other]\n"},
        {},
    ),
    "a pyproject.toml with an empty table on the way": (
        {"uv.toml": one("a"), "project/pyproject.toml": "[tool.uv]\n"},
        {},
    ),
    "the user's file": ({"home/.config/uv/uv.toml": one("a")}, {}),
    "the user's and the project's": (
        {"home/.config/uv/uv.toml": one("a"), "project/uv.toml": one("b")},
        {},
    ),
    "both with one name": (
        {"home/.config/uv/uv.toml": one("a", "n"), "project/uv.toml": one("b", "n")},
        secret("N"),
    ),
    "a path for a name of the user": (
        {
            "home/.config/uv/uv.toml": one("a", "n"),
            "project/uv.toml": '[[index]]\nname = "n"\nurl = "./x"\n',
            "project/x/y": "",
        },
        {},
    ),
    "XDG_CONFIG_HOME": (
        {"home/.config/uv/uv.toml": one("a"), "x/uv/uv.toml": one("b")},
        {"XDG_CONFIG_HOME": "{root}/x"},
    ),
    "a relative XDG_CONFIG_HOME": (
        {"home/.config/uv/uv.toml": one("a"), "x/uv/uv.toml": one("b")},
        {"XDG_CONFIG_HOME": "../x"},
    ),
    "XDG_CONFIG_DIRS": (
        {f"{x}/uv/uv.toml": one(x) for x in ("x", "y", "home/.config")},
        {"XDG_CONFIG_DIRS": "{root}/none:{root}/y:{root}/x", "UV_NO_SYSTEM_CONFIG": "0"},
    ),
    "UV_CONFIG_FILE": (
        {"home/.config/uv/uv.toml": one("a"), "project/uv.toml": one("b"), "c.toml": one("c")},
        {"UV_CONFIG_FILE": "{root}/c.toml", "UV_NO_CONFIG": "1"},
    ),
    "UV_NO_CONFIG": (
        {"home/.config/uv/uv.toml": one("a"), "project/uv.toml": one("b")},
        {"UV_NO_CONFIG": "TRUE"},
    ),
    "UV_NO_CONFIG that says no": ({"project/uv.toml": one("b")}, {"UV_NO_CONFIG": "off"}),
    "UV_INDEX": (
        {"project/uv.toml": one("a", "n")},
        {"UV_INDEX": "n={u}/b/simple\t{u}/c/simple \n n={u}/d/simple", **secret("N")},
    ),
    "a default with a name": ({}, {"UV_DEFAULT_INDEX": "n={u}/b/simple", **secret("N")}),
    "UV_EXTRA_INDEX_URL": ({}, {"UV_EXTRA_INDEX_URL": "{u}/b/simple {u}/c/simple"}),
    "variables of a name": ({"project/uv.toml": one("a", "my-index.X")}, secret("MY_INDEX_X")),
    "variables in lower case": ({"project/uv.toml": one("a", "n")}, secret("n")),
    "variables of two names": (
        {"project/uv.toml": one("a", "a-b") + one("b", "A.b")},
        secret("A_B"),
    ),
    "only a username": ({"project/uv.toml": one("a", "n")}, {"UV_INDEX_N_USERNAME": "eu"}),
    "only a password": ({"project/uv.toml": one("a", "n")}, {"UV_INDEX_N_PASSWORD": "ep"}),
    "variables and never": (
        {"project/uv.toml": one("a", "n", 'authenticate = "never"\n')},
        secret("N"),
    ),
    "userinfo and variables": (
        {"project/uv.toml": '[[index]]\nname = "n"\nurl = "http://u%40x:p%2Fy@{hp}/a/simple"\n'},
        secret("N"),
    ),
    "a username in the URL": (
        {"project/uv.toml": '[[index]]\nurl = "http://${TOK}@{hp}/a/simple"\n'},
        {"TOK": "expanded"},
    ),
    "a variable in the path": (
        {"project/uv.toml": '[[index]]\nurl = "{u}/${TOK}/simple"\n'},
        {"TOK": "expanded"},
    ),
}


@pytest.mark.parametrize(("files", "environ"), CONFIGURED.values(), ids=CONFIGURED)
def test_uv_agrees_which_indexes_there_are(
    lab: Lab, files: dict[str, str], environ: dict[str, str]
) -> None:
    for path, text in files.items():
        lab.write(path, text)
    for variable, value in environ.items():
        lab.set(variable, value)
    expected = {f"{i.service.path}/foo-x/": lab.says(i) for i in lab.indexes()}
    lab.uv("foo-x")
    # Later requests for the same path are uv's trying of what it learnt from other indexes.
    asked: dict[str, str | None] = {}
    for path, given in lab.server.seen:
        asked.setdefault(path, given)
    assert asked == expected


@pytest.mark.parametrize("source", ["project/uv.toml", "home/.config/uv/uv.toml"])
@pytest.mark.parametrize(
    "text",
    [
        'name = "ünïcode"\nurl = "{u}/a"',
        'name = "a b"\nurl = "{u}/a"',
        'url = "{u}/a"\nauthenticate = "Always"',
        'name = "no url"',
        "url = 1",
        'url = "{u}',
    ],
)
def test_uv_refuses_what_is_refused_here(lab: Lab, source: str, text: str) -> None:
    lab.write(source, "[[index]]\n" + text)
    with pytest.raises(IndexesError):
        lab.indexes()
    lab.uv("foo-x")
    assert lab.server.seen == []


def test_uv_asks_nobody_where_always_finds_nothing(lab: Lab) -> None:
    lab.write("project/uv.toml", one("a", "n", 'authenticate = "always"\n'))
    lab.uv("foo-x")
    assert lab.server.seen == []


def test_uv_sends_what_a_never_url_holds_and_here_it_is_an_error(lab: Lab) -> None:
    more = 'authenticate = "never"\n'
    lab.write("project/uv.toml", one("a", "n", more).replace("{u}", "http://uu:up@{hp}"))
    index = lab.indexes()[1]
    assert (index.policy, index.username) == ("never", b"uu")
    lab.uv("foo-x")
    assert lab.server.seen[0] == ("/a/simple/foo-x/", "uu:up")


def test_uv_sends_the_variables_of_a_name_wherever_a_project_says(lab: Lab) -> None:
    lab.write("home/.config/uv/uv.toml", '[[index]]\nname = "n"\nurl = "https://good.test"\n')
    lab.write("project/uv.toml", one("evil", "n"))
    for variable, value in secret("N").items():
        lab.set(variable, value)
    lab.uv("foo-x")
    assert lab.server.seen[0] == ("/evil/simple/foo-x/", "eu:ep")
    _, index = lab.indexes()
    assert (index.trusted, index.pinned) == (False, "https://good.test")

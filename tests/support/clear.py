"""The victim of the attacks by plain http: every source, and what each gives away for which URL."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from git_credential_uvx.urls.service import Service, service_from_url

from .common import SECRET, entry
from .programs import program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .machine import Machine

# What is asked about, in the order of the letters of each row.
URLS = (
    "https://good.test/",
    "https://good.test:8443/",
    "http://good.test/",
    "http://good.test:443/",
    "http://good.test:8080/",
    "http://localhost/",
    "http://127.0.0.1/",
    "http://[::1]/",
)


class Victim:
    """A user with one source that has a secret for the host of a URL."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        self.folder = folder
        self.runs = machine.root / "runs"
        self.host = self.realm = ""

    def store(self, scheme: str) -> None:
        self.machine.write_store(entry(f"{scheme}://{self.host}/"))

    def variables(self, **variables: str) -> None:
        self.machine.env.update(variables)

    def token(self, port: str = "") -> None:
        self.variables(**{f"UVX_TOKEN_{self.host.replace('.', '_')}{port}": SECRET})

    def index(self, *, trusted: bool, password: str = SECRET) -> None:
        url = f"{self.realm}/simple"
        self.variables(UV_INDEX_CORP_USERNAME="alice", UV_INDEX_CORP_PASSWORD=password)
        if trusted:
            self.variables(UV_INDEX=f"corp={url}")
        else:
            text = f'[[tool.uv.index]]\nname = "corp"\nurl = "{url}"\n'
            (self.folder / "pyproject.toml").write_text(text)

    def netrc(self, words: str, *, of_project: bool = False) -> None:
        if of_project:
            self.index(trusted=False, password="")
        path = self.machine.home / ".netrc"
        path.write_text(f"{words.format(self.host)} login alice password {SECRET}\n")
        path.chmod(0o600)

    def keyring(self, name: str) -> None:
        """A keyring with one entry."""
        self.variables(UV_KEYRING_PROVIDER="subprocess")
        name = name.format(self.host)
        script = f"echo \"$2\" >> '{self.runs}'\n[ \"$2\" = '{name}' ] || exit 1\necho {SECRET}\n"
        program(self.machine.root / "bin" / "keyring", script)

    def command(self, match: str) -> None:
        script = f"echo ran >> '{self.runs}'\necho {SECRET}\n"
        path = program(self.machine.root / "bin" / "mint", script)
        config = self.machine.home / "config.toml"
        config.write_text(
            f'[[command]]\nmatch = "{match.format(self.host)}"\nusername = "alice"\n'
            f'argv = ["{path}"]\n'
        )
        config.chmod(0o600)
        self.variables(GIT_CREDENTIAL_UVX_CONFIG=str(config))

    def of(self, url: str, source: Callable[[Victim], None]) -> str:
        """Start anew, with one source that has a secret for the URL's host; the URL."""
        for path in (self.machine.home, self.machine.root / "bin"):
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(mode=0o700)
        (self.folder / "pyproject.toml").unlink(missing_ok=True)
        self.runs.unlink(missing_ok=True)
        self.machine.env.clear()
        self.machine.env.update(
            HOME=str(self.machine.home),
            PATH=f"{self.machine.root}/bin:/usr/bin:/bin",
            UV_CREDENTIALS_DIR=str(self.machine.folder),
            UV_NO_SYSTEM_CONFIG="1",
        )
        service = service_of(url)
        self.host, self.realm = service.host, service.realm
        source(self)
        return url


def service_of(url: str) -> Service:
    found = service_from_url(url)
    assert found is not None
    return found


# What Git gets; who else asks where a checkout or a server chose the host; who asks where the user
# did; who sends nothing in clear; and a client that is allowed to. Y is yes, k is kept back.
# Last the door that does not ask the source, or "": keyring is no source of its own answers.
SOURCES: dict[str, tuple[Callable[[Victim], None], str, str]] = {
    "store, http": (
        lambda v: v.store("http"),
        "--Y--YYY --Y--YYY --Y--YYY -----YYY --Y--YYY",
        "",
    ),
    "store, https": (
        lambda v: v.store("https"),
        "Y------- Y------- Y------- Y------- Y-------",
        "",
    ),
    "UVX_TOKEN": (
        lambda v: v.token(),
        "Y-k----- Y-k----- Y-k----- Y------- Y-------",
        "",
    ),
    "UVX_TOKEN with port 80": (
        lambda v: v.token("_80"),
        "--k--YY- --k--YY- --k--YY- -----YY- --Y--YY-",
        "",
    ),
    "UVX_TOKEN with port 8080": (
        lambda v: v.token("_8080"),
        "----k--- ----k--- ----k--- -------- ----Y---",
        "",
    ),
    "UV_INDEX, the project names the index": (
        lambda v: v.index(trusted=False),
        "-------- YYkkkYYY YYkkkYYY YY---YYY YYYYYYYY",
        "",
    ),
    "UV_INDEX, the user names the index": (
        lambda v: v.index(trusted=True),
        "-------- YYYYYYYY YYYYYYYY YY---YYY YYYYYYYY",
        "",
    ),
    "netrc": (
        lambda v: v.netrc("machine {}"),
        "Y-k--YYY Y-k--YYY YYkkkYYY YY---YYY YYYYYYYY",
        "",
    ),
    "netrc, its index in a project": (
        lambda v: v.netrc("machine {}", of_project=True),
        "Y-k--YYY Y-k--YYY Y-k--YYY Y----YYY Y-Y--YYY",
        "",
    ),
    "netrc, port 8080": (
        lambda v: v.netrc("machine {} port 8080"),
        "----k--- ----k--- ----k--- -------- ----Y---",
        "",
    ),
    "netrc, protocol https": (
        lambda v: v.netrc("machine {} protocol https"),
        "Y------- Y------- YY------ YY------ YY------",
        "",
    ),
    "netrc, protocol http": (
        lambda v: v.netrc("machine {} protocol http"),
        "--Y--YYY --Y--YYY --YkkYYY -----YYY --YYYYYY",
        "",
    ),
    "netrc, protocol http, port 8080": (
        lambda v: v.netrc("machine {} protocol http port 8080"),
        "----Y--- ----Y--- ----Y--- -------- ----Y---",
        "",
    ),
    "netrc, default": (
        lambda v: v.netrc("default"),
        "-------- -------- YYkkkYYY YY---YYY YYYYYYYY",
        "",
    ),
    "netrc, default, its index in a project": (
        lambda v: v.netrc("default", of_project=True),
        "-------- -------- -------- -------- --------",
        "",
    ),
    "keyring, the host": (
        lambda v: v.keyring("{}"),
        "Y-kkkYYY Y-kkkYYY Y-kkkYYY Y----YYY Y-Y--YYY",
        "keyring",
    ),
    "keyring, http and the host": (
        lambda v: v.keyring("http://{}"),
        "--YkkYYY --YkkYYY --YkkYYY -----YYY --Y--YYY",
        "keyring",
    ),
    "command, https": (
        lambda v: v.command("https://{}"),
        "Y------- Y------- Y------- Y------- Y-------",
        "",
    ),
    "command, http": (
        lambda v: v.command("http://{}"),
        "--Y--YYY --Y--YYY --Y--YYY -----YYY --Y--YYY",
        "",
    ),
    "command, http of any label": (
        lambda v: v.command("http://*.test"),
        "--k----- --k----- --k----- -------- --Y-----",
        "",
    ),
}

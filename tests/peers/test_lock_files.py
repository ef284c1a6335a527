"""Lock files that the real tools wrote, with the secrets that they put there: cleaned, and still
good to install from."""

from __future__ import annotations

import shutil
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from scripts.githost import GitHost
from tests.support.package import FOO
from tests.support.sanitizing import put, sanitize

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.machine import Machine

GIT_SECRET, INDEX_SECRET = "CANARY-3f9c", "wonder"


class Place:
    """A private Git host with `foo`, a private index with `bar`, and how to reach them."""

    def __init__(self, machine: Machine, host: GitHost, index: str) -> None:
        self.machine = machine
        self.git = f"https://alice:{GIT_SECRET}@localhost:{host.port}/foo.git"
        self.files = index.replace("//", f"//alice:{INDEX_SECRET}@") + "/packages"
        self.index = index.replace("//", f"//alice:{INDEX_SECRET}@") + "/simple/"
        self.folder = machine.root / "project"
        self.folder.mkdir()
        host.accounts["alice"] = GIT_SECRET
        host.create("foo.git", FOO)
        machine.git("config", "--global", "credential.helper", "uvx")
        del machine.env["UV_NO_CONFIG"]
        machine.env |= {
            **{name: str(host.certificate) for name in ("REQUESTS_CA_BUNDLE", "PIP_CERT")},
            "UV_NO_CACHE": "1",
            "PIP_NO_CACHE_DIR": "1",
            "PDM_CHECK_UPDATE": "0",
            "PIPENV_VENV_IN_PROJECT": "1",
            "PIPENV_IGNORE_VIRTUALENVS": "1",
            "POETRY_VIRTUALENVS_IN_PROJECT": "true",
            "POETRY_SYSTEM_GIT_CLIENT": "true",
            "POETRY_KEYRING_ENABLED": "false",
            "UV_PYTHON": sys.executable,
            "POETRY_CACHE_DIR": str(machine.root / "poetry-cache"),
        }

    def run(self, *words: str | Path) -> str:
        done = self.machine.run(*words, cwd=self.folder, timeout=300)
        return done.stdout.decode()

    def clean(self, *names: str) -> None:
        """Sanitize these files, which hold secrets; only those may be gone afterwards."""
        before = {name: (self.folder / name).read_text() for name in names}
        for name, text in before.items():
            assert GIT_SECRET in text or INDEX_SECRET in text, name
        done = self.machine.run(
            "git-credential-uvx", "sanitize", "--write", *names, cwd=self.folder
        )
        for secret in (GIT_SECRET, INDEX_SECRET):
            assert secret not in (done.stdout + done.stderr).decode()
        for name, text in before.items():
            expected = text
            for secret in (GIT_SECRET, INDEX_SECRET):
                expected = expected.replace(f"alice:{secret}@", "")
            assert (self.folder / name).read_text() == expected
        shutil.rmtree(self.folder / ".venv", ignore_errors=True)

    def index_password(self) -> str:
        words = ("git-credential-uvx", "token", self.index.replace(f"alice:{INDEX_SECRET}@", ""))
        return self.run(*words).strip()

    def installed(self, *names: str) -> None:
        found = {path.name for path in self.folder.glob(".venv/lib/*/site-packages/*.py")}
        assert {f"{name}.py" for name in names} <= found

    def uv_installs(self, file: str, *names: str) -> None:
        """Into an empty folder, with nothing but what the store has."""
        target = self.machine.root / "target"
        shutil.rmtree(target, ignore_errors=True)
        self.run("uv", "pip", "install", "--target", target, "-r", file)
        assert {f"{name}.py" for name in names} <= {path.name for path in target.iterdir()}


@pytest.fixture
def place(machine: Machine, host: GitHost, index: str) -> Place:
    _add_bar(machine.root / "packages")
    return Place(machine, host, index)


def _add_bar(folder: Path) -> None:
    info = "bar-1.0.dist-info"
    files = {
        "bar.py": "def main(): print('bar')\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: bar\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nbar = bar:main\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / "bar-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)


PROJECT = """\
[project]
name = "p"
version = "1"
requires-python = ">=3.11"
dependencies = ["bar", "foo @ git+{git}"]
"""


def test_uv_project(place: Place) -> None:
    text = PROJECT + '[[tool.uv.index]]\nname = "corp"\nurl = "{index}"\ndefault = true\n'
    put(place.folder / "pyproject.toml", text.format(git=place.git, index=place.index))
    place.run("uv", "lock")
    place.run("uv", "export", "--quiet", "--emit-index-url", "-o", "requirements.txt")
    place.clean("pyproject.toml", "requirements.txt")
    assert sanitize(place.machine, cwd=place.folder) == ("", "")
    place.run("uv", "sync", "--locked")
    place.installed("foo", "bar")
    place.run("uv", "lock", "--check")
    place.uv_installs("requirements.txt", "foo", "bar")


@pytest.mark.parametrize("form", ["requirements.txt", "pylock.toml"])
def test_a_direct_url_in_what_uv_compiled(place: Place, form: str) -> None:
    put(place.folder / "r.in", f"bar @ {place.files}/bar-1.0-py3-none-any.whl\n")
    place.run("uv", "pip", "compile", "--quiet", "r.in", "-o", form)
    place.clean("r.in", form)
    place.uv_installs(form, "bar")
    place.uv_installs("r.in", "bar")


def test_pip_compile(place: Place) -> None:
    put(place.folder / "r.in", f"--index-url {place.index}\nbar\nfoo @ git+{place.git}\n")
    place.run("pip-compile", "--quiet", "r.in", "-o", "requirements.txt")
    place.clean("r.in", "requirements.txt")
    place.uv_installs("requirements.txt", "foo", "bar")


def test_pip_installs_a_git_dependency(place: Place) -> None:
    put(place.folder / "requirements.txt", f"foo @ git+{place.git}\n")
    place.clean("requirements.txt")
    words = ("-m", "pip", "install", "--no-index", "--no-deps", "--target", "t")
    place.run(sys.executable, *words, "-r", "requirements.txt")
    assert (place.folder / "t" / "foo.py").exists()


def test_poetry(place: Place) -> None:
    text = (
        "[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\n"
        'python = ">=3.11,<4"\nbar = "*"\nfoo = {{ git = "{git}" }}\n'
        '[[tool.poetry.source]]\nname = "corp"\nurl = "{index}"\n'
    )
    put(place.folder / "pyproject.toml", text.format(git=place.git, index=place.index))
    place.run("poetry", "lock")
    place.run("poetry", "install")
    (told,) = place.folder.glob(".venv/lib/*/site-packages/foo-1.0.dist-info/direct_url.json")
    place.clean("pyproject.toml", "poetry.lock", str(told.relative_to(place.folder)))
    # Its lock file has a checksum over what pyproject.toml says, the URLs among it.
    place.machine.env |= {
        "POETRY_HTTP_BASIC_CORP_USERNAME": "alice",
        "POETRY_HTTP_BASIC_CORP_PASSWORD": place.index_password(),
    }
    place.run("poetry", "lock")
    place.run("poetry", "install")
    place.installed("foo", "bar")
    assert sanitize(place.machine, "pyproject.toml", "poetry.lock", cwd=place.folder) == ("", "")


def test_pdm(place: Place) -> None:
    text = PROJECT + (
        '[tool.pdm]\ndistribution = false\n[[tool.pdm.source]]\nname = "pypi"\nurl = "{index}"\n'
    )
    put(place.folder / "pyproject.toml", text.format(git=place.git, index=place.index))
    place.run("pdm", "lock", "--quiet", "--strategy", "static_urls")
    place.clean("pyproject.toml", "pdm.lock")
    place.machine.env |= {
        "PDM_PYPI_USERNAME": "alice",
        "PDM_PYPI_PASSWORD": place.index_password(),
    }
    (place.folder / ".pdm-python").unlink()
    place.run("pdm", "sync", "--no-self")
    place.installed("foo", "bar")


def test_pipenv(place: Place) -> None:
    text = (
        '[[source]]\nname = "pypi"\nurl = "{index}"\nverify_ssl = false\n'
        '[packages]\nbar = "*"\nfoo = {{ git = "{git}" }}\n'
    )
    put(place.folder / "Pipfile", text.format(git=place.git, index=place.index))
    place.run("pipenv", "lock")
    place.clean("Pipfile", "Pipfile.lock")
    put(place.folder / "requirements.txt", place.run("pipenv", "requirements"))
    place.uv_installs("requirements.txt", "foo", "bar")


def test_the_receipt_of_a_uv_tool(place: Place) -> None:
    wheel = f"{place.files}/bar-1.0-py3-none-any.whl"
    place.machine.env["UV_TOOL_DIR"] = str(place.folder)
    install = ("uv", "tool", "install", "--no-index", "--with", f"foo @ git+{place.git}")
    place.run(*install, f"bar @ {wheel}")
    place.clean("bar/uv-receipt.toml")
    place.run("uv", "tool", "upgrade", "--reinstall", "bar")
    assert sanitize(place.machine, "--no-ignore", "bar", cwd=place.folder) == ("", "")


def test_pip_conf(place: Place) -> None:
    put(place.folder / "pip.conf", f"[global]\nextra-index-url =\n    {place.index}\n")
    place.clean("pip.conf")
    assert place.index_password() == INDEX_SECRET

"""The layers of docs/design.md: who imports whom, and that the page names every module."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "git_credential_uvx"

# From the top row down; a module may import from its own row and those before.
ROWS = (
    {"errors", "credential", "lookup", "urls", "hosts", "protocol"}
    | {"tomltext", "tomlspans", "tomlvalues", "plaintext", "patterns"}
    | {"gitconfig", "gitsettings", "secret_variables"},
    {"files", "locks", "mounted", "settings", "processes", "sourcefiles", "rewriting"},
    {"stores", "stores.entries", "stores.uvfile", "stores.companion", "stores.changes"}
    | {"stores.logins", "stores.keeping"}
    | {"stores.textfile", "stores.proofs", "stores.shared"}
    | {"sources", "sources.environment", "sources.netrc", "sources.netrctext", "sources.keyring"}
    | {"sources.command", "sources.presets", "sources.answers"},
    {"config", "indexes", "indexfiles", "bindings", "resolver"},
    {"helper", "questions", "accounts", "gitsetup"}
    | {"imports", "imports.rows", "imports.userinfo", "imports.gitstore", "imports.netrcfile"}
    | {"imports.uvstore", "imports.gh", "imports.poetry", "imports.gcm", "imports.pipconf"}
    | {"imports.uvconfig", "imports.remotes", "importfiles", "importing", "exports"}
    | {"sanitize", "moving", "sanitizing"}
    | {"addspec", "adding", "editing", "projects", "uvadd", "withoutuv"}
    | {f"sanitize.{name}" for name in ("findings", "spans", "userinfo", "queries", "authority")}
    | {f"sanitize.{name}" for name in ("verdicts", "text", "requirements", "allowing", "shapes")}
    | {f"sanitize.{name}" for name in ("templates", "endings", "encoded", "paths", "utf16")}
    | {f"sanitize.{name}" for name in ("redaction", "reports", "sarif", "diff", "cutting")}
    | {"http", "http.flow", "http.redirects", "http.challenges", "http.proxies", "http.cache"}
    | {"http.lookups", "http.tls", "http.logs", "http.auth", "http.chain", "http.lanes"}
    | {"http.transport", "http.bodies"}
    | {"http.clients", "facts", "verdict", "targets", "probes", "checking"}
    | {"pool", "dulwich", "keyring"},
    {"", "__main__", "cli", "cli.common", "cli.reports", "cli.explain"}
    | {"cli.accounts", "cli.tokens", "cli.listing", "cli.prompts", "cli.stored"}
    | {"cli.completion", "cli.shells", "cli.manual", "cli.page", "cli.pagetexts", "cli.roff"}
    | {"cli.setup", "cli.environment", "cli.transfer", "cli.export", "cli.usage"}
    | {"cli.setup", "cli.environment", "cli.transfer", "cli.export", "cli.sanitize"}
    | {"cli.sanitize_filter"}
    | {"cli.add", "cli.check", "cli.verifying"},
)
PURE = (
    ROWS[0]
    | {
        "stores.entries",
        "stores.uvfile",
        "stores.companion",
        "stores.changes",
        "stores.logins",
        "stores.keeping",
    }
    | {"sources.netrctext", "sources.presets", "sources.answers", "indexes", "helper"}
    | {"cli.roff", "cli.pagetexts", "addspec", "editing", "withoutuv"}
    | {"http.flow", "http.redirects", "http.challenges", "http.proxies"}
    | {"facts", "verdict", "targets"}
    | {name for row in ROWS for name in row if name.startswith("sanitize")}
)
LEVEL = {name: level for level, row in enumerate(ROWS) for name in row}
SOURCES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    .removesuffix("__init__")
    .rstrip("."): path
    for path in PACKAGE.rglob("*.py")
}


def imports(name: str) -> set[str]:
    """The modules of the package, without its name, that a module imports anywhere."""
    path = SOURCES[name]
    here = ["git_credential_uvx", *path.relative_to(PACKAGE).with_suffix("").parts]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*here[: -node.level], *(node.module.split(".") if node.module else [])]
            for alias in node.names:
                for target in (".".join([*base[1:], alias.name]), ".".join(base[1:])):
                    if target in LEVEL:
                        found.add(target)
                        break
    return found


def test_every_module_has_its_row() -> None:
    assert set(LEVEL) == set(SOURCES)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_module_imports_only_from_its_row_and_those_above(name: str) -> None:
    upward = {other for other in imports(name) if LEVEL[other] > LEVEL[name]}
    assert not upward


@pytest.mark.parametrize("name", sorted(n for n in SOURCES if n.startswith("sources.")))
def test_a_source_knows_no_store_and_a_store_no_source(name: str) -> None:
    assert not {other for other in imports(name) if other.startswith("stores")}
    stores = {store for store in SOURCES if store.startswith("stores")}
    assert not {store for store in stores if name in imports(store)}


@pytest.mark.parametrize("name", sorted(PURE))
def test_a_pure_module_opens_nothing(name: str) -> None:
    tree = ast.parse(SOURCES[name].read_text())
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert names <= {"re", "tomllib", "json", "os", "textwrap"}
    if "os" in names:
        attributes = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "os"
        }
        assert attributes == {"urandom"}


def test_no_module_is_longer_than_a_reader_likes() -> None:
    long = {name for name, path in SOURCES.items() if len(path.read_text().splitlines()) > 400}
    assert not long


def test_the_design_page_names_every_module() -> None:
    page = (PACKAGE.parent / "docs" / "design.md").read_text()
    names = {
        name.replace(".", "/")
        for name in SOURCES
        if name not in ("", "stores", "sources", "imports", "http")
    }
    assert {name for name in names if f"`{name}" not in page} == set()


def test_the_security_page_names_modules_and_tests_that_exist() -> None:
    root = PACKAGE.parent
    page = (root / "docs" / "security.md").read_text()
    rules = page.split("## The rules, and where each is kept")[1].split("##")[0]
    rows = [row.split("|")[1:-1] for row in rules.splitlines() if row.startswith("| ")][1:]
    assert len(rows) > 15
    for _, modules, tests in rows:
        for name in re.findall(r"`([a-z_/]+)[`.]", modules):
            places = (PACKAGE / f"{name}.py", PACKAGE / name, root / name)
            assert any(place.exists() for place in places), name
        for name in re.findall(r"`([a-z_/]+)`", tests):
            patterns = (f"{name}*", f"tests/{name}*", f"tests/*/{name}.py")
            assert any(any(root.glob(pattern)) for pattern in patterns), name

"""What the project is built from: pinned, licensed, listed in the wheel, and built reproducibly."""

from __future__ import annotations

import email
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from scripts import audit, licences, lock, sbom

from .support.common import cases

CHECKOUT = Path(__file__).parents[1]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
LOCKED = (*lock.GROUPS, lock.LOWEST)


@pytest.mark.parametrize("group", LOCKED)
def test_a_lock_file_is_of_what_is_asked_for_now(group: str) -> None:
    text = (lock.FOLDER / f"{group}.txt").read_text()
    assert text.startswith(lock.header(group)), "run 'make lock'"


@pytest.mark.parametrize("group", LOCKED)
def test_everything_is_pinned_by_hashes(group: str) -> None:
    text = (lock.FOLDER / f"{group}.txt").read_text()
    entries = text.replace("\\\n", " ").splitlines()[2:]
    pinned = {}
    for entry in entries:
        requirement = Requirement(entry.partition(" --hash=")[0])
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), entry
        assert " --hash=sha256:" in entry
        pinned[canonicalize_name(requirement.name)] = str(requirement.specifier)[2:]
    for requirement in map(Requirement, lock.requirements(group)):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)])
    assert "://" not in text  # the address of an index


def test_the_lowest_versions_are_locked_as_they_are_allowed() -> None:
    locked = {r.name: r.specifier for r in map(Requirement, lock.pins(lock.LOWEST, but=[]))}
    allowed = {r.name: r.specifier for r in map(Requirement, lock.dependencies())}
    assert len(allowed) > 5
    for name, specifier in allowed.items():
        (lower,) = specifier
        (pinned,) = locked[name]
        assert lower.operator == ">=", name
        assert Version(lower.version) == Version(pinned.version), name


def test_every_group_that_is_made_has_a_lock_file() -> None:
    made = set(re.findall(r"\.venv/(\w+)", (CHECKOUT / "Makefile").read_text())) - {"bin"}
    assert made == set(lock.GROUPS)


def test_what_builds_the_package_is_pinned() -> None:
    needed = [Requirement(text) for text in PROJECT["build-system"]["requires"]]
    assert needed
    for required in needed:
        same = [r for r in map(Requirement, lock.requirements("demo")) if r.name == required.name]
        assert [r.specifier for r in same] == [required.specifier]


def build(checkout: Path, folder: Path, umask: int) -> Path:
    """Build a wheel from a copy of the checkout with other times and modes."""
    names = ("git_credential_uvx", "bin", "scripts", "pyproject.toml", "README.md", "LICENSE")
    checkout.mkdir()
    for name in (*names, sbom.FILE.name):
        copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy
        copy(CHECKOUT / name, checkout / name)
    for path in checkout.rglob("*"):
        os.utime(path, (1_600_000_000 + umask, 1_600_000_000 + umask))
        path.chmod(path.stat().st_mode & ~umask)
    environ = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"}
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=checkout,
        env=environ | {"TZ": f"UTC{umask % 12}"},
        umask=umask,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The wheel, built twice."""
    root = tmp_path_factory.mktemp("built")
    return [
        build(root / "first", root / "of-first", 0o022),
        build(root / "the second one", root / "of-second", 0o077),
    ]


def test_a_wheel_that_is_built_twice_has_the_same_bytes(wheels: list[Path]) -> None:
    first, second = wheels
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_the_wheel_lists_exactly_what_the_package_needs(wheels: list[Path]) -> None:
    with zipfile.ZipFile(wheels[0]) as archive:
        (name,) = (name for name in archive.namelist() if ".dist-info/sboms/" in name)
        bill = json.loads(archive.read(name))
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert bill["metadata"]["component"]["name"] == PROJECT["project"]["name"]
    required = {
        canonicalize_name(r.name): str(r.specifier) or "*"
        for r in map(Requirement, PROJECT["project"]["dependencies"])
    }
    listed = {c["name"]: c["properties"][0]["value"] for c in bill["components"]}
    assert listed == required
    assert bill["dependencies"] == [
        {"ref": "git-credential-uvx", "dependsOn": sorted(required)},
    ]
    references = [bill["metadata"]["component"], *bill["components"]]
    assert all(c["bom-ref"] == c["name"] for c in references)
    assert all(c["purl"] == f"pkg:pypi/{c['name']}" for c in references)


def test_links_and_pictures_on_pypi_lead_to_the_project(wheels: list[Path]) -> None:
    with zipfile.ZipFile(wheels[0]) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
    source = PROJECT["project"]["urls"]["Source"]
    page = str(metadata.get_payload())
    links = re.findall(r"(!?)\[[^\]]*\]\(([^)]*)\)", page)
    ours = [(kind, link) for kind, link in links if link.startswith(source)]
    assert len([kind for kind, _ in ours if kind]) > 3, "no pictures"
    others = {link for _, link in links} - {link for _, link in ours}
    assert others == {link for link in others if link.startswith("https://")}
    for kind, link in ours:
        folder = "raw" if kind else "blob"
        path = link.removeprefix(f"{source}/{folder}/HEAD/").partition("#")[0]
        assert (CHECKOUT / path).exists(), link
    urls = dict(text.split(", ") for text in metadata.get_all("Project-URL", []))
    assert urls == PROJECT["project"]["urls"]


def test_every_page_names_the_same_address_of_the_project() -> None:
    source = PROJECT["project"]["urls"]["Source"]
    pages = [CHECKOUT / "pyproject.toml", *CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/*.md")]
    for page in pages:
        for address in re.findall(
            r"https://[\w.-]+/[\w.-]+/git-credential-uvx\b", page.read_text()
        ):
            assert address == source, page.name


def test_the_bill_of_materials_is_the_one_that_make_lock_writes() -> None:
    assert sbom.FILE.read_text() == sbom.text(), "run 'make lock'"


@cases(
    "expressed, field, classifiers, licence",
    {
        "an expression": ("MIT", "GPL", ["License :: OSI Approved :: BSD License"], "MIT"),
        "a classifier": (None, None, ["License :: OSI Approved :: MIT License"], "MIT"),
        "two classifiers": (
            *(None, "x"),
            ["License :: OSI Approved :: MIT License", "License :: Public Domain"],
            "CC0-1.0 AND MIT",
        ),
        "a name": (None, "Apache 2.0", [], "Apache-2.0"),
        "a text": (None, "Permission is hereby granted" * 10, [], None),
        "unknown": (None, "UNKNOWN", ["Topic :: Security"], None),
        "nothing": (None, None, [], None),
    },
)
def test_a_licence_is_read_from_the_metadata(
    expressed: str | None, field: str | None, classifiers: list[str], licence: str | None
) -> None:
    assert licences.expression(expressed, field, classifiers) == licence


@cases(
    "name, licence, fault",
    {
        "permissive": ("lib", "MIT", None),
        "one of two": ("lib", "Apache-2.0 OR GPL-2.0-or-later", None),
        "both of two": ("lib", "MIT AND GPL-2.0-or-later", "is not on the list of permissive"),
        "copyleft": ("lib", "GPL-3.0-or-later", "is not on the list of permissive"),
        "copyleft for development": ("tool", "GPL-3.0-or-later", None),
        "not free": ("tool", "Proprietary", "is not on the list of free"),
        "no licence": ("tool", None, "names no licence"),
        "the exception": ("certifi", "MPL-2.0", None),
    },
)
def test_a_licence_that_is_not_allowed_is_named(
    name: str, licence: str | None, fault: str | None
) -> None:
    lines = licences.faults([(name, licence)], {"lib", "certifi"})
    assert len(lines) == (fault is not None)
    assert fault is None or fault in lines[0]


def test_what_is_installed_with_the_package_is_permissive() -> None:
    runtime = licences.needed(licences.NAME)
    assert {canonicalize_name(Requirement(r).name) for r in PROJECT["project"]["dependencies"]} <= (
        runtime
    )
    assert not licences.faults([p for p in licences.installed() if p[0] in runtime], runtime)


CLEAN: dict[str, Any] = {"name": "a", "version": "1", "vulns": []}
FLAW: dict[str, Any] = {"id": "PYSEC-1", "fix_versions": ["2"]}
SKIPPED: dict[str, Any] = {"name": "c", "skip_reason": "not found"}


@cases(
    "found, line, status",
    {
        "nothing known": ([CLEAN], "1 packages audited, 0 known vulnerabilities", 0),
        "a vulnerability": ([CLEAN | {"vulns": [FLAW]}], "a 1: PYSEC-1, fixed in 2", 1),
        "some are not known": ([CLEAN, SKIPPED], "not audited: c", 0),
        "none is known": ([SKIPPED], "not audited: the advisory service knows none", 0),
    },
)
def test_a_known_vulnerability_fails(found: list[dict[str, Any]], line: str, status: int) -> None:
    verdict = audit.judge(0, json.dumps({"dependencies": found, "fixes": []}), "")
    assert any(told.startswith(line) for told in verdict.lines)
    assert verdict.status == status


@cases(
    "last, status",
    {
        "no network": ("requests.exceptions.ConnectionError: HTTPSConnectionPool(...)", 0),
        "no answer": ("requests.exceptions.ReadTimeout: HTTPSConnectionPool(...)", 0),
        "no connection in time": (
            "ERROR:pip_audit._cli:Could not connect to PyPI's feed\nERROR:pip_audit._cli:Tip: ...",
            0,
        ),
        "a refusal": ("requests.exceptions.HTTPError: 403 Client Error: Forbidden", 2),
        "a wrong certificate": ("requests.exceptions.SSLError: HTTPSConnectionPool(...)", 2),
        "no connection before another fault": (
            "requests.exceptions.ConnectionError: x\nValueError: y",
            2,
        ),
        "a fault of ours": ("ERROR:pip_audit._cli:requirement file x contains", 2),
        "no word": ("", 2),
    },
)
def test_without_a_network_nothing_is_audited(last: str, status: int) -> None:
    verdict = audit.judge(1, "", f"Traceback\n{last}\n")
    assert (len(verdict.lines), verdict.status) == (1, status)

"""Attacks by what a checkout says about indexes (V31 to V33, V36, A68).

The numbers are rows of docs/attacks.md.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from git_credential_uvx.config.bindings import Bindings
from git_credential_uvx.config.discovery import discover
from git_credential_uvx.config.indexes import Index, always_fault, by_name, index_of, never_fault
from git_credential_uvx.errors import BindingError, IndexesError, UvxError
from git_credential_uvx.explanation import explain
from git_credential_uvx.system.settings import Settings
from git_credential_uvx.urls.service import service_from_url

from ..support.common import SECRET, cases

VARIABLES = {
    "UV_INDEX_CORP_USERNAME": "victim",
    "UV_INDEX_CORP_PASSWORD": SECRET,
    "TOKEN": SECRET,
    "UV_NO_SYSTEM_CONFIG": "1",
}


def checkout(tmp_path: Path, text: str, name: str = "pyproject.toml") -> list[Index]:
    """The indexes that are known in a hostile checkout."""
    folder = tmp_path / "checkout"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return discover(str(folder), VARIABLES, str(tmp_path / "home"))


def mine(tmp_path: Path, text: str) -> None:
    """The victim's own configuration."""
    file = tmp_path / "home" / ".config" / "uv" / "uv.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)


def bind(tmp_path: Path, index: Index) -> None:
    """What every user of an index's variables does first."""
    assert index.name is not None
    accept = [index.name] if index.trusted else []
    bindings = Bindings(str(tmp_path / "state"))
    bindings.check(index.name, index.service.realm, accept, pinned=index.pinned)


def url(text: str) -> str:
    return f'[[tool.uv.index]]\nname = "corp"\nurl = "{text}"\n'


IN_THE_HOST = {
    "in the host": "https://${TOKEN}.evil.test/",
    "as the host": "https://${TOKEN}/simple",
    "without braces": "https://$TOKEN.evil.test/",
    "in the port": "https://evil.test:${TOKEN}/",
    "as the whole": "${TOKEN}",
}
ELSEWHERE = {
    "in the path": ("https://evil.test/${TOKEN}", "https://evil.test/$%7BTOKEN%7D"),
    "in the query": ("https://evil.test/a?${TOKEN}", "https://evil.test/a"),
    "in the userinfo": ("https://${TOKEN}@evil.test/", "https://evil.test/"),
    "in the password": ("https://u:${TOKEN}@evil.test/", "https://evil.test/"),
}


@cases("text", IN_THE_HOST)
def test_v31_no_variable_becomes_a_host(text: str, tmp_path: Path) -> None:
    assert checkout(tmp_path, url(text)) == []


@cases("text,service", ELSEWHERE)
def test_v31_no_variable_is_expanded(text: str, service: str, tmp_path: Path) -> None:
    (index,) = checkout(tmp_path, url(text))
    assert str(index.service) == service
    told = [str(index.service), str(index.username), never_fault(index), always_fault(index)]
    assert SECRET not in "".join(told)
    assert index.password is None or index.password.reveal() == b"${TOKEN}"


@cases(
    "key",
    {key: key for key in ("publish-url", "extra-index-url", "find-links", "index-url")},
)
def test_v31_no_key_is_expanded(key: str, tmp_path: Path) -> None:
    value = '"https://evil.test/${TOKEN}"'
    text = url("https://a.test") + f"publish-url = {value}\n"
    if key != "publish-url":
        text = f"[tool.uv]\n{key} = {value if key == 'index-url' else f'[{value}]'}\n"
    (index,) = checkout(tmp_path, text)
    kept = index.publish if key == "publish-url" else index.service
    assert str(kept) == "https://evil.test/$%7BTOKEN%7D"
    assert SECRET not in f"{index.service} {index.publish}"


def test_v32_the_checkouts_server_is_known_for_what_it_is(tmp_path: Path) -> None:
    mine(tmp_path, '[[index]]\nname = "mine"\nurl = "https://good.test/simple"\n')
    evil, good = checkout(tmp_path, url("https://evil.test/simple"))
    assert (evil.trusted, good.trusted) == (False, True)
    service = service_from_url("https://evil.test/x")
    assert service is not None
    assert index_of(service, [good]) is None


NAMES = {
    "the same name": "corp",
    "another case": "CORP",
    "capitals and small letters": "Corp",
}
SHARED = {**NAMES, "a dot for a dash": "corp.eu", "an underscore for a dash": "corp_eu"}


@cases("name", SHARED)
def test_v33_a_name_that_was_used_before_cannot_go_elsewhere(name: str, tmp_path: Path) -> None:
    before = "corp-eu" if "eu" in name else "corp"
    (good,) = checkout(tmp_path, url("https://good.test/simple").replace("corp", before))
    bind(tmp_path, good)
    (evil,) = checkout(tmp_path, url("https://evil.test/simple").replace("corp", name))
    with pytest.raises(BindingError) as caught:
        bind(tmp_path, evil)
    assert (caught.value.known, caught.value.realm) == ("https://good.test", "https://evil.test")
    bind(tmp_path, good)


@cases("name", SHARED)
def test_v33_a_name_of_the_user_is_pinned_before_its_first_use(name: str, tmp_path: Path) -> None:
    before = "corp-eu" if "eu" in name else "corp"
    mine(tmp_path, f'[[index]]\nname = "{before}"\nurl = "https://good.test/simple"\n')
    evil = by_name(name, checkout(tmp_path, url("https://evil.test").replace("corp", name)))
    assert evil is not None
    with pytest.raises(BindingError):
        bind(tmp_path, evil)


OTHER_REALMS = {
    "another host": "https://evil.test/simple",
    "a host below": "https://x.good.test/simple",
    "the host as a prefix": "https://good.test.evil.test/simple",
    "the host as a username": "https://good.test@evil.test/simple",
    "another scheme": "http://good.test/simple",
    "another port": "https://good.test:8443/simple",
}


@cases("other", OTHER_REALMS)
def test_a68_the_same_name_with_another_url(other: str, tmp_path: Path) -> None:
    (good,) = checkout(tmp_path, url("https://good.test/simple"))
    bind(tmp_path, good)
    (evil,) = checkout(tmp_path, url(other))
    with pytest.raises(BindingError):
        bind(tmp_path, evil)


@cases(
    "other",
    {
        "the same URL": "https://good.test/simple",
        "capitals and the own port": "HTTPS://GOOD.test:443/simple",
        "another path of the realm": "https://good.test/other/simple",
    },
)
def test_a68_the_same_realm_in_other_words_is_the_same(other: str, tmp_path: Path) -> None:
    for text in ("https://good.test/simple", other):
        (index,) = checkout(tmp_path, url(text))
        bind(tmp_path, index)


TRICKS = {
    "a backslash": "https://good.test\\\\@evil.test/",
    "two at signs": "https://good.test@x@evil.test/",
    "a line end": "https://good.test\\n.evil.test/",
    "a tab": "https://good\\t.test/",
    "a slash in the userinfo": "https://good.test/x:y@evil.test/",
    "an escape in the host": "https://good%2etest/",
}


@cases("text", TRICKS)
def test_a68_a_url_that_parsers_read_differently_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(IndexesError) as caught:
        checkout(tmp_path, url(text))
    assert "evil" not in str(caught.value)
    assert str(caught.value).isprintable()


def test_a68_no_git_configuration_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "checkout" / ".git"
    folder.mkdir(parents=True)
    (folder / "config").write_text('[url "https://evil.test/"]\ninsteadOf = https://good.test/\n')
    (index,) = checkout(tmp_path, url("https://good.test/simple"))
    assert index.service.realm == "https://good.test"


def test_a68_what_is_advised_cannot_be_obeyed_by_a_shell(tmp_path: Path) -> None:
    (index,) = checkout(tmp_path, url("https://evil.test/';touch$(id)|sh&"))
    command = always_fault(index).partition("run: ")[2]
    assert shlex.split(command) == ["uv", "auth", "login", str(index.root)]


COMMENTS = {
    "behind a requirement": 'dependencies = ["pkg # --index-url https://evil.test/simple"]',
    "behind a value": 'x = 1 # [[tool.uv.index]]\n# url = "https://evil.test"',
    "a whole table": '# [[tool.uv.index]]\n# url = "https://evil.test"',
    "in a text": 'x = """\n[[tool.uv.index]]\nurl = "https://evil.test"\n"""',
}


@cases("text", COMMENTS)
def test_v36_comments_and_texts_are_inert(text: str, tmp_path: Path) -> None:
    assert checkout(tmp_path, f"[project]\n{text}\n[tool.uv]\n") == []


@cases(
    "text",
    {
        "an option": "--index-url=https://evil.test/",
        "an option behind a URL": "https://good.test/ --index-url https://evil.test/",
        "hg's": "hg+https://evil.test/r@--config=alias.clone=!x",
    },
)
def test_v36_values_are_never_options(text: str, tmp_path: Path) -> None:
    try:
        found = checkout(tmp_path, url(text))
    except IndexesError:
        return
    assert found == []


GOOD, EVIL = "https://good.test", "https://evil.test"
JOB = {"CI": "true"}
PIN = {"UVX_INDEX_CORP_URL": f"{GOOD}/simple"}
IN_A_JOB: dict[str, tuple[dict[str, str], str, str]] = {
    "nothing names a host": (JOB, EVIL, "set UVX_INDEX_CORP_URL=https://evil.test "),
    "Azure's own variable": ({"TF_BUILD": "True"}, EVIL, "set UVX_INDEX_CORP_URL="),
    "Jenkins's own variable": ({"JENKINS_URL": "x"}, EVIL, "set UVX_INDEX_CORP_URL="),
    "GitLab's, and CI is off": ({"GITLAB_CI": "true", "CI": "0"}, EVIL, "set UVX_INDEX_CORP_URL="),
    "a variable names the host": (JOB | PIN, GOOD, ""),
    "a variable names another host": (
        JOB | PIN,
        EVIL,
        "is at https://good.test; a project's file says https://evil.test",
    ),
    "a variable names another scheme": (
        JOB | PIN,
        "http://good.test",
        "is at https://good.test; a project's file says http://good.test",
    ),
    "a variable names the host, outside of a job": (
        PIN,
        EVIL,
        "is at https://good.test; a project's file says https://evil.test",
    ),
    "a variable that names no host": (
        JOB | {"UVX_INDEX_CORP_URL": f"{SECRET}.test"},
        GOOD,
        "cannot read UVX_INDEX_CORP_URL: it is not an http or https URL",
    ),
    "a variable for another index": (JOB | {"UVX_INDEX_X_URL": EVIL}, EVIL, "set UVX_INDEX_CORP"),
    "a variable that is empty": (JOB | {"UVX_INDEX_CORP_URL": ""}, EVIL, "set UVX_INDEX_CORP"),
    "no job": ({}, EVIL, ""),
    "no job, as somebody says": ({"CI": "false"}, EVIL, ""),
    "uv's variable": (JOB | {"UV_INDEX": f"corp={GOOD}/simple"}, GOOD, ""),
    "no secret for the name": (JOB | {"UV_INDEX_CORP_PASSWORD": ""}, EVIL, ""),
}


@cases("variables, realm, fault", IN_A_JOB)
def test_v33_in_a_ci_job_a_checkout_does_not_name_the_first_host(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    realm: str,
    fault: str,
) -> None:
    (tmp_path / "pyproject.toml").write_text(url(f"{realm}/simple"))
    monkeypatch.chdir(tmp_path)
    environ = {"UV_INDEX_CORP_PASSWORD": SECRET, "UV_NO_SYSTEM_CONFIG": "1", **variables}
    settings = Settings(str(tmp_path / "store"), environ=environ, state=str(tmp_path / "state"))
    asked = f"{realm}/simple/x/"
    if not fault:
        found = explain(asked, settings=settings).credential
        assert (found is not None) is bool(environ["UV_INDEX_CORP_PASSWORD"])
        return
    for _ in range(2):  # the first time leaves nothing behind that would let the second pass
        with pytest.raises(UvxError) as caught:
            explain(asked, settings=settings)
        assert fault in str(caught.value)
        assert SECRET not in str(caught.value)


def test_v33_in_a_ci_job_the_user_can_still_accept_a_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text(url(f"{GOOD}/simple"))
    monkeypatch.chdir(tmp_path)
    settings = Settings(
        str(tmp_path / "store"),
        environ={"UV_INDEX_CORP_PASSWORD": SECRET, "UV_NO_SYSTEM_CONFIG": "1", **JOB},
        state=str(tmp_path / "state"),
    )
    asked = f"{GOOD}/simple/x/"
    assert explain(asked, settings=settings, accept_indexes=["corp"]).credential is not None
    assert explain(asked, settings=settings).credential is not None  # it is remembered

"""Our own configuration: where it is, what it says, and what it may not say."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_credential_uvx.config.own import Config, load, parse
from git_credential_uvx.errors import ConfigError, ServiceError
from git_credential_uvx.system.settings import Settings, config_path, runtime_folder
from git_credential_uvx.transfer.import_files import places_of
from git_credential_uvx.urls.pattern import parse_pattern
from git_credential_uvx.urls.service import Service, service_from_git

if TYPE_CHECKING:
    from pathlib import Path

    from platformdirs.api import PlatformDirsABC

SECRET = "CANARY-3f9c"

FOLDERS = {
    "nothing set": {},
    "XDG's folders": {"XDG_CONFIG_HOME": "/x/config", "XDG_CACHE_HOME": "/x/cache"},
    "XDG's folders empty": {"XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": ""},
    "XDG's folders relative": {"XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "./cache"},
}


def dirs(platform: str) -> PlatformDirsABC:
    from platformdirs.macos import MacOS
    from platformdirs.unix import Unix

    return (MacOS if platform == "darwin" else Unix)("git-credential-uvx", appauthor=False)


@pytest.mark.parametrize("environ", FOLDERS.values(), ids=FOLDERS)
@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_folders_are_those_of_platformdirs(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], platform: str
) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/alice", **environ}.items():
        monkeypatch.setenv(name, value)
    expected = dirs(platform)
    path = config_path(environ, "/home/alice", platform)
    assert path == f"{expected.user_config_dir}/config.toml"
    folder = runtime_folder(environ, "/home/alice", platform, lambda _: True)
    assert folder == expected.user_cache_dir


@pytest.mark.parametrize("environ", FOLDERS.values(), ids=FOLDERS)
def test_programs_that_follow_the_platform_are_found_where_platformdirs_has_them(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    environ = {"HOME": "/home/alice", **environ}
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    places = places_of(Settings("/s", environ=environ, home="/home/alice"))
    assert places.of_platform("p", "f") == [f"{dirs(sys.platform).user_config_path.parent}/p/f"]
    if sys.platform == "linux":
        assert places.of_platform("p", "f") == places.config("p", "f")


def test_an_environment_that_is_not_trusted_names_no_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/theirs")
    places = places_of(Settings("/s", environ={}, home="/home/alice"))
    assert places.of_platform("pip", "pip.conf") == []


def test_platformdirs_on_this_system_is_the_one_compared_with() -> None:
    from platformdirs import PlatformDirs

    assert type(dirs(sys.platform)) is PlatformDirs


def test_the_runtime_folder_is_that_of_the_session_if_there_is_one() -> None:
    environ = {"XDG_RUNTIME_DIR": "/run/user/7"}
    named = "/run/user/7/git-credential-uvx"
    assert runtime_folder(environ, "/home/a", "linux", lambda path: path == "/run/user/7") == named
    cache = "/home/a/.cache/git-credential-uvx"
    assert runtime_folder(environ, "/home/a", "linux", lambda _: False) == cache
    assert runtime_folder({"XDG_RUNTIME_DIR": "r"}, "/home/a", "linux", lambda _: True) == cache


def test_without_a_home_there_is_no_configuration() -> None:
    assert config_path({}, "", "linux") == ""
    assert runtime_folder({}, "", "linux", lambda _: True) == ""
    assert load("").commands == ()


def test_a_variable_names_the_file() -> None:
    environ = {"GIT_CREDENTIAL_UVX_CONFIG": "/etc/uvx.toml", "XDG_CONFIG_HOME": "/x"}
    assert config_path(environ, "/home/alice", "linux") == "/etc/uvx.toml"


@pytest.mark.parametrize("value", ["config.toml", "./c", "~/c"])
def test_a_variable_with_a_relative_path_is_an_error(value: str) -> None:
    fault = f"^GIT_CREDENTIAL_UVX_CONFIG must be an absolute path, not '{value}'$"
    with pytest.raises(ConfigError, match=fault):
        config_path({"GIT_CREDENTIAL_UVX_CONFIG": value}, "/home/alice", "linux")


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    config = load(str(tmp_path / "none" / "config.toml"))
    assert config.keyring_provider is None
    assert config.keyring_timeout == 30
    assert (config.job_tokens, config.netrc_default) == (False, False)
    assert (config.accept_indexes, config.commands, config.path) == ((), (), "")


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(
        b"\xef\xbb\xbfkeyring-provider = 'subprocess'\r\nkeyring-timeout = 2.5\r\n"
        b"job-tokens = true\nnetrc-default = true\naccept-indexes = ['a', 'b']\n"
        b"[[command]]\nmatch = 'https://*.example.com:8443/team'\nusername = ''\n"
        b"argv = ['tok', '--x', '']\nexpiry-from = 'json:a.b'\nsecret-field = 'c'\n"
        b"timeout = 5\nenv = ['CI_JOB_TOKEN']\n"
        b"[[command]]\nmatch = 'https://github.com'\npreset = 'gh'\n"
        b"[[command]]\nmatch = 'https://h.test'\nargv = ['/opt/tok']\nttl = 60\n"
    )
    config = load(str(path))
    assert config.path == str(path)
    assert (config.keyring_provider, config.keyring_timeout) == ("subprocess", 2.5)
    assert (config.job_tokens, config.netrc_default) == (True, True)
    assert config.accept_indexes == ("a", "b")
    one, two, three = config.commands
    assert (str(one.match), one.username) == ("https://*.example.com:8443/team", b"")
    assert (one.timeout, one.line) == (5, 6)
    assert one.plan is not None
    assert one.plan.argv == ("tok", "--x", "")
    assert (one.plan.expiry, one.plan.field) == ("json:a.b", "c")
    assert (two.preset, two.plan, two.line, two.timeout) == ("gh", None, 14, 30)
    assert (one.env, two.env) == (("CI_JOB_TOKEN",), ())
    assert three.plan is not None
    assert three.plan.ttl == 60


HEAD = "[[command]]\nmatch = 'https://h.test'\n"
FAULTS = {
    "an unknown key": ("\n\n'tok en' = 'S'", 3, "unknown key 'tok en'"),
    "an unknown table": ("job-tokens = true\n[tool]\ny = 'S'", 2, "unknown key 'tool'"),
    "an unknown key with a control character": ('"a\\u001b" = 1', 1, "unknown key"),
    "an unknown key in an entry": (
        HEAD + "argv = ['a']\n" + HEAD + "argv = ['b']\nshell = 'S'",
        7,
        "unknown key 'shell'",
    ),
    "a switch in quotes": ("job-tokens = 'S'", 1, "'job-tokens' is neither true nor false"),
    "a time as text": ("\nkeyring-timeout = 'S'", 2, "'keyring-timeout' is not a number of"),
    "no time": ("keyring-timeout = 0", 1, "'keyring-timeout' is not a number of"),
    "a switch for a time": ("keyring-timeout = true", 1, "'keyring-timeout' is not a number of"),
    "a time that is none": ("keyring-timeout = nan", 1, "'keyring-timeout' is not a number of"),
    "a very long time": ("keyring-timeout = 1e9", 1, "'keyring-timeout' is not a number of"),
    "another provider": ("keyring-provider = 'S'", 1, "'keyring-provider' is neither 'disabled'"),
    "a provider in a list": ("keyring-provider = ['S']", 1, "'keyring-provider' is neither"),
    "one name for a list": ("accept-indexes = 'S'", 1, "'accept-indexes' is not an array"),
    "numbers for names": ("accept-indexes = [1]", 1, "'accept-indexes' is not a text"),
    "a command that is a text": ("\ncommand = 'S'", 2, "'command' is not an array of tables"),
    "a command that is one table": ("[command]\nmatch = 'S'", 1, "'command' is not an array"),
    "a command as inline table": ("command = [{argv = 'S'}]", 1, "'argv' is not an array"),
    "a command without match": ("\n[[command]]\nargv = ['S']", 2, "'command' has no 'match'"),
    "a command without argv": (HEAD, 1, "'command' needs either 'argv' or 'preset'"),
    "argv and preset": (HEAD + "argv = ['a']\npreset = 'gh'", 1, "'command' needs either"),
    "a preset with a life": (HEAD + "preset = 'gh'\nttl = 5", 1, "a 'preset' sets 'ttl'"),
    "two ends": (
        HEAD + "argv = ['a']\nttl = 5\nexpiry-from = 'jwt'",
        1,
        "'ttl' and 'expiry-from' cannot be used together",
    ),
    "JSON without a field": (
        HEAD + "argv = ['a']\nexpiry-from = 'json:exp'",
        1,
        "'expiry-from' with JSON needs a 'secret-field'",
    ),
    "a shell command for argv": (HEAD + "argv = 'sh -c S'", 3, "'argv' is not an array of texts"),
    "an empty argv": (HEAD + "argv = []", 3, "'argv' is not an array of texts"),
    "an argument that is none": (HEAD + "argv = ['a', 1]", 3, "'argv' is not an array of texts"),
    "NUL in an argument": (HEAD + 'argv = ["a", "\\u0000"]', 3, "'argv' is not an array"),
    "an empty program": (HEAD + "argv = ['']", 3, "'argv' is not a text"),
    "a program in the working directory": (HEAD + "argv = ['./a']", 3, "'argv' does not begin"),
    "another preset": (HEAD + "preset = 'S'", 3, "'preset' is not one of 'gcloud', "),
    "another end": (HEAD + "argv = ['a']\nexpiry-from = 'S'", 4, "'expiry-from' is neither 'jwt'"),
    "an end in no field": (
        HEAD + "argv = ['a']\nexpiry-from = 'json:'",
        4,
        "'expiry-from' has no field",
    ),
    "half a second of life": (HEAD + "argv = ['a']\nttl = 0.5", 4, "'ttl' is not a whole number"),
    "no life": (HEAD + "argv = ['a']\nttl = 0", 4, "'ttl' is not a whole number"),
    "a username of two lines": (HEAD + 'username = "S\\n"', 3, "'username' is not a text of one"),
    "one variable as text": (HEAD + "env = 'S'", 3, "'env' is not an array of texts"),
    "a variable with its value": (HEAD + "env = ['A=S']", 3, "'env' is not an array of names"),
    "a variable of Git": (HEAD + "env = ['GIT_DIR']", 3, "'env' has a variable of Git"),
    "a match with a secret": (
        "[[command]]\nmatch = 'https://u:S@h.test'",
        2,
        "'match' is not a URL pattern: it has a username",
    ),
    "no TOML": ("job-tokens = true\nS = = S", 2, "it is not valid TOML"),
    "TOML that ends early": ("a = '''S\n\n", 1, "it is not valid TOML"),
}


@pytest.mark.parametrize(("text", "line", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_with_file_and_line(text: str, line: int, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text.replace("'S'", f"'{SECRET}'").replace(":S@", f":{SECRET}@").encode(), "/c.toml")
    message = str(caught.value)
    assert message.startswith(f"cannot use '/c.toml', line {line}: {fault}")
    assert SECRET not in message
    assert message.isprintable()


def test_bytes_that_are_no_text_are_named() -> None:
    with pytest.raises(ConfigError, match=r"^cannot use '/c', line 2: it is not UTF-8; repair"):
        parse(b"job-tokens = true\n# \xff\n", "/c")


def test_deep_nesting_is_an_error() -> None:
    with pytest.raises(ConfigError, match="cannot be read as TOML"):
        parse(b"a = " + b"[" * 100_000, "/c")


@given(st.text(max_size=60) | st.text("[]'\"=a.command \n", max_size=60))
def test_only_our_own_error_escapes(text: str) -> None:
    try:
        config = parse(text.encode(errors="replace"), "/c")
    except ConfigError:
        return
    assert isinstance(config, Config)


KINDS = {
    "a folder": (lambda p: p.mkdir(), "it is not a file"),
    "a file that everybody can write": (
        lambda p: (p.touch(), p.chmod(0o666)),
        "can be written by every user",
    ),
    "a link to a device": (lambda p: p.symlink_to("/dev/zero"), "cannot read"),
}


@pytest.mark.parametrize(("make", "fault"), KINDS.values(), ids=KINDS)
def test_what_is_no_configuration_file(tmp_path: Path, make: object, fault: str) -> None:
    path = tmp_path / "config.toml"
    make(path)  # type: ignore[operator]
    with pytest.raises(ConfigError, match=fault):
        load(str(path))


MATCHES = {
    "a host any path": ("https://h.test", "h.test", b"a/b", True),
    "in another case": ("https://H.Test:443/", "h.test", b"", True),
    "its path": ("https://h.test/team", "h.test", b"team/r.git", True),
    "a path only by whole segments": ("https://h.test/team", "h.test", b"teams", False),
    "a path not without one": ("https://h.test/team", "h.test", b"", False),
    "another port": ("https://h.test:8443", "h.test", b"", False),
    "its port": ("https://h.test:8443", "h.test:8443", b"", True),
    "another scheme": ("http://h.test", "h.test", b"", False),
    "a host below": ("https://h.test", "x.h.test", b"", False),
    "a star one label": ("https://*.h.test", "x.h.test", b"", True),
    "a star not none": ("https://*.h.test", "h.test", b"", False),
    "a star not two labels": ("https://*.h.test", "y.x.h.test", b"", False),
    "two stars two labels": ("https://*.*.h.test", "y.x.h.test", b"", True),
    "a star not a part of a label": ("https://*.h.test", "evil-h.test", b"", False),
    "a star not another end": ("https://*.h.test", "x.h.test.evil.test", b"", False),
    "a star no part of an address": ("https://*.test", "127.0.0.1", b"", False),
    "an international name": ("https://bücher.test", "xn--bcher-kva.test", b"", True),
}


@pytest.mark.parametrize(("pattern", "host", "path", "expected"), MATCHES.values(), ids=MATCHES)
def test_a_pattern_matches(pattern: str, host: str, path: bytes, expected: bool) -> None:
    service = service_from_git(b"https", host.encode(), path)
    assert parse_pattern(pattern).matches(service) is expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "h.test", "https:", "https://", "ssh://h.test", "HTTPS://h.test", "https:///a"),
        *("https://u@h.test", "https://h.test?q", "https://h.test#f", "https://h.test\\x"),
        *("https://*", "https://*.", "https://h.*", "https://x*.h.test", "https://h.test/*"),
        *("https://a.*.test", "https://**.test", "https://*.0.0.1", "https://h.test/../x"),
        *("https://h test", "https://h.test\n", "https://-h.test", "https://[::1", "*"),
    ],
)
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(ServiceError):
        parse_pattern(text)


LABEL = st.text("abc-", min_size=1, max_size=4).filter(lambda t: t[0] != "-" != t[-1])


@given(st.lists(LABEL, min_size=1, max_size=4), st.integers(0, 3), st.lists(LABEL, min_size=1))
def test_a_star_stands_for_exactly_one_label(
    names: list[str], stars: int, asked: list[str]
) -> None:
    pattern = parse_pattern("https://" + ".".join(["*"] * stars + names))
    service = Service("https", ".".join(asked), None)
    assert pattern.matches(service) is (len(asked) == stars + len(names) and asked[stars:] == names)

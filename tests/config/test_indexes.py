"""uv's indexes: what files and variables say, and which index a URL belongs to."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_credential_uvx.config.bindings import FILE, Bindings, build, parse
from git_credential_uvx.config.discovery import SIZE_LIMIT, discover
from git_credential_uvx.config.indexes import (
    Index,
    always_fault,
    combined,
    from_environ,
    from_file,
    index_of,
    never_fault,
)
from git_credential_uvx.errors import BindingError, DocumentError, IndexesError, StoreError
from git_credential_uvx.query import variable_name
from git_credential_uvx.toml.values import read_values
from git_credential_uvx.urls.service import Service, root_of, service_from_url

SECRET = "CANARY-3f9c"


def service(text: str) -> Service:
    found = service_from_url(text)
    assert found is not None
    return found


def read(text: str, path: str = "/p/uv.toml", *, trusted: bool = False) -> list[Index]:
    layer = from_file(text.encode(), path, trusted=trusted)
    return [] if layer is None else combined([layer])


def told(indexes: list[Index]) -> list[tuple[str | None, str, str]]:
    return [(index.name, str(index.service), index.policy) for index in indexes]


ROOTS = {
    "simple": ("https://h/a/simple", "https://h/a"),
    "simple with a slash": ("https://h/a/simple/", "https://h/a"),
    "simple in capitals": ("https://h/a/SIMPLE", "https://h/a"),
    "devpi's +simple": ("https://h/a/+simple", "https://h/a"),
    "devpi's in any case": ("https://h/a/+Simple/", "https://h/a"),
    "simple alone": ("https://h/simple", "https://h/"),
    "two slashes behind it": ("https://h/a/simple//", "https://h/a/simple//"),
    "something behind it": ("https://h/a/simple/x", "https://h/a/simple/x"),
    "another word": ("https://h/a/notsimple", "https://h/a/notsimple"),
    "an escape in it": ("https://h/a/simpl%65", "https://h/a/simpl%65"),
    "no path": ("https://h", "https://h/"),
    "only once": ("https://h/simple/simple", "https://h/simple"),
}


@pytest.mark.parametrize(("url", "root"), ROOTS.values(), ids=ROOTS)
def test_the_root_of_an_index(url: str, root: str) -> None:
    assert str(root_of(service(url))) == root


@pytest.mark.parametrize(
    ("name", "variable"),
    [("corp", "CORP"), ("my-index.x", "MY_INDEX_X"), ("A_b9", "A_B9"), ("ünï", "_N_"), ("", "")],
)
def test_the_variables_of_a_name(name: str, variable: str) -> None:
    assert variable_name(name) == variable


def index(url: str, policy: str = "auto", name: str | None = None) -> Index:
    return Index(service(url), "a test", name=name, policy=policy)


BELONGS = {
    "what is below the root": (["https://h/a/simple"], "https://h/a/files/x.whl", 0),
    "the root itself": (["https://h/a/simple"], "https://h/a", 0),
    "not a longer segment": (["https://h/a/simple"], "https://h/ab", None),
    "not another case": (["https://h/a/simple"], "https://h/A", None),
    "not another host": (["https://h/simple"], "https://g.h/", None),
    "not another scheme": (["https://h/simple"], "http://h/", None),
    "not another port": (["https://h/simple"], "https://h:8443/", None),
    "the longest of several": (["https://h/simple", "https://h/a/simple"], "https://h/a/b", 1),
    "the longest in any order": (["https://h/a/simple", "https://h/simple"], "https://h/a/b", 0),
    "the first of equals": (["https://h/a/simple", "https://h/a/+simple"], "https://h/a", 0),
}


@pytest.mark.parametrize(("urls", "asked", "which"), BELONGS.values(), ids=BELONGS)
def test_a_url_belongs_to(urls: list[str], asked: str, which: int | None) -> None:
    indexes = [index(url) for url in urls]
    found = index_of(service(asked), indexes)
    assert found is (None if which is None else indexes[which])


@pytest.mark.parametrize("policies", [("never", "always"), ("always", "never"), ("auto", "never")])
def test_of_equal_roots_the_strictest_policy_counts(policies: tuple[str, str]) -> None:
    indexes = [index("https://h/a/simple", policy) for policy in policies]
    found = index_of(service("https://h/a"), indexes)
    assert found is not None
    assert found.policy == "never"


SEGMENTS = st.lists(st.sampled_from(["a", "b", "ab", "simple"]), max_size=3)


@given(st.lists(SEGMENTS, max_size=4), SEGMENTS)
def test_the_longest_prefix_by_segments_is_found(paths: list[list[str]], asked: list[str]) -> None:
    indexes = [index("https://h/" + "/".join(path)) for path in paths]
    roots = [path[:-1] if path[-1:] == ["simple"] else path for path in paths]
    covering = [len(root) for root in roots if asked[: len(root)] == root]
    found = index_of(service("https://h/" + "/".join(asked)), indexes)
    length = None if found is None else len([s for s in found.root.path.split("/") if s])
    assert length == max(covering, default=None)


UV_TOML = """\
index-url = "https://main.test/simple"
extra-index-url = ["https://extra.test/simple", "./local"]
find-links = [
  "https://links.test/l",
]

[[index]]
name = "corp"
url = "https://al%40ice:s%2Fe@corp.test/simple#frag"
authenticate = "always"
publish-url = "https://up.test/legacy/?x"
default = true

[[index]] # one without a name
url = 'https://h.test'
authenticate = "never"

[pip]
index-url = "https://pip.test/simple"
extra-index-url = ["https://pip-extra.test/simple"]
"""
PYPROJECT = '[project]\nname = "x"\n\n[tool.uv]\n' + UV_TOML.replace(
    "[[index]]", "[[tool.uv.index]]"
).replace("[pip]", "[tool.uv.pip]")


@pytest.mark.parametrize(
    ("text", "path", "shift"),
    [(UV_TOML, "/p/uv.toml", 0), (PYPROJECT, "/p/pyproject.toml", 4)],
    ids=["uv.toml", "pyproject.toml"],
)
def test_what_a_file_says(text: str, path: str, shift: int) -> None:
    indexes = read(text, path)
    assert told(indexes) == [
        ("corp", "https://corp.test/simple", "always"),
        (None, "https://h.test/", "never"),
        (None, "https://extra.test/simple", "auto"),
        (None, "https://links.test/l", "auto"),
        (None, "https://pip-extra.test/simple", "auto"),
        (None, "https://main.test/simple", "auto"),
        (None, "https://pip.test/simple", "auto"),
    ]
    lines = [9, 15, 2, 4, 20, 1, 19]
    assert [i.where for i in indexes] == [f"{path}, line {line + shift}" for line in lines]
    corp = indexes[0]
    assert corp.username == b"al@ice"
    assert corp.password is not None
    assert corp.password.reveal() == b"s/e"
    assert str(corp.publish) == "https://up.test/legacy/"
    assert not corp.trusted


OTHER_LAYOUTS = {
    "an array of inline tables": 'index = [{url = "https://h.test/simple", name = "n"}]',
    "quoted keys": '[["index"]]\n"url" = "https://h.test/simple"\nname = "n"',
    "a byte order mark and CRLF": '\ufeff[[index]]\r\nurl = "https://h.test/simple"\r\nname="n"\r\n',
    "a header with blanks": '[[ index ]]\nname = "n"\nurl = """https://h.test/simple"""',
    "an unknown key": 'x = 1\n[[index]]\nname = "n"\nurl = "https://h.test/simple"\ny = {z = []}',
}


@pytest.mark.parametrize("text", OTHER_LAYOUTS.values(), ids=OTHER_LAYOUTS)
def test_any_layout_of_toml_is_read(text: str) -> None:
    assert told(read(text)) == [("n", "https://h.test/simple", "auto")]


@pytest.mark.parametrize("url", ["./rel", "/abs", "file:///x", "C:\\x", "name", "ssh://h/x", ""])
def test_what_is_no_web_service_is_no_index(url: str) -> None:
    assert read(f"[[index]]\nurl = '{url}'") == []


def test_a_host_that_nobody_can_ask_about_is_no_index() -> None:
    assert read('[[index]]\nurl = "http://my~registry:8080/simple"') == []


BROKEN = {
    "no TOML": ("a = 1\n[[index]\n", 2, "not valid TOML"),
    "no end": ('[[index]]\nurl = """', 2, "not valid TOML"),
    "index no array": ('\nindex = "x"', 2, "'index' is not an array"),
    "an index that is no table": ('index = [\n"x"]', 2, "not a table"),
    "no url": ('[[index]]\nname = "x"', 1, "no 'url'"),
    "a url that is no string": ("[[index]]\nurl = 1", 2, "'url'"),
    "a name with other letters": ('[[index]]\nurl = "https://h"\nname = "ü"', 3, "'name'"),
    "a name with a line end": ('[[index]]\nname = "a\\nb"\nurl = "https://h"', 2, "'name'"),
    "an unknown policy": (
        '[[index]]\nurl = "https://h"\nauthenticate = "Never"',
        3,
        "'authenticate'",
    ),
    "a policy that is no string": (
        '[[index]]\nurl = "https://h"\nauthenticate = ["never"]',
        3,
        "'authenticate'",
    ),
    "extra no array": ('extra-index-url = "https://h"', 1, "'extra-index-url'"),
    "a number among links": ('find-links = ["https://h",\n 1]', 2, "'find-links'"),
    "pip no table": ("pip = 1", 1, "'pip' is not a table"),
    "a line end in a url": ('[[index]]\nurl = "https://h/a\\nb"', 2, "control character"),
    "two at signs": (f'[[index]]\nurl = "https://u:{SECRET}@x@h/"', 2, "'url'"),
    "a broken escape": (f'[[index]]\nurl = "https://u:{SECRET}%zz@h/"', 2, "escape"),
    "a slash in the password": (f'[[index]]\nurl = "https://u:{SECRET}/x@h/"', 2, "slash"),
    "a slash in the name": (f'[[index]]\nurl = "https://u/n:{SECRET}@h/"', 2, "slash"),
    "no slashes": (f'[[index]]\nurl = "https:u:{SECRET}@h"', 2, "'url'"),
    "a publish url that is broken": (
        f'[[index]]\nurl = "https://h"\npublish-url = "https://{SECRET}@x@h"',
        3,
        "'publish-url'",
    ),
    "never for a host in no normal form": (
        '[[index]]\nurl = "https://h/a/../b"\nauthenticate = "never"',
        2,
        "programs read differently",
    ),
    "dots without end": ("x." * 20_000 + "y = 1", 0, "too many dots"),
    "brackets without end": ("x = " + "[" * 100_000, 0, "TOML"),
}


@pytest.mark.parametrize(("text", "line", "fault"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_an_error_with_its_line(text: str, line: int, fault: str) -> None:
    with pytest.raises(IndexesError) as caught:
        read(text)
    message = str(caught.value)
    assert message.startswith("cannot read '/p/uv.toml'" + (f", line {line}: " if line else ""))
    assert fault in message
    assert SECRET not in message
    assert message.isprintable()


def test_a_file_in_another_encoding_is_an_error() -> None:
    with pytest.raises(IndexesError, match="line 2: it is not UTF-8"):
        from_file(b"\n\xff", "/p/uv.toml", trusted=False)


def test_a_port_and_an_at_sign_in_the_path_are_no_password() -> None:
    assert told(read('[[index]]\nurl = "https://h:8443/a@b"')) == [
        (None, "https://h:8443/a@b", "auto")
    ]


ENVIRON = {
    "nothing": ({}, []),
    "empty variables": ({"UV_INDEX": "", "UV_DEFAULT_INDEX": "", "UV_INDEX_URL": ""}, []),
    "names": (
        {
            "UV_INDEX": "a=https://a.test/simple \n https://b.test?x=1",
            "UV_DEFAULT_INDEX": "d=http://d",
        },
        [("d", "http://d/"), ("a", "https://a.test/simple"), (None, "https://b.test/")],
    ),
    "the first of a name": ({"UV_INDEX": "a=https://x a=https://y"}, [("a", "https://x/")]),
    "the default before others of its name": (
        {"UV_INDEX": "a=https://x", "UV_DEFAULT_INDEX": "a=https://y"},
        [("a", "https://y/")],
    ),
    "an empty name": ({"UV_INDEX": "=https://x"}, [("", "https://x/")]),
    "pip's words": (
        {"UV_EXTRA_INDEX_URL": "https://x https://y", "UV_INDEX_URL": "https://z"},
        [(None, "https://x/"), (None, "https://y/"), (None, "https://z/")],
    ),
    "links": ({"UV_FIND_LINKS": "https://x/l,./here"}, [(None, "https://x/l")]),
    "a name of an index and a path": ({"UV_INDEX": "corp a=./here"}, []),
}


@pytest.mark.parametrize(("environ", "expected"), ENVIRON.values(), ids=ENVIRON)
def test_what_the_environment_says(
    environ: dict[str, str], expected: list[tuple[str | None, str]]
) -> None:
    found = combined([from_environ(environ)])
    assert [(i.name, str(i.service)) for i in found] == expected
    assert all(i.trusted and i.where in environ for i in found)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("UV_INDEX", "y+z=https://h"),
        ("UV_INDEX", f"a=https://u:{SECRET}@x@h"),
        ("UV_DEFAULT_INDEX", f"https://{SECRET}@h https://g"),
        ("UV_EXTRA_INDEX_URL", f"https://{SECRET}@h\thttps://g"),
        ("UV_FIND_LINKS", f"https://{SECRET}%zz@h"),
    ],
)
def test_a_broken_variable_is_an_error_with_its_name(variable: str, text: str) -> None:
    with pytest.raises(IndexesError) as caught:
        from_environ({variable: text})
    assert str(caught.value).startswith(f"cannot read {variable}: ")
    assert SECRET not in str(caught.value)


def test_a_project_hides_a_name_of_the_user_and_the_pin_tells() -> None:
    mine = from_file(b'[[index]]\nname = "corp-x"\nurl = "https://corp"', "/u", trusted=True)
    other = from_file(
        b'[[index]]\nname = "corp-x"\nurl = "https://evil"\n'
        b'[[index]]\nname = "Corp.X"\nurl = "https://evil/2"\n'
        b'[[index]]\nname = "new"\nurl = "https://new"',
        "/p",
        trusted=False,
    )
    assert mine is not None
    assert other is not None
    found = combined([other, mine])
    assert [(i.name, i.service.host, i.pinned) for i in found] == [
        ("corp-x", "evil", "https://corp"),
        ("Corp.X", "evil", "https://corp"),
        ("new", "new", None),
    ]


def test_a_path_hides_a_later_index_of_its_name() -> None:
    text = '[[index]]\nname = "n"\nurl = "./x"\n[[index]]\nname = "n"\nurl = "https://h"'
    assert read(text) == []


def test_what_policies_tell() -> None:
    (corp,) = read('[[index]]\nname = "corp"\nurl = "https://u:p@h/$(id)/simple"')
    assert never_fault(corp) == (
        "credentials in a URL of index 'corp' (/p/uv.toml, line 3), "
        'which says authenticate = "never"'
    )
    assert always_fault(corp) == (
        "no credentials for index 'corp' (/p/uv.toml, line 3), "
        "which says authenticate = \"always\"; run: uv auth login 'https://h/$(id)'"
    )
    assert "the index https://h (" in never_fault(index("https://h/secret/simple"))


def test_an_index_shows_no_secret() -> None:
    (corp,) = read(f'[[index]]\nurl = "https://u:{SECRET}@h/simple"')
    assert SECRET not in f"{corp} {corp!r} {corp.password!r} {corp.service}"


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_reading_any_bytes_raises_nothing_else(data: bytes) -> None:
    for name in ("uv.toml", "pyproject.toml"):
        try:
            from_file(data, name, trusted=False)
        except IndexesError:
            pass


@given(st.text("abc:/@.%2Fe?#[]\\ =,\u00fc1", max_size=25))
def test_reading_any_url_raises_nothing_else(text: str) -> None:
    for url in (text, "https://" + text):
        try:
            found = combined([from_environ({"UV_INDEX": url, "UV_FIND_LINKS": url})])
        except IndexesError:
            continue
        for one in found:
            assert str(service_from_url(str(one.service))) == str(one.service)


LEAF = st.integers(0, 9).map(str) | st.sampled_from(['"x"', "'''\n[[a]]\n'''", '"""\na = 1\n"""'])
VALUE = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3).map(lambda v: "[\n" + ",\n".join(v) + "]"),
    max_leaves=5,
)


@given(st.lists(st.tuples(st.sampled_from(["[[a]]", "[[a.b]]", "[a.c]"]), VALUE), max_size=6))
def test_the_line_of_a_key_is_where_it_stands(tables: list[tuple[str, str]]) -> None:
    text, marks = "", {}
    counts = {"a": 0, "b": 0, "c": 0}
    for header, value in tables:
        leaf = header.strip("[]")[-1]
        if (leaf != "a" and not counts["a"]) or (leaf == "c" and counts["c"]):
            continue
        counts[leaf] += 1
        if leaf == "a":
            counts["b"] = counts["c"] = 0
        path: tuple[str | int, ...] = ("a", counts["a"] - 1)
        if leaf != "a":
            path += ("b", counts["b"] - 1) if leaf == "b" else ("c",)
        text += f"{header}\n# k = 0\n"
        marks[(*path, "k")] = text.count("\n") + 1
        text += f"k = {value}\n"
    values = read_values(text.encode())
    for at, line in marks.items():
        assert values.line(*at) == line
        assert values.line(*at, "no such") == line


def test_broken_toml_is_never_quoted() -> None:
    with pytest.raises(DocumentError) as caught:
        read_values(f'a = 1\nb = "{SECRET}" {SECRET}'.encode())
    assert str(caught.value) == "it is not valid TOML"
    assert caught.value.line == 2


@pytest.mark.parametrize("depth", range(50, 1000, 50))
def test_brackets_as_deep_as_they_can_be_read(depth: int) -> None:
    text = f'x = {"[" * depth}{"]" * depth}\n[[index]]\nurl = "https://h"'
    try:
        assert told(read(text)) == [(None, "https://h/", "auto")]
    except IndexesError:
        assert depth > 300


def put(path: Path, host: str, name: str = "n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix = "tool.uv." if path.name == "pyproject.toml" else ""
    path.write_text(f'[[{prefix}index]]\nname = "{name}"\nurl = "https://{host}.test"\n')


def hosts(folder: Path, home: Path, **environ: str) -> list[tuple[str, bool]]:
    # The machine's own file, if it has one, is not this test's business.
    environ = {"UV_NO_SYSTEM_CONFIG": "1", **environ}
    found = discover(str(folder), environ, str(home))
    return [(i.service.host.removesuffix(".test"), i.trusted) for i in found]


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    put(tmp_path / "uv.toml", "far")
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert hosts(deep, tmp_path) == [("far", False)]
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\n")
    assert hosts(deep, tmp_path) == [("far", False)]
    put(tmp_path / "a" / "pyproject.toml", "near")
    assert hosts(deep, tmp_path) == [("near", False)]
    put(tmp_path / "a" / "uv.toml", "beside")
    assert hosts(deep, tmp_path) == [("beside", False)]
    (tmp_path / "a" / "uv.toml").write_text("")
    assert hosts(deep, tmp_path) == []


def test_the_user_and_the_system_come_after_the_project(tmp_path: Path) -> None:
    put(tmp_path / "p" / "uv.toml", "project", "p")
    put(tmp_path / ".config" / "uv" / "uv.toml", "home", "h")
    put(tmp_path / "xdg" / "uv" / "uv.toml", "xdg", "x")
    put(tmp_path / "first" / "uv" / "uv.toml", "first", "s")
    put(tmp_path / "second" / "uv" / "uv.toml", "second", "t")
    folder = tmp_path / "p"
    assert hosts(folder, tmp_path) == [("project", False), ("home", True)]
    xdg = {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "UV_NO_SYSTEM_CONFIG": "0"}
    dirs = [tmp_path / "none", tmp_path / "first", tmp_path / "second"]
    both = {**xdg, "XDG_CONFIG_DIRS": ":".join(map(str, dirs))}
    assert hosts(folder, tmp_path, **both) == [("project", False), ("xdg", True), ("first", True)]
    assert hosts(folder, tmp_path, **both, UV_NO_CONFIG="1") == []
    own = str(tmp_path / "second" / "uv" / "uv.toml")
    assert hosts(folder, tmp_path, **both, UV_CONFIG_FILE=own, UV_NO_CONFIG="1") == [
        ("second", True)
    ]


def test_a_relative_path_leads_into_the_project(tmp_path: Path) -> None:
    put(tmp_path / "uv" / "uv.toml", "evil")
    relative = {"XDG_CONFIG_HOME": ".", "XDG_CONFIG_DIRS": ".", "UV_NO_SYSTEM_CONFIG": "0"}
    assert ("evil", True) not in hosts(tmp_path, tmp_path, **relative)
    assert hosts(tmp_path, tmp_path, UV_CONFIG_FILE="uv/uv.toml") == [("evil", False)]
    assert hosts(tmp_path, Path(), UV_INDEX="https://e.test") == [("e", True)]


@pytest.mark.parametrize("variable", ["UV_NO_CONFIG", "UV_NO_SYSTEM_CONFIG"])
@pytest.mark.parametrize("text", ["", "maybe", " 1"])
def test_a_switch_that_is_neither_on_nor_off_is_an_error(
    variable: str, text: str, tmp_path: Path
) -> None:
    with pytest.raises(IndexesError, match=f"^{variable} is neither true nor false$"):
        hosts(tmp_path, tmp_path, **{variable: text})


def test_files_that_are_none_are_errors(tmp_path: Path) -> None:
    with pytest.raises(IndexesError, match="of UV_CONFIG_FILE: file not found"):
        hosts(tmp_path, tmp_path, UV_CONFIG_FILE="x.toml")
    os.mkfifo(tmp_path / "uv.toml")
    with pytest.raises(IndexesError, match="it is not a file"):
        hosts(tmp_path, tmp_path)
    (tmp_path / "uv.toml").unlink()
    (tmp_path / "uv.toml").mkdir()
    with pytest.raises(IndexesError, match=r"cannot read '.*/uv\.toml': it is not a file"):
        hosts(tmp_path, tmp_path)
    (tmp_path / "uv.toml").rmdir()
    (tmp_path / "uv.toml").symlink_to("uv.toml")
    with pytest.raises(IndexesError, match=r"cannot read '.*/uv\.toml': too many"):
        hosts(tmp_path, tmp_path)
    (tmp_path / "uv.toml").unlink()
    (tmp_path / "uv.toml").write_bytes(b"#" * (SIZE_LIMIT + 1))
    with pytest.raises(IndexesError, match="it is larger than"):
        hosts(tmp_path, tmp_path)


def test_a_folder_with_control_characters_is_shown_without(tmp_path: Path) -> None:
    put(tmp_path / "a\x1b[31m\n" / "uv.toml", "h")
    (found,) = discover(str(tmp_path / "a\x1b[31m\n"), {"UV_NO_SYSTEM_CONFIG": "1"}, str(tmp_path))
    assert found.where.isprintable()


def test_a_name_stays_with_its_realm(tmp_path: Path) -> None:
    bindings = Bindings(str(tmp_path / "state"))
    bindings.check("corp", "https://good.test", [])
    bindings.check("corp", "https://good.test", [])
    with pytest.raises(BindingError) as caught:
        bindings.check("Corp", "https://evil.test", ["other"])
    assert str(caught.value) == (
        "index 'Corp' was https://good.test but is now https://evil.test; "
        "'git-credential-uvx explain URL --accept-index Corp' accepts the change"
    )
    bindings.check("corp", "https://evil.test", ["corp"])
    bindings.check("corp", "https://evil.test", [])
    file = tmp_path / "state" / FILE
    assert file.read_bytes() == b"https://evil.test CORP\n"
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_a_trusted_place_says_counts_first(tmp_path: Path) -> None:
    bindings = Bindings(str(tmp_path / "state"))
    with pytest.raises(BindingError, match=r"is at https://good\.test; a project"):
        bindings.check("corp", "https://evil.test", [], pinned="https://good.test")
    assert not (tmp_path / "state").exists()
    bindings.check("corp", "https://old.test", [])
    bindings.check("corp", "https://good.test", [], pinned="https://good.test")
    bindings.check("corp", "https://good.test", [])


@pytest.mark.parametrize(
    "data",
    [b"x\n", b"https://h CORP", b"h CORP\n", b"https://h C\x1b\n", b"\n", b"https://\xff A\n"],
)
def test_a_broken_file_of_bindings_is_an_error(data: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"https://a A\n" + data)
    with pytest.raises(StoreError, match="line 2: it is not a line"):
        Bindings(str(tmp_path)).check("a", "https://a", [])


@given(
    st.dictionaries(
        st.text("ABC_9", max_size=5), st.sampled_from(["https://h", "http://[::1]:8"]), max_size=5
    )
)
def test_bindings_are_read_as_they_are_written(known: dict[str, str]) -> None:
    assert parse(build(known)) == known


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    folder = str(tmp_path / "state")

    def remember(number: int) -> None:
        Bindings(folder).check(f"n{number}", f"https://h{number}", [])

    threads = [Thread(target=remember, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    known = parse((tmp_path / "state" / FILE).read_bytes())
    assert known == {f"N{number}": f"https://h{number}" for number in range(40)}

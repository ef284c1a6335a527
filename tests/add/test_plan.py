"""What `add` makes of arguments, before it opens or runs anything."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_credential_uvx.add.arguments import Word, split
from git_credential_uvx.add.edit import ProjectFile
from git_credential_uvx.add.plan import Copy, KeptUserinfo, Plan, plan
from git_credential_uvx.errors import AddError, RefusedError

from ..support.common import cases

URL = "https://u:secret@good.test/r"
BARE = "https://good.test/r"

FILES = {
    "clean.txt": b"foo\n-e ./local\n-r sub/more.txt\n",
    "sub/more.txt": b"bar\n-r ../clean.txt\n",
    "dirty.txt": f"# all\r\nfoo @ git+{URL}  # why\r\n-i {URL}\r\n".encode(),
    "dirty.toml": f'x = "{URL}"\n'.encode(),
    "-": f"foo @ git+{URL}\n".encode(),
    "login.in": b"foo @ git+ssh://alice@good.test/r\n",
    "open.txt": b"foo @ git+https://${UNSET}@good.test/r\n",
}


def planned(*arguments: str, **environ: str) -> Plan:
    return plan(split(list(arguments)), environ, FILES.__getitem__)


class TestWords:
    @cases(
        "arguments, roles",
        {
            "a requirement": (["foo"], ["requirement"]),
            "a flag and a requirement": (["--dev", "foo"], ["option", "requirement"]),
            "a value apart": (["--group", "g", "foo"], ["option", "value", "requirement"]),
            "a value with =": (["--group=g", "foo"], ["value", "requirement"]),
            "an empty value": (["--group=", "foo"], ["value", "requirement"]),
            "a short option": (["-r", "a.txt"], ["option", "requirements"]),
            "a short option with its value": (["-ra.txt"], ["requirements"]),
            "a short option with =": (["-r=a.txt"], ["requirements"]),
            "short flags in a row": (["-qv", "foo"], ["option", "requirement"]),
            "a short option after flags": (["-qra.txt"], ["requirements"]),
            "a short option after flags, apart": (["-Ur", "a.txt"], ["option", "requirements"]),
            "standard input": (["-r", "-"], ["option", "requirements"]),
            "a dash alone": (["-"], ["requirement"]),
            "after --": (["--", "-r", "--dev"], ["option", "requirement", "requirement"]),
            "an option that is not known": (["--new", "foo"], ["option", "requirement"]),
            "no value": (["--group"], ["option"]),
            "ours": (["--yes", "--replace", "--no-store", "foo"], ["requirement"]),
            "ours after --": (["--", "--yes"], ["option", "requirement"]),
        },
    )
    def test_roles(self, arguments: list[str], roles: list[str]) -> None:
        found = split(arguments)
        assert [word.role for word in found.words] == roles

    @cases(
        "arguments",
        {
            "all kinds": ["-qUr=a", "--dev", "-ihttps://x/", "--index", "a=b", "foo", "--", "-x"],
            "values that look like options": ["--group", "--dev", "-m", "-x"],
            "nothing": [],
        },
    )
    def test_what_is_not_ours_goes_through(self, arguments: list[str]) -> None:
        assert [word.text for word in split(arguments).words] == arguments

    def test_ours_are_taken_out(self) -> None:
        found = split(["--yes", "foo", "--replace", "--no-store", "--", "--yes"])
        assert found.ours == {"--yes", "--replace", "--no-store"}
        assert [word.text for word in found.words] == ["foo", "--", "--yes"]

    @cases(
        "arguments, name, value",
        {
            "long": (["--group", "g"], "--group", "g"),
            "with =": (["--group=g"], "--group", "g"),
            "the last one": (["--rev=a", "--rev=b"], "--rev", "b"),
            "short": (["-m", "x"], "--marker", "x"),
            "a short flag": (["-qq"], "--quiet", ""),
            "an alias": (["-ra"], "--requirements", "a"),
        },
    )
    def test_options(self, arguments: list[str], name: str, value: str) -> None:
        assert split(arguments).options[name] == value

    @given(st.lists(st.text("-=rqUm.abx/: \n", max_size=6)))
    def test_any_arguments_go_through(self, arguments: list[str]) -> None:
        assert [word.text for word in split(arguments).words] == arguments

    def test_a_word_is_its_two_parts(self) -> None:
        assert Word("--index=", "x", "index").text == "--index=x"


class TestPlans:
    @cases(
        "given, clean, use",
        {
            "Git": ([f"foo @ git+{URL}"], [f"foo @ git+{BARE}"], "git"),
            "a wheel": ([f"foo@{URL}/f.whl ; a"], [f"foo@{BARE}/f.whl ; a"], "url"),
            "a URL with no ending": ([f"foo @ {URL}"], [f"foo @ {BARE}"], "url"),
            "an index": (["--index", URL], ["--index", BARE], "index"),
            "a named index": ([f"--index=a={URL}"], [f"--index=a={BARE}"], "index"),
            "an index named by a dot": (
                ["--index", f"a.b={URL}"],
                ["--index", f"a.b={BARE}"],
                "index",
            ),
            "an index that looks like Git": ([f"-i{URL}.git"], [f"-i{BARE}.git"], "index"),
            "links": (["-f", URL], ["-f", BARE], "index"),
            "an option that is not known": ([f"--new={URL}"], [f"--new={BARE}"], "index"),
            "a list on a server": (["-r", f"{URL}/r.txt"], ["-r", f"{BARE}/r.txt"], "url"),
        },
    )
    def test_a_secret_goes(self, given: list[str], clean: list[str], use: str) -> None:
        found = planned(*given)
        assert found.arguments == clean
        assert [finding.use for finding in found.findings] == [use]
        assert found.given is None

    @cases(
        "arguments, kept, for_uv",
        {
            "a login name": (
                "Foo.bar [a] @ git+ssh://alice@good.test/r",
                KeptUserinfo("Foo.bar", "alice", "git+ssh://good.test/r", whole=False),
                "Foo.bar [a] @ git+ssh://alice@good.test/r",
            ),
            "a login name of nothing": (
                "git+ssh://alice@good.test/r",
                KeptUserinfo(None, "alice", "git+ssh://good.test/r", whole=False),
                "git+ssh://alice@good.test/r",
            ),
            "a template that uv fills in": (
                "foo @ git+https://u:${SET}@good.test/r",
                KeptUserinfo("foo", "u:${SET}", "git+https://good.test/r", whole=True),
                "foo @ git+https://u:${SET}@good.test/r",
            ),
            "a template that is not set": (
                "foo @ git+https://u:${UNSET}@good.test/r",
                KeptUserinfo("foo", "u:${UNSET}", "git+https://good.test/r", whole=True),
                "foo @ git+https://good.test/r",
            ),
            "one of two that is not set": (
                "foo @ git+https://${SET}:${UNSET}@good.test/r",
                KeptUserinfo("foo", "${SET}:${UNSET}", "git+https://good.test/r", whole=True),
                "foo @ git+https://good.test/r",
            ),
            "a template that uv does not know": (
                "foo @ git+https://$SET@good.test/r",
                KeptUserinfo("foo", "$SET", "git+https://good.test/r", whole=True),
                "foo @ git+https://good.test/r",
            ),
        },
    )
    def test_what_uv_drops_is_noted(self, arguments: str, kept: KeptUserinfo, for_uv: str) -> None:
        found = planned(arguments, SET="x")
        assert found.kept == [kept]
        assert found.arguments == [for_uv]
        assert found.findings == []

    @cases(
        "spec",
        {
            "git of ssh": "foo @ git+ssh://git@good.test/r",
            "a name of a service": "foo @ git+https://oauth2@good.test/r",
            "no userinfo": "foo @ git+https://good.test/r",
            "scp": "foo @ git@good.test:r",
            "a mask": "foo @ git+https://****@good.test/r",
            "a file": "foo @ file:///tmp/${HOME}@x/foo",
        },
    )
    def test_nothing_else_is_noted(self, spec: str) -> None:
        found = planned(spec)
        assert (found.kept, found.arguments) == ([], [spec])

    def test_a_template_of_an_index_goes_as_uv_has_it(self) -> None:
        found = planned("--index", "a=https://u:${SET}@good.test/simple", SET="x")
        assert found.arguments == ["--index", "a=https://good.test/simple"]

    @cases(
        "arguments",
        {
            "a direct URL": ("foo @ https://${SET}@good.test/foo.whl",),
            "a direct URL with --raw": ("--raw", "https://${SET}@good.test/foo.whl"),
            "with --lfs": ("--lfs", "foo @ git+https://${SET}@good.test/r"),
        },
    )
    def test_a_template_that_would_not_be_safe_is_refused(self, arguments: tuple[str]) -> None:
        with pytest.raises(AddError):
            planned(*arguments, SET="x")

    @cases(
        "arguments, table",
        {
            "the project": ((), ("project", "dependencies")),
            "dev": (("--dev",), ("dependency-groups", "dev")),
            "a group": (("--group", "a.b"), ("dependency-groups", "a.b")),
            "an extra": (("--optional=x",), ("project", "optional-dependencies", "x")),
            "a script": (("--script", "x.py"), ("dependencies",)),
        },
    )
    def test_where_it_goes(self, arguments: tuple[str, ...], table: tuple[str, ...]) -> None:
        assert planned(*arguments).table == table

    @given(
        st.lists(
            st.builds(
                "{}{}{}://{}{}".format,
                st.sampled_from(["", "foo @ ", "foo[a]@", "--index=", "-i", "-qf", "--x=", "a="]),
                st.sampled_from(["", "git+", "hg+", "GIT+"]),
                st.sampled_from(["https", "http", "ssh", "HTTPS"]),
                st.text("@:%ab${}\\", max_size=5),
                st.sampled_from(
                    [
                        f"{who}CANARY-0123456789@good.test/r{end}"
                        for who in ("", "u:")
                        for end in ("", "@v#a", " ; b")
                    ]
                ),
            )
            | st.sampled_from(["--index", "-r", "--", "--dev", "--raw", "-c", "foo"]),
        )
    )
    def test_no_argument_holds_a_secret(self, arguments: list[str]) -> None:
        try:
            found = plan(split(arguments), {}, lambda path: b"")
        except (RefusedError, AddError) as error:
            said = [str(error)]
        else:
            said = [word for word in found.arguments if isinstance(word, str)]
        login = r"(?i:ssh)://[^:@]*CANARY-0123456789@"
        template = r"(?<=[/:])(?:\$\{?[ab]+\}?|\{[ab]*\}|%[ab]+%)*\$CANARY-0123456789@"
        kept = re.compile(f"{login}|{template}")
        assert not [word for word in said if "CANARY" in kept.sub("", word)]

    def test_no_repr_shows_a_secret(self) -> None:
        found = planned(f"foo @ git+{URL}", "-r", "dirty.txt", "-r", "-")
        assert "secret" not in repr(found)
        assert ":secret" not in repr(planned("--raw", f"foo @ git+{URL}"))


class TestFiles:
    def test_a_clean_file_goes_as_it_is(self) -> None:
        assert planned("-rclean.txt").arguments == ["-rclean.txt"]

    def test_a_copy_keeps_every_other_byte(self) -> None:
        (copy,) = planned("-rdirty.txt").arguments
        assert isinstance(copy, Copy)
        assert (copy.before, copy.path) == ("-r", "dirty.txt")
        assert copy.clean == FILES["dirty.txt"].replace(b"u:secret@", b"")

    def test_standard_input_stays_standard_input(self) -> None:
        found = planned("-r", "-")
        assert found.arguments == ["-r", "-"]
        assert found.given == f"foo @ git+{BARE}\n".encode()

    def test_a_login_name_in_a_file_is_noted(self) -> None:
        found = planned("-r", "login.in")
        assert [kept.userinfo for kept in found.kept] == ["alice"]
        assert found.arguments == ["-r", "login.in"]

    def test_a_login_name_in_a_file_of_a_file_is_noted(self) -> None:
        FILES["outer.txt"] = b"-r login.in\n"
        assert [kept.userinfo for kept in planned("-r", "outer.txt").kept] == ["alice"]

    def test_a_template_in_a_file_that_is_not_set_is_dropped(self) -> None:
        (_, copy) = planned("-r", "open.txt").arguments
        assert isinstance(copy, Copy)
        assert copy.clean == b"foo @ git+https://good.test/r\n"

    def test_a_file_that_cannot_be_copied_is_to_be_sanitized(self) -> None:
        with pytest.raises(AddError, match=r"sanitize --write dirty\.toml"):
            planned("-r", "dirty.toml")

    def test_a_refused_url_is_told_by_its_line(self) -> None:
        FILES["torn.txt"] = b"foo\nbar @ https://a/b:secret@good.test/x.whl\n"
        with pytest.raises(RefusedError, match=r"^'torn.txt', line 2: [^/]*$"):
            planned("-r", "torn.txt")


class TestRaw:
    def test_a_line_end_makes_no_second_requirement(self) -> None:
        with pytest.raises(RefusedError):
            planned("--raw", f"foo @ git+{URL}\nbar")

    def test_a_secret_goes_by_standard_input(self) -> None:
        found = planned("--raw", "bar", f"foo @ git+{URL}", "--", "baz")
        assert found.arguments == ["--requirements", "-", "--raw", "bar", "--", "baz"]
        assert found.given == f"foo @ git+{URL}\n".encode()
        assert found.findings == []
        assert len(found.raw) == 1

    def test_it_comes_after_what_is_there(self) -> None:
        found = planned("--raw", "-r", "-", f"bar @ git+{URL}")
        assert found.arguments == ["--raw", "-r", "-"]
        assert found.given == FILES["-"] + f"\nbar @ git+{URL}\n".encode()

    def test_a_file_is_read_by_uv(self) -> None:
        found = planned("--raw", "-r", "dirty.txt")
        assert found.arguments == ["--raw", "-r", "dirty.txt"]
        assert len(found.raw) == 2

    def test_a_template_is_never_filled_in(self) -> None:
        found = planned("--raw", "foo @ git+https://${SET}@good.test/r", SET="x")
        assert found.arguments == ["--raw", "foo @ git+https://good.test/r"]


class TestEdits:
    @cases(
        "text",
        {
            "nothing": "",
            "odd layout": "[ project ]\r\n  a   = 'b' # c\r\n\r\n\r\n[x.\"y z\"]\nb={a=1}\n",
            "a table after another": "[a]\nb = 1\n[c]\nd = 1\n",
            "no line end": "[a]",
        },
    )
    def test_what_is_not_edited_stays(self, text: str) -> None:
        assert ProjectFile(text).text() == text

    @cases(
        "text",
        {
            "no header": "#!/bin/sh\nimport foo\n",
            "a header": "# /// script\n# dependencies = []\n#\n# [tool.x]\n# ///\nimport foo\n",
            "a header with CRLF": "# /// script\r\n# a = 1\r\n#\r\n# ///\r\nimport foo\r\n",
        },
    )
    def test_a_script_that_is_not_edited_stays(self, text: str) -> None:
        assert ProjectFile(text, script=True).text() == text

    @cases(
        "before, after",
        {
            "in a table": ('foo = { git = "ssh://h/r" }', 'foo = { git = "ssh://al@h/r" }'),
            "with another spelling": ('Foo = {git="ssh://h/r"}', 'Foo = {git="ssh://al@h/r"}'),
            "in a list": (
                'foo = [{ git = "ssh://x/r" }, { git = "ssh://h/r", rev = "v" }] # c',
                'foo = [{ git = "ssh://x/r" }, { git = "ssh://al@h/r", rev = "v" }] # c',
            ),
        },
    )
    def test_a_login_name_comes_back(self, before: str, after: str) -> None:
        edit = ProjectFile(f"[tool.uv.sources]\n{before}\n")
        assert edit.restore(KeptUserinfo("foo", "al", "git+ssh://h/r@v", whole=False), ("x",))
        assert edit.text() == f"[tool.uv.sources]\n{after}\n"

    @cases(
        "source",
        {
            "another host": 'foo = { git = "ssh://h.test/r" }',
            "another path": 'foo = { git = "ssh://h/R" }',
            "another scheme": 'foo = { git = "https://h/r" }',
            "another name": 'bar = { git = "ssh://h/r" }',
            "a name that is there": 'foo = { git = "ssh://bob@h/r" }',
            "no Git": 'foo = { url = "ssh://h/r" }',
        },
    )
    def test_nothing_else_gets_a_login_name(self, source: str) -> None:
        edit = ProjectFile(f"[tool.uv.sources]\n{source}\n")
        assert not edit.restore(KeptUserinfo("foo", "al", "git+ssh://h/r", whole=False), ("x",))
        assert edit.text() == f"[tool.uv.sources]\n{source}\n"

    def test_no_other_requirement_loses_its_source_to_a_template(self) -> None:
        edit = ProjectFile(
            '[project]\nkeywords = ["foo"]\ndependencies = ["foo ; m", "Foo[a]>1 ; n"]\n'
            'optional-dependencies = { x = ["foo"] }\n[dependency-groups]\ndev = ["foo"]\n'
            '[build-system]\nrequires = ["foo"]\n[tool.uv]\ndev-dependencies = ["foo"]\n'
            '[tool.uv.sources]\nfoo = { git = "https://h/r" }\n'
        )
        kept = KeptUserinfo("foo", "${T}", "git+https://h/r", whole=True)
        assert edit.restore(kept, ("dependency-groups", "dev"))
        whole = "foo @ git+https://${T}@h/r"
        more = [f"{whole} ; m", "Foo[a] @ git+https://${T}@h/r ; n"]
        assert edit.strings() == ["foo", *more, whole, whole, whole, whole]
        assert "sources" not in edit.text()

    def test_a_template_does_not_drop_other_sources(self) -> None:
        text = 'dependencies = ["foo"]\n[tool.uv.sources]\n'
        text += 'foo = [{ git = "https://h/r", marker = "m" }, { index = "i", marker = "n" }]\n'
        edit = ProjectFile(text)
        edit.restore(KeptUserinfo("foo", "${T}", "git+https://h/r", whole=True), ("dependencies",))
        assert 'index = "i"' in edit.text()

    @cases(
        "old, new",
        {
            "a name": ("foo", "foo @ git+https://${T}@h/r"),
            "a version": ("foo[a]>1,<3", "foo[a] @ git+https://${T}@h/r"),
            "a marker": ("foo ; m == 'x'", "foo @ git+https://${T}@h/r ; m == 'x'"),
            "both": ("foo>1; m == 'x'", "foo @ git+https://${T}@h/r ; m == 'x'"),
        },
    )
    def test_a_template_comes_back_with_its_requirement(self, old: str, new: str) -> None:
        sources = '[tool.uv.sources]\nfoo = { git = "https://h/r" }\n'
        edit = ProjectFile(f'dependencies = ["{old}"]\n\n{sources}')
        kept = KeptUserinfo("foo", "${T}", "git+https://h/r", whole=True)
        assert edit.restore(kept, ("dependencies",))
        assert edit.strings() == [new]

    @cases(
        "name",
        {
            "as it is": "a-b",
            "as another spells it": "A.B",
            "as the file has it": "A_b",
        },
    )
    def test_a_group_is_found_by_any_spelling_of_its_name(self, name: str) -> None:
        sources = '[tool.uv.sources]\nfoo = { git = "https://h/r" }\n'
        edit = ProjectFile(f'[dependency-groups]\nA_b = ["foo"]\n\n{sources}')
        kept = KeptUserinfo("foo", "${T}", "git+https://h/r", whole=True)
        assert edit.restore(kept, ("dependency-groups", name))
        edit.put("bar", ("dependency-groups", name))
        assert edit.strings() == ["bar", "foo @ git+https://${T}@h/r"]

    def test_a_new_group_gets_the_normal_form_of_its_name(self) -> None:
        edit = ProjectFile("")
        edit.put("foo", ("dependency-groups", "A_.b"))
        assert edit.text().startswith("[dependency-groups]\na-b = [")

    @cases(
        "text",
        {
            "dotted keys": '[tool]\nuv.sources.foo = { path = "x" }\n',
            "an inline table": 'tool = { uv = { sources = { foo = { path = "x" } } } }\n',
            "an inline array": '[tool.uv]\nindex = [{ url = "https://a" }]\n',
        },
    )
    def test_what_would_be_another_document_is_refused(self, text: str) -> None:
        edit = ProjectFile(text)
        edit.put_index({"url": "https://h/simple"})
        with pytest.raises(AddError, match="what it says"):
            edit.text()

    def test_what_is_no_toml_is_refused(self) -> None:
        with pytest.raises(AddError):
            ProjectFile("[x\n")

    def test_a_masked_requirement_comes_back(self) -> None:
        edit = ProjectFile(
            'a = ["x", "foo @ git+https://u:****@h/r@v1 ; m"]\nb = ["y @ https://****@z/"]\n'
        )
        edit.unmask(["foo @ git+https://u:${T}@h/r@v1 ; m", "bar"])
        assert edit.strings() == [
            "x",
            "foo @ git+https://u:${T}@h/r@v1 ; m",
            "y @ https://****@z/",
        ]

"""The forms in which a password is written so that a reader of plain URLs passes over it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import git_credential_uvx
from git_credential_uvx.sanitize.redact import redact
from git_credential_uvx.sanitize.text import has_secret_in_utf16, sanitize_bytes

from ..support.common import cases

TOKEN = "gh" + "p_" + "CANARY" + "a" * 30

# What is taken out, with what is left.
CUT = {
    "behind a template of GitHub": ("https://${{ secrets.USER }}:CANARY@h/", "https://h/"),
    "behind a template of Jinja": ("https://{{ user }}:CANARY@h/", "https://h/"),
    "behind one with a filter": ("https://{{ user | default('a:b') }}:CANARY@h/", "https://h/"),
    "behind one with the open quote": ('"https://{{ f "a" }}:CANARY@h/"', '"https://h/"'),
    "behind an input of GitLab": ("https://$[[ inputs.user ]]:CANARY@h/", "https://h/"),
    "behind a command": ("https://$(cat user):CANARY@h/", "https://h/"),
    "behind a default": ("https://${USER:?no user}:CANARY@h/", "https://h/"),
    "in a parameter behind templates": (
        *("https://{{ a }}:{{ b }}@h/?token=CANARY", "https://{{ a }}:{{ b }}@h/"),
    ),
    "behind a template, with JSON's slashes": (
        *(r'"https:\/\/{{ user }}:CANARY@h.test\/x"', r'"https:\/\/h.test\/x"'),
    ),
    "of a JDBC URL": ("jdbc:x://h;user=u;password=CANARY", "jdbc:x://h;user=u"),
    "of a JDBC URL with more": (
        *('"jdbc:x://h:1;password=CANARY;encrypt=1"', '"jdbc:x://h:1;encrypt=1"'),
    ),
    "a token by its shape": (f"https://h/?foo={TOKEN}&a=1", "https://h/?a=1"),
}

# Their last words tell.
SECRET_NAMES = [
    *("x-api-key", "session_token", "oauth_token", "userToken", "deploy_token", "app_secret"),
    *("aws_secret_access_key", "client_private_key", "db_password", "DB-PASSWD", "my_apikey"),
    *("client_assertion", "authorization"),
]
OTHER_NAMES = [
    *("page_token", "next_token", "nextPageToken", "continuation-token", "csrf_token"),
    *("sync_token", "token_type", "monkey", "secretary"),
]

# Two at signs, and no doubt.
ONE_HOST = [
    "https://u:CANARY@server/o/r.git@v1.0",
    "https://u:CANARY@server/o/r.git@v1.0#egg=a",
    "https://u:CANARY@registry/@scope/package",
    "https://u:CANARY@server/?mail=a@b.test/",
    "https://u:CANARY@h.test/a@b.test/",
    "git+https://u:CANARY@server/o@r",
]

# What stays, with a report.
REFUSED = {
    "behind a stand-in": "https://<user>:CANARY@h/",
    "behind a tag": "https://<%= u %>:CANARY@h/",
    "behind a command in backticks": "https://`whoami`:CANARY@h/",
    "JSON's slashes, and a less-than sign": r'{"u":"https:\/\/user:CAN<AR>YCANARY@h.test\/x"}',
    "JSON's slashes, and a blank": r'{"u":"postgres:\/\/app:p@CANARY CANARY@db\/x"}',
    "after an apostrophe": "# don't use https://alice:pa'CANARY@h.test/r",
    "after an apostrophe and quotes": "it's 'a' https://alice:pa'CANARY@h.test/r",
    "after a quote that ends elsewhere": "x = 'see' y = 'https://alice:pa'CANARY@h.test/r",
    "with an apostrophe in the name": "don't use https://o'brien:CANARY@h.test/r",
    "an escaped quote": r"x = 'https://alice:it\'CANARY@h/'",
    "YAML's doubled quote": "u: 'https://alice:it''CANARY@h'",
    "pieces that a shell glues": """pip -i "https://alice:"'CANARY'"@h/x" """,
    "quoted pieces behind a variable": """pip -i "https://"$U":CANARY"'x'"@h/x" """,
    "JSON's escapes": r'"https:\u002F\u002Falice:CANARY@h"',
    "JSON's escape of the at sign": r'"https://alice\u003aCANARY\u0040h/"',
    "JSON's escape of the colon": r'"https\u003a//alice:CANARY@h/"',
    "JSON in JSON": r'"{\"u\":\"https:\\/\\/alice:CANARY@h\"}"',
    "an encoded URL": "url=https%3A%2F%2Falice%3ACANARY%40h",
    "an encoded URL in a URL": "https://r.test/?url=https%3a%2f%2falice%3aCANARY%40h&a=1",
    "a URL encoded twice": "https://r.test/?url=https%253A%252F%252Falice%253ACANARY%2540h",
    "a password over a line end": "-i https://alice:CAN\\\nARY@h/ x",
    "an at sign over a line end": "-i https://alice:CANARY\\\r\n    @h/ x",
    "a parameter over a line end": "x https://h/?token=CAN\\\nARY x",
    "a second at sign over a line end": "-i https://alice:p@CAN\\\nARY@h/ x",
    "a less-than sign behind an at sign": "i = https://alice:p@ss<CANARY@h.test/simple",
    "a backtick behind an at sign": "i = https://alice:p@ss`CANARY@h.test/simple",
    "a blank behind an at sign": "postgres://app:p@ss CANARY@db/x",
    "several blanks behind an at sign": "postgres://app:p@ss or CANARY@db/x",
    "a slash behind an at sign": "i = https://alice:p@ss/CANARY@h.test/simple",
    "a hash behind an at sign": "postgres://app:p@ss#CANARY@db/x",
    "a question mark behind an at sign": "i = https://alice:p@ss?x=CANARY@h.test/simple",
    "the same without a path": "i = https://alice:p@ss?x=CANARY@h.test",
    "a hash and a name behind an at sign": "i = https://alice:p@ss#x=CANARY@h.test/simple",
    "a form feed behind an at sign": "i = https://alice:p@ss\fCANARY@h.test/simple",
    "a vertical tab behind an at sign": "i = https://alice:p@ss\vCANARY@h.test/simple",
    "a carriage return behind an at sign": "i = https://alice:p@ss\rCANARY@h.test/simple",
    "quotes and a blank behind an at sign": 'i = https://alice:p@ss" "CANARY@h.test/simple',
    "a blank and a quote behind an at sign": 'i = https://alice:p@ss "CANARY@h.test/simple',
    "the other quote in a string": "i = 'https://alice:p@ss \"CANARY@h.test/simple'",
    "a less-than sign and a quote": 'i = https://alice:p@ss<CAN"ARY@h.test/simple',
    "a default of Jinja": "https://alice:{{ pw | default('CANARY') }}@h.test/r",
    "a default of Jinja, alone": 'https://{{ token | d("CANARY") }}@h.test/r',
    "a default of a Go template": 'https://alice:{{ default "CANARY" .Values.pw }}@h.test/r',
    "another value of Jinja": "https://alice:{{ pw if pw else 'CANARY' }}@h.test/r",
    "a literal of Jinja": "https://alice:{{ 'CANARY' }}@h.test/r",
    "a default of dbt": "https://alice:{{ env_var('PW', 'CANARY') }}@h.test/r",
    "a default of GitHub": "https://alice:${{ secrets.PW || 'CANARY' }}@h.test/r",
    "a default of Ruby": '"https://alice:#{ENV.fetch("PW", "CANARY")}@h.test/r"',
    "an escaped default": r'"https://alice:{{ pw | default(\"CANARY\") }}@h.test/r"',
    "a slash behind digits": "https://alice:12/CANARY@h.test/r",
    "a question mark behind digits": "https://alice:12?CANARY@h.test/r",
    "a hash behind digits": "https://alice:12#CANARY@h.test",
    "behind a statement of Jinja": "https://{% if x %}alice{% endif %}:CANARY@h.test/r",
    "in a statement of Jinja": "https://alice:{% if x %}CANARY{% endif %}@h.test/r",
    "YAML's escape of the at sign": r'u: "https://alice:CANARY\x40h.test/r"',
    "YAML's escape of the colon": r'u: "https\x3a//alice:CANARY@h.test/r"',
    "YAML's escape of everything": r'u: "https\x3A\x2f\x2falice\x3aCANARY\x40h.test/r"',
    "TOML's long escape of the at sign": r'u = "https://alice:CANARY\U00000040h.test/r"',
    "TOML's long escape of the colon": r'u = "https\U0000003A//alice:CANARY@h.test/r"',
    "a number of HTML for the at sign": '<a href="https://alice:CANARY&#64;h.test/r">',
    "a number of HTML in hexadecimal": '<a href="https://alice:CANARY&#x40;h.test/r">',
    "a name of HTML for the at sign": '<a href="https://alice:CANARY&commat;h.test/r">',
    "a number of HTML for the colon": '<a href="https&#58;//alice:CANARY@h.test/r">',
    "a number of HTML for the next colon": '<a href="https://alice&#58;CANARY@h.test/r">',
    "names of HTML for all": '<a href="https&colon;//alice&colon;CANARY&commat;h.test/r">',
    "a token in a path": f"https://h/t/{TOKEN}/simple",
    "a token of conda": "https://conda.anaconda.org/t/CANARY-1/main",
    "a token of conda elsewhere": "https://h.test/t/CANARYtQ7vR2mK9x/main",
    "a token of Gemfury": "https://pypi.fury.io/CANARYtQ7vR2mK9x/corp/",
    "a token of Cloudsmith": "https://dl.cloudsmith.io/CANARYtQ7vR2mK9x/o/r/python/simple/",
}

CLEAN = {
    "templates": "https://{{ user }}:{{ password }}@h/",
    "templates of GitHub": "https://${{ secrets.USER }}:${{ secrets.PASSWORD }}@h/",
    "names in templates": "https://{{ vars['user'] }}:{{ lookup('env', 'PW') }}@h/",
    "a name of Ruby": "https://#{ENV['USER']}:#{ENV.fetch('PASSWORD')}@h/",
    "an empty default": "https://{{ user | default('') }}:{{ pw | default('') }}@h/",
    "a login name as the default": "https://{{ user | default('git') }}@h/",
    "an at sign behind a port": "https://server:8080/x@y",
    "a mail address behind a host and a port": "https://h.test:8080/a@b.test/",
    "a mail address behind localhost": "http://localhost:8080/a@b.test/",
    "a mail address behind an address": "http://[::1]:8080/a@b.test/",
    "a mail address in a parameter": "http://server:8080/x?mail=a@b.test",
    "a package behind a port": "http://registry:4873/package@1.2.3",
    "a scope behind a port": "http://registry:4873/@scope.name/package",
    "a revision behind a port": "git+http://server:3000/o/r.git@main.next",
    "a host that is filled in": "http://${HOST}:8080/a@b.test/",
    "statements of Jinja": "https://{% if u %}{{ u }}:{{ p }}@{% endif %}h/",
    "a mask with an at sign of HTML": '<a href="https://u:****&#64;h.test/r">',
    "a mail address with an at sign of HTML": '<a href="https://h.test/a?b&amp;c">a&#64;b.test',
    "a colon of HTML": '<a href="https&#58;//h.test/r">',
    "a comment behind an entity": "&colon;// a@b.test",
    "variables that a shell glues": """git clone "https://"${U}":"${P}"@h/x" """,
    "strings that a program adds": "'https://'+user+':'+password+'@'+host",
    "a string behind another": """['https://a.test','u@b.test']""",
    "a mail address behind a URL": "postgres://app@db mail a@b.test",
    "a comment behind a mask": "https://u:****@db  # a@b.test",
    "a string behind a masked one": '"https://u:****@db" "a@b.test"',
    "a topic of a forum": "https://discuss.test/t/the-2nd-release-candidate-of-3/12345",
    "a public repository": "https://dl.cloudsmith.io/public/o/r/python/simple/",
    "an index of Gemfury": "https://pypi.fury.io/corp/lib/",
    "an encoded URL without a secret": "https://r.test/?url=https%3A%2F%2Fh%2Fa%40b",
    "a name in a word": "https://h/?author=me&keyboard=us&compass=north&design=1",
    "a key that is a word": "https://h/?key=value&auth=basic&pass=true&secret=my-secret",
    "a key that is a number": "https://h/?key=12345&pass=1",
    "a path of Windows": "git+file:///C:/Users/alice/repo.git@v1.0",
    "an image of a container": "docker://h/i:tag@sha256:" + "0" * 64,
}


@cases("table", CUT)
def test_it_is_taken_out(table: tuple[str, str]) -> None:
    text, clean = table
    result = sanitize_bytes(text.encode())
    assert result.clean.decode() == clean
    assert "CANARY" not in str(result.findings)
    assert sanitize_bytes(result.clean).findings == ()


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_the_last_words_of_a_parameter_tell(name: str) -> None:
    for value in ("CANARY2Xq7Zk9Lm4", "Bearer%20CANARY2Xq7Zk9Lm4"):
        result = sanitize_bytes(f"https://h/x?a=1&{name}={value}&b=2".encode())
        assert result.clean == b"https://h/x?a=1&b=2"
        assert "CANARY" not in str(result.findings)
    word = f"https://h/x?{name}=required"
    assert sanitize_bytes(word.encode()).findings == ()


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_the_last_words_of_other_parameters_do_not(name: str) -> None:
    assert sanitize_bytes(f"https://h/x?{name}=CANARY2Xq7Zk9Lm4".encode()).findings == ()


@pytest.mark.parametrize("url", ONE_HOST)
def test_an_at_sign_in_a_path_is_none_of_a_password(url: str) -> None:
    assert sanitize_bytes(url.encode()).clean == url.replace("u:CANARY@", "").encode()


@cases("text", REFUSED)
def test_it_is_reported_and_stays(text: str) -> None:
    result = sanitize_bytes(text.encode())
    (found,) = result.findings
    assert (found.kind, result.clean) == ("refused", text.encode())
    assert "CAN" not in found.redacted
    assert "ARY" not in found.redacted
    assert found.end_column > found.column


@cases("text", {**{name: text for name, (text, _) in CUT.items()}, **REFUSED})
def test_redact_shows_no_part_of_it(text: str) -> None:
    shown = redact(text)
    assert "CAN" not in shown
    assert "ARY" not in shown
    assert redact(shown) == shown


@cases("text", CLEAN)
def test_what_is_none_is_not_reported(text: str) -> None:
    assert sanitize_bytes(text.encode()).findings == ()


@pytest.mark.parametrize("host", ["db", "db:5432", ""])
def test_a_host_that_may_be_half_of_a_password_is_none(host: str) -> None:
    text = f"x://app:p@{host} CANARY@db.test/x".encode()
    assert [found.kind for found in sanitize_bytes(text).findings] == ["refused"]


@pytest.mark.parametrize(
    "rest", ["localhost b@c", "h.test b@c", "[::1] b@c", "db  # b@c", "db\nb@c", "db\r\nb@c"]
)
def test_a_host_with_other_words_behind_it_is_one(rest: str) -> None:
    (found,) = sanitize_bytes(b"x://app:CANARY@" + rest.encode()).findings
    assert found.kind == "password"


# The password, and the files in which it is a template.
TEMPLATES = {
    "$NAME": ("$NAME", ["a.sh", "Dockerfile", "b/Makefile", ".env", "compose.yaml", "a.php"]),
    "$NAME of CI": ("$NAME", [".github/workflows/a.yml", ".gitlab-ci.yml", "README.md"]),
    "$(NAME)": ("$(NAME)", ["Makefile", "azure-pipelines.yml", "a.sh"]),
    "{name}": ("{name}", ["a.py", "src/a.rs", "a.ts", "tox.ini", "a.rst"]),
    "a call": ("{quote(self.name)}", ["a.py"]),
    "%NAME%": ("%NAME%", ["a.bat", "A.CMD", "a.md"]),
    "$env:NAME": ("$env:NAME", ["a.ps1"]),
    "a template of a template": ("$NAME", ["Dockerfile.j2", "a.sh.tmpl"]),
}
UNKNOWING = [
    *("", "requirements.txt", "pip.conf", "pyproject.toml", "uv.lock", ".git/config", "a.json"),
    *("config.yml", "environment.yml", "a.txt", ".npmrc"),
]


@cases("table", TEMPLATES)
def test_a_file_knows_its_templates(table: tuple[str, list[str]]) -> None:
    password, names = table
    text = f"https://u:{password}@h/".encode()
    for name in names:
        assert sanitize_bytes(text, path=name).findings == (), name
    for name in UNKNOWING:
        assert [f.kind for f in sanitize_bytes(text, path=name).findings] == ["refused"], name


@pytest.mark.parametrize("name", ["a.sh", "a.bash", ".env", ".bashrc", "b/prod.env"])
def test_single_quotes_of_a_shell_fill_nothing_in(name: str) -> None:
    for before in ("git clone ", "U=", "pip install -i", 'echo "a" ', r"echo \" "):
        text = f"{before}'https://u:$CANARY@h/r'".encode()
        (found,) = sanitize_bytes(text, path=name).findings
        assert (found.kind, "CANARY" in found.redacted) == ("refused", False), before


@pytest.mark.parametrize(
    "text",
    [
        "bash -c 'git clone https://u:$PW@h/r'",
        """echo "see 'https://u:$PW@h/r'" """,
        'U="https://u:$PW@h/r"',
        "git clone 'https://u:${PW}@h/r'",
    ],
)
def test_a_shell_may_fill_in_other_strings(text: str) -> None:
    assert sanitize_bytes(text.encode(), path="a.sh").findings == ()


@pytest.mark.parametrize("name", ["Makefile", ".gitlab-ci.yml", "Dockerfile", "a.md"])
def test_other_files_fill_in_single_quotes(name: str) -> None:
    assert sanitize_bytes(b"x: 'https://u:$PW@h/r'", path=name).findings == ()


@pytest.mark.parametrize("name", ["compose.yml", "a/docker-compose.prod.yaml"])
def test_two_dollars_are_one_in_compose(name: str) -> None:
    (found,) = sanitize_bytes(b"u: https://u:$$CANARY@h/r", path=name).findings
    assert (found.kind, "CANARY" in found.redacted) == ("refused", False)
    assert sanitize_bytes(b"a: git clone https://u:$$PW@h/r", path="Makefile").findings == ()


@pytest.mark.parametrize("name", ["a.py", "a.sh", "a.bat", "requirements.txt", "a.md"])
@pytest.mark.parametrize("password", ["${NAME}", "{{ name }}", "{env:NAME}", "%s", "<password>"])
def test_every_file_knows_some_templates(name: str, password: str) -> None:
    assert sanitize_bytes(f"https://u:{password}@h/".encode(), path=name).findings == ()


def test_source_code_has_patterns_of_urls() -> None:
    pattern = rb"x = r'://([^:/@]+):([^@]+)@'"
    assert sanitize_bytes(pattern, path="a.py").findings == ()
    assert sanitize_bytes(pattern, path="a.toml").findings != ()


@pytest.mark.parametrize("name", ["", "a.html", "B.HTM", "a/b.xml", "a.html.j2", "README.md"])
def test_markup_may_have_entities_for_a_colon(name: str) -> None:
    text = b"https&#58;//alice:CANARY@h.test/r"
    assert [found.kind for found in sanitize_bytes(text, path=name).findings] == ["refused"]


def test_utf_16_is_looked_into() -> None:
    text = "-i https://u:CANARY@h/\r\n"
    for encoding in ("utf-16", "utf-16-be"):
        mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
        whole = mark + text.encode(encoding)
        assert has_secret_in_utf16([whole], "")
        assert has_secret_in_utf16([whole[:9], whole[9:24], whole[24:]], "")
        assert not has_secret_in_utf16([mark + text.replace("u:CANARY@", "").encode(encoding)], "")
    assert not has_secret_in_utf16([(text + "\0\ud800").encode("utf-16", "surrogatepass")[:20]], "")
    assert not has_secret_in_utf16([], "")


def test_no_pattern_repeats_a_group_possessively() -> None:
    # Python before 3.11.5, Debian 12's for one, then finds less than there is (gh-106052):
    # `(?>(?:...)*)` is the same and right.
    folder = Path(git_credential_uvx.__file__).parent
    texts = {path.name: path.read_text() for path in folder.rglob("*.py")}
    assert len(texts) > 100
    assert [name for name, text in texts.items() if re.search(r"(?<![\\(])\)[*+?]\+", text)] == []

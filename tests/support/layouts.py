"""TOML texts with credentials in every layout that a person or uv could have written."""

from __future__ import annotations

from hypothesis import strategies as st

from git_credential_uvx.toml.document import quoted

HOSTS = ("good.test", "evil.test", "host1.test:8443")
SERVICES = (
    *(f"https://{host}/" for host in HOSTS),
    *("https://good.test/org", "https://good.test/org/repo", "https://GOOD.test", "ftp://x/"),
    *("https://bob:pw@good.test/", "http://good.test/", "https://good.test:443/", "https://ü.test"),
)
TEXT = st.text(
    st.sampled_from("abc \"'\\#=[]\t\nü\u2028\x7f\x01\U0001f600") | st.characters(codec="utf-8"),
    max_size=8,
)


def literal(text: str) -> str | None:
    """A literal string, where the text can stand in one."""
    return f"'{text}'" if "'" not in text and text.isprintable() else None


def escaped(text: str) -> str:
    """A basic string of nothing but escapes."""
    return '"' + "".join(f"\\U{ord(char):08X}" for char in text) + '"'


def multiline(text: str) -> str:
    return '"""\\\n  ' + quoted(text).decode()[1:-1] + '"""'


def _key(draw: st.DrawFn, name: str) -> str:
    return draw(
        st.sampled_from(
            [name] * 4 + [f'"{name}"', f"'{name}'", f'"\\u{ord(name[0]):04x}{name[1:]}"']
        )
    )


def _string(draw: st.DrawFn, text: str) -> str:
    styles = [quoted(text).decode()] * 4 + [escaped(text), multiline(text)]
    if (plain := literal(text)) is not None:
        styles.append(plain)
    return draw(st.sampled_from(styles))


NOISE = (
    *("", "", "", "# a comment", "#", '# service = "https://good.test/"', "# [[credential]]", " "),
)
FOREIGN = (
    "[other@]\nservice = 'https://good.test/'\nusername = 'x'",
    '[other@]\nnote = """\n[[credential]]\nservice = "https://good.test/"\nusername = "x"\n"""',
    "[other@]\nnote = '''\n[[credential]]\nservice = \"https://good.test/\"\n'''",
    "[[credentials@]]\nservice = 'https://good.test/'",
    "[credentialx@]\na = [\n[[1]],\n]",
)


@st.composite
def _pairs(draw: st.DrawFn) -> list[tuple[str, str]]:
    values = {"service": draw(st.sampled_from(SERVICES)), "username": draw(TEXT)}
    if draw(st.booleans()):
        values["scheme"] = "basic"
    if draw(st.integers(0, 5)):
        values["password"] = draw(TEXT)
    pairs = [(_key(draw, key), _string(draw, value)) for key, value in values.items()]
    extra = draw(st.sampled_from([None, None, None, ("count", "1_000"), ("a.b", "[1, 2]")]))
    if extra is not None:
        pairs.append(extra)
    return draw(st.permutations(pairs)) if draw(st.integers(0, 3)) == 0 else pairs


@st.composite
def _tables(draw: st.DrawFn) -> str:
    lines = []
    for pairs in draw(st.lists(_pairs(), max_size=5)):
        headers = ["[[credential]]"] * 5 + ["[[ credential ]]", '[["credential"]]  # x']
        lines += draw(st.lists(st.sampled_from(NOISE), max_size=2))
        lines.append(draw(st.sampled_from(headers)))
        for key, value in pairs:
            equals = draw(st.sampled_from([" = "] * 5 + ["=", "  =\t"]))
            after = draw(st.sampled_from([""] * 6 + ["  # why", " "]))
            lines.append(key + equals + value + after)
            lines += draw(st.lists(st.sampled_from(NOISE), max_size=1))
        if draw(st.integers(0, 9)) == 0:
            lines.append("[credential.more]\nservice = 'https://evil.test/'")
        if draw(st.integers(0, 9)) == 0:
            lines.append(draw(st.sampled_from(FOREIGN)).replace("@", str(len(lines))))
    return "\n".join(lines)


@st.composite
def _array(draw: st.DrawFn) -> str:
    elements = []
    for pairs in draw(st.lists(_pairs(), max_size=4)):
        inside = ", ".join(f"{key} = {value}" for key, value in pairs)
        elements.append("{ " + inside + " }")
    between = draw(st.sampled_from([", ", ",\n  ", ", # why\n"]))
    end = draw(st.sampled_from(["", ",", "\n", " # why\n", ",\n"])) if elements else ""
    rest = draw(st.sampled_from(["", "\n", "\n[other]\na = 1\n"]))
    return "x.y = 1\ncredential = [" + between.join(elements) + end + "]" + rest


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """A valid TOML text."""
    text = draw(_tables() | _array()) + draw(st.sampled_from(["\n", "", "\n\n"]))
    if draw(st.integers(0, 5)) == 0:
        text = text.replace("\n", "\r\n")
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + text.encode()


@st.composite
def plain_texts(draw: st.DrawFn) -> bytes:
    """A text as uv writes it, and small deviations from that."""
    odd = draw(st.booleans())
    blocks = []
    for _ in range(draw(st.integers(0, 6))):
        service = draw(st.sampled_from(SERVICES if odd else SERVICES[:5]))
        schemes = ['scheme = "basic"\n'] * 5 + ["", 'scheme = "digest"\n'] * odd
        password = _string(draw, draw(TEXT)) if odd and draw(st.booleans()) else "'secret\"'"
        blocks.append(
            f'[[credential]]\nservice = "{service}"\nusername = "user"\n'
            f"{draw(st.sampled_from(schemes))}password = {password}\n"
        )
    gap = draw(st.sampled_from(["\n", "\n", "", "# a comment\n", "# é\n"] + [" \n"] * odd))
    return gap.join(blocks).encode()


@st.composite
def damaged_texts(draw: st.DrawFn) -> bytes:
    """Texts after an accident, valid or not."""
    data = draw(texts() | plain_texts())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        piece = draw(
            st.sampled_from([b'"', b"'", b"\\", b"\n", b"\r", b"#", b"[", b'"""', b"\xff"])
        )
        cut = draw(st.integers(0, 3))
        data = data[:at] + piece + data[at + cut :]
    return data

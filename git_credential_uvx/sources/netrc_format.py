"""Reads the text of a netrc file. No input or output.

No two programs read every netrc file alike, so this is the grammar that curl (7.88 to 8.23) and
Python (3.11 to 3.13, and uv, which follows it) share. Words are separated by blanks, tabs and
line ends. Where the two differ:

* A `#` where a keyword could stand begins a comment up to the line's end, as in curl. Python
  may take the words of such a line for keywords, behind an empty line or a value in quotes.
* A value that begins with `#`, a backslash outside quotes, `\\n`, `\\r` and `\\t` in quotes, a
  line end in quotes, anything right behind a closing quote, keywords in quotes or capitals, a
  keyword given twice or without a value, and words that are no keywords make an entry broken.
  So do control characters outside quotes. All else is kept byte for byte, without decoding.
* A value may be on the line below its keyword, as in Python and uv. If a blank or CR ends that
  line, curl takes an empty value. A keyword there is none: the value is missing.
* `user` is `login`, as in Python. `account` is ignored.
* A macro ends at the first empty line and nowhere else, as in curl and Python. One without that
  line, or with what looks like an entry in it, is reported.
* `port` and `protocol` are git's own netrc helper's; `port https` means `protocol https`. To
  curl these are noise, to Python and uv an error.
* One byte order mark is ignored. A file with NUL, or with CR not followed by LF, is refused.

A broken entry gives no credential; the other entries of the file still do. Python and uv refuse
the whole file, and curl uses what it can read.
"""

from __future__ import annotations

from ..credential import Secret
from ..errors import ServiceError
from ..urls.service import service_from_url, split_host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_VALUES = {
    b"login": "login",
    b"user": "login",
    b"password": "password",
    b"account": "account",
    b"port": "port",
    b"protocol": "protocol",
}
_KEYWORDS = frozenset((b"machine", b"default", *_VALUES))
_OPEN = "a quote that does not end on its line; what follows it is not read"


class Login:
    """An entry, which begins with `machine` or `default` in `line` (from 1).

    `machine` is None for `default`. It is a host in normal form; a text that is not a host stays as
    it is and never matches. A broken entry has neither login nor password. `port` and `protocol`
    are None if the entry does not name them.
    """

    __slots__ = ("is_broken", "line", "login", "machine", "password", "port", "protocol")

    def __init__(self, machine: str | None, line: int) -> None:
        self.machine = machine
        self.line = line
        self.is_broken = False
        self.login: bytes | None = None
        self.password: Secret | None = None
        self.port: int | None = None
        self.protocol: str | None = None


class Fault:
    """What is wrong in a line (from 1) of the file; the text never quotes it."""

    __slots__ = ("line", "text")

    def __init__(self, line: int, text: str) -> None:
        self.line = line
        self.text = text


def parse(data: bytes) -> tuple[list[Login], list[Fault]]:
    """The entries of a netrc file in their order, and what is wrong with it.

    Raises nothing: what cannot be read is a fault.
    """
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    for odd, text in ((b"\0", "a NUL byte"), (b"\r", "a carriage return without a line feed")):
        if odd in data:
            return [], [Fault(data.count(b"\n", 0, data.find(odd)) + 1, text)]
    reader = _Reader()
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n"), 1):
        reader.feed(number, line)
    reader.finish()
    return reader.logins, reader.faults


class _Reader:
    """Reads lines into entries."""

    __slots__ = (
        "_broken",
        "_entry",
        "_given",
        "_key",
        "_key_line",
        "_lost",
        "_macro",
        "faults",
        "logins",
    )

    def __init__(self) -> None:
        self.logins: list[Login] = []
        self.faults: list[Fault] = []
        self._key = b""  # the keyword whose value comes next
        self._key_line = 0
        self._macro = 0  # the line of the macro that we are in
        self._lost = False
        self._enter(None)

    def _enter(self, entry: Login | None) -> None:
        # Several words outside of any entry are one fault.
        self._entry = entry
        self._given: set[str] = set()
        self._broken = False
        if entry is not None:
            self.logins.append(entry)

    def _break(self, line: int, text: str) -> None:
        if not self._broken:
            self.faults.append(Fault(line, text))
        self._broken = True
        if self._entry is not None:
            self._entry.is_broken = True
            self._entry.login = self._entry.password = None

    def feed(self, number: int, line: bytes) -> None:
        if self._macro:
            self._skip(number, line)
            return
        for text, quoted, fault in _words(line):
            if self._lost or (text.startswith(b"#") and not quoted and not self._key):
                return
            if fault == _OPEN:
                # It is not clear where this quote ends, and so what follows it is not either.
                self._break(number, fault)
                self._lost = True
            elif self._key and not (number > self._key_line and not quoted and text in _KEYWORDS):
                self._value(number, text, fault)
            elif text == b"macdef" and not quoted:
                self._enter(None)
                self._macro = number
                return
            else:
                self._keyword(number, text, fault or ("a keyword in quotes" if quoted else ""))

    def _skip(self, number: int, line: bytes) -> None:
        if not line:
            self._macro = 0
        elif line.split(maxsplit=1)[:1] in ([b"machine"], [b"default"]):
            self.faults.append(Fault(number, "an entry in a macro, which ends at an empty line"))

    def _keyword(self, number: int, text: bytes, fault: str) -> None:
        if self._key:
            self._break(self._key_line, f"'{self._key.decode()}' without a value")
            self._key = b""
        if fault:
            self._break(number, fault)
        elif text == b"default":
            self._enter(Login(None, number))
        elif text == b"machine" or text in _VALUES:
            self._key, self._key_line = text, number
            if text == b"machine":
                self._enter(None)
            elif self._entry is None:
                self._break(number, "a word outside of any entry")
        else:
            self._break(number, "an unknown keyword (values with blanks need quotes)")

    def _value(self, number: int, text: bytes, fault: str) -> None:
        key, self._key = self._key, b""
        if key == b"machine":
            self._enter(Login(_host(text), self._key_line))
        else:
            name = _VALUES[key]
            if name == "port" and not text.isdigit():
                name = "protocol"
            if name in self._given:
                fault = fault or f"a second '{name}' in one entry"
            elif name == "port" and not (len(text) < 6 and 0 < int(text) < 65536):
                fault = fault or "a port that is not a number from 1 to 65535"
            self._given.add(name)
            if not fault and not self._broken:
                self._set(name, text)
        if fault:
            self._break(number, fault)

    def _set(self, name: str, text: bytes) -> None:
        entry = self._entry
        if entry is None:
            return
        if name == "login":
            entry.login = text
        elif name == "password":
            entry.password = Secret(text)
        elif name == "port":
            entry.port = int(text)
        elif name == "protocol":
            entry.protocol = text.decode("latin-1")

    def finish(self) -> None:
        """Report what is still open at the end of the file."""
        if self._macro:
            self.faults.append(Fault(self._macro, "a macro without an empty line after it"))
        if self._key and not self._lost:
            self._break(self._key_line, f"'{self._key.decode()}' without a value")


def _words(line: bytes) -> Iterator[tuple[bytes, bool, str]]:
    """The words of a line: text, whether it is in quotes, and its fault as a value."""
    blanked = line.replace(b"\t", b" ") + b" "
    at = 0
    while at < len(line):
        if blanked[at : at + 1] == b" ":
            at += 1
            continue
        if line[at : at + 1] == b'"':
            text, at, fault = _quoted(line, at + 1)
            if not fault and blanked[at : at + 1] != b" ":
                fault = "a character directly after a closing quote"
            at = blanked.find(b" ", at) if fault != _OPEN else len(line)
            yield text, True, fault
        else:
            end = blanked.find(b" ", at)
            yield line[at:end], False, _fault_of_plain(line[at:end])
            at = end


def _fault_of_plain(word: bytes) -> str:
    if word.startswith(b"#"):
        return "a value that begins with '#' and is not in quotes"
    if b"\\" in word:
        return "a backslash outside of quotes (in quotes, two of them are one)"
    if min(word) < 0x20:
        return "a control character outside of quotes"
    return ""


def _quoted(line: bytes, at: int) -> tuple[bytes, int, str]:
    """The text in the quotes that were opened before `at`, where they end, and its fault."""
    text = bytearray()
    fault = ""
    while at < len(line):
        byte = line[at : at + 1]
        at += 1
        if byte == b'"':
            return bytes(text), at, fault
        if byte == b"\\":
            byte = line[at : at + 1]
            at += 1
            if byte in (b"n", b"r", b"t"):
                fault = "an escape that programs read differently"
        text += byte
    return b"", at, _OPEN


def _host(name: bytes) -> str:
    """A machine's name in normal form, or as it is if it is not a host."""
    text = name.decode("utf-8", "replace")
    try:
        if not text.isascii():
            # Otherwise userinfo or a path would be dropped, and a host remain.
            plain = not any(mark in text for mark in "/?#\\@:")
            service = service_from_url(f"https://{text}/") if plain else None
            return text if service is None else service.host
        bare_address = text.count(":") > 1 and not text.startswith("[")
        host, port = split_host(f"[{text}]" if bare_address else text, "https")
    except ServiceError:
        return text
    # A port needs the keyword. `h:443` must not become `h` because 443 is the port of https.
    return host if port is None and not text.endswith(":443") else text

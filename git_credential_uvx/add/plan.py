"""What `add` does with the arguments of `uv add`, before anything is done; no input or output.

Every URL loses its secrets, wherever it stands. From Git URLs uv takes more: the login name of ssh,
and templates such as `${TOKEN}`. Those are noted, to be put back.
"""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import AddError, RefusedError
from ..sanitize.files import named_in, without
from ..sanitize.requirements import read_url, sanitize_requirement, sanitize_url
from ..sanitize.templates import is_harmless
from ..sanitize.text import sanitize_bytes
from ..sanitize.userinfo import is_http
from ..sanitize.userinfo import split as split_userinfo
from ..urls.commands import command
from ..urls.conventions import PRESCRIBED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from ..sanitize.findings import Sanitized, SecretFinding
    from ..sanitize.keep import Move
    from ..urls.tokens import IsAccount
    from .arguments import Word, Words

    Reader = Callable[[str], bytes]

STDIN = "-"

# Each takes time in proportion to the text, because a stranger may have written that.
_URL = re.compile(r"(?<![A-Za-z0-9+.-])[0-9+.-]*+([A-Za-z][A-Za-z0-9+.-]*+://\S*)")
_NAMED = re.compile(r"\s*+([A-Za-z0-9][A-Za-z0-9._-]*+)\s*+(?:\[[^\]]*+\]\s*+)?@")
_INDEX_NAME = re.compile(r"[^=:/@]*=(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_NESTED = re.compile(r"\s*+(?:-r|--requirements?)\s*+(?:=\s*+)?(\S[^#]*+)")
_EXPANDED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
# Files that uv reads in another way than as a list of requirements.
_NO_LIST = re.compile(r"\.(?:py|toml|cfg)$", re.IGNORECASE)


@dataclass(frozen=True)
class KeptUserinfo:
    """Userinfo without a secret, which uv drops from a Git URL.

    `name` is that of the requirement, or None if uv finds it out. A login name is put back into the
    source that uv writes. With `whole`, the requirement is put back with its URL, because uv fills
    in templates there and not in a source.
    """

    name: str | None
    userinfo: str
    url: str
    whole: bool


@dataclass(frozen=True)
class Copy:
    """An argument that names a requirements file, of which uv gets a clean copy."""

    before: str
    path: str
    clean: bytes = field(repr=False)


@dataclass
class Plan:
    """What is to be done.

    `arguments` are for uv, in the place of a file perhaps a Copy; `given` its standard input,
    None for the person's own. `findings` are the secrets that were taken out, `raw` those that
    `--raw` leaves in. `requirements` are the clean lines, as they are to be kept.
    """

    words: Words
    arguments: list[str | Copy] = field(default_factory=list)
    given: bytes | None = field(default=None, repr=False)
    findings: list[SecretFinding] = field(default_factory=list)
    raw: list[SecretFinding] = field(default_factory=list)
    kept: list[KeptUserinfo] = field(default_factory=list)
    requirements: list[str] = field(default_factory=list, repr=False)
    indexes: list[tuple[str, str]] = field(default_factory=list)
    options_in_files: bool = False

    @property
    def table(self) -> tuple[str, ...]:
        """The keys of the array that the requirements go to."""
        options = self.words.options
        if "--script" in options:
            return ("dependencies",)
        if "--optional" in options:
            return ("project", "optional-dependencies", options["--optional"])
        if "--group" in options:
            return ("dependency-groups", options["--group"])
        if "--dev" in options:
            return ("dependency-groups", "dev")
        return ("project", "dependencies")


def plan(
    words: Words,
    environ: Mapping[str, str],
    read: Reader,
    named: Sequence[Move] = (),
    is_account: IsAccount | None = None,
) -> Plan:
    """Work out the arguments for uv and the secrets to store.

    The URLs of the moves in `named` keep their login names. `is_account` tells which names are
    accounts in the store, and so no tokens. `read` gives the text of a requirements
    file, of `STDIN` standard input. Raises RefusedError for a URL that programs may read
    differently, and AddError for what cannot be added safely.
    """
    return _Planner(words, environ, read, named, is_account).all()


class _Planner:
    def __init__(
        self,
        words: Words,
        environ: Mapping[str, str],
        read: Reader,
        named: Sequence[Move],
        is_account: IsAccount | None,
    ) -> None:
        self.plan = Plan(words)
        self.named = named
        self.is_account = is_account
        self.raw = "--raw" in words.options
        self.environ = environ
        self.read = read
        self.lines: list[bytes] = []

    def all(self) -> Plan:
        option = ""
        for word in self.plan.words.words:
            self._take(word, word.before.rstrip("=") or option)
            option = word.value if word.role == "option" else ""
        if self.lines:
            given = b"" if self.plan.given is None else self.plan.given + b"\n"
            if self.plan.given is None:
                self.plan.arguments[:0] = ["--requirements", STDIN]
            self.plan.given = given + b"".join(line + b"\n" for line in self.lines)
        return self.plan

    def _take(self, word: Word, option: str) -> None:
        match word.role:
            case "requirement":
                self._requirement(word)
            case "requirements" if "://" not in word.value:
                self._file(word)
            case "index":
                self._index(word, option)
            case _:
                self._other(word)

    def _other(self, word: Word) -> None:
        text = word.text
        if "://" in text:
            result = sanitize_bytes(os.fsencode(text), is_account=self.is_account)
            if any(found.kind == "refused" for found in result.findings):
                raise RefusedError("a URL may hold a secret that cannot be taken out safely")
            self.plan.findings += result.findings
            text = os.fsdecode(result.clean)
        self.plan.arguments.append(text)

    def _index(self, word: Word, option: str) -> None:
        name = _INDEX_NAME.match(word.value)
        head = name.group() if name else ""
        url = word.value[len(head) :]
        if "://" in url:
            result = sanitize_url(os.fsencode(url), use="index", is_account=self.is_account)
            self.plan.findings += result.findings
            url = _without_template(result.clean)
        self.plan.arguments.append(f"{word.before}{head}{url}")
        self.plan.indexes.append((option, head + url))

    def _requirement(self, word: Word) -> None:
        line = os.fsencode(word.value)
        clean, found, for_uv = self._line(line)
        if self.raw and found:
            if len(line.splitlines()) > 1:
                raise RefusedError("a requirement contains a line end")
            self.plan.raw += found
            self.plan.requirements.append(word.value)
            self.lines.append(line)
        else:
            self.plan.findings += found
            self.plan.requirements.append(os.fsdecode(clean))
            self.plan.arguments.append(os.fsdecode(for_uv))

    def _line(self, line: bytes) -> tuple[bytes, list[SecretFinding], bytes]:
        """One requirement without its secrets, those, and the requirement as uv gets it."""
        if b"://" not in line:
            return line, [], line
        use = "git" if re.search(rb"git\+[a-z]+://", line, re.IGNORECASE) else "url"
        result = sanitize_requirement(line, use=use, is_account=self.is_account)
        found = [one for one in result.findings if one.removed]
        clean = self._clean(line, result)
        return clean, found, self._for_uv(clean)

    def _clean(self, text: bytes, result: Sanitized) -> bytes:
        """A text without its secrets, with the login names that its URLs need."""
        found = [one for one in result.findings if one.removed]
        names = named_in(found, self.named)
        return b"".join(without([text], found, names)) if names else result.clean

    def _for_uv(self, clean: bytes) -> bytes:
        text = os.fsdecode(clean)
        match = _URL.search(text)
        if match is None:
            return clean
        reading = read_url(os.fsencode(match[1]))
        userinfo = (reading.userinfo or b"").decode("ascii", "replace")
        git = reading.scheme.lower().startswith(b"git+")
        web = is_http(reading.scheme.lower())
        template = web and _is_template(userinfo)
        login = git and not template and userinfo.strip("*") not in ("", "git")
        if login and web and userinfo.encode() in PRESCRIBED:
            login = any(userinfo.encode() == one.credential.username for one in self.named)
        if not login and not template:
            return clean
        without = match[1].replace(f"{userinfo}@", "", 1)
        if login and self.raw:
            return clean  # uv writes the whole URL
        if template:
            self._refuse_template(git=git)
        name = _NAMED.match(text[: match.start(1)])
        self.plan.kept.append(KeptUserinfo(name[1] if name else None, userinfo, without, template))
        if login or (not self.raw and _is_filled_in(userinfo, self.environ)):
            return clean
        return os.fsencode(text[: match.start(1)] + without + text[match.end() :])

    def _refuse_template(self, *, git: bool) -> None:
        if not git:
            # uv 0.13 writes its value into pyproject.toml, and into uv.lock at every lock.
            raise AddError(
                "uv would write the value of a template in a direct URL into its files; "
                "store the password with 'git-credential-uvx login HOST', and then "
                "add the URL without it"
            )
        if "--lfs" in self.plan.words.options:
            raise AddError("'--lfs' does not go with a template in a URL")

    def _file(self, word: Word) -> None:
        text = self.read(word.value)
        result = sanitize_bytes(text, is_account=self.is_account)
        for finding in result.findings:
            if finding.kind == "refused":
                where = "standard input" if word.value == STDIN else f"'{word.value}'"
                raise RefusedError(
                    f"{where}, line {finding.line}: the URL may hold a secret that cannot be "
                    "taken out safely"
                )
        found = [one for one in result.findings if one.removed]
        if _NO_LIST.search(word.value):
            self.plan.options_in_files = True
            for_uv = result.clean
        else:
            for_uv = self._lines(self._clean(text, result))
            self._nested(text, word.value)
        if self.raw:
            self.plan.raw += found
            for_uv = text
        else:
            self.plan.findings += found
        if word.value == STDIN:
            self.plan.given = for_uv
        if word.value == STDIN or for_uv == text:
            self.plan.arguments.append(word.text)
        elif _NO_LIST.search(word.value):
            raise AddError(f"'{word.value}' contains secrets; {_advice(word.value)}")
        else:
            self.plan.arguments.append(Copy(word.before, word.value, for_uv))

    def _lines(self, clean: bytes) -> bytes:
        """The lines of a requirements file as uv gets them."""
        lines = []
        for line in clean.splitlines(keepends=True):
            bare = line.strip()
            if not bare or bare.startswith((b"#", b"-")):
                # An option in a file is uv's to understand.
                self.plan.options_in_files |= bare[:1] == b"-"
                lines.append(line)
                continue
            self.plan.requirements.append(os.fsdecode(bare.partition(b" #")[0].strip()))
            body = line.rstrip(b"\r\n")
            lines.append((self._for_uv(body) if b"://" in body else body) + line[len(body) :])
        return b"".join(lines)

    def _nested(self, text: bytes, path: str) -> None:
        """Look at the files that a requirements file reads, and those that they read."""
        seen = {os.path.normpath(path)}
        waiting = [(text, path)]
        for outer, path in waiting:
            for other in _named_files(outer, path):
                if other in seen:
                    continue
                seen.add(other)
                inner = self.read(other)
                result = sanitize_bytes(inner, is_account=self.is_account)
                findings = [one for one in result.findings if not one.allowed]
                if self.raw:
                    self.plan.raw += [one for one in findings if one.removed]
                elif findings:
                    raise AddError(
                        f"'{other}', which '{path}' reads, contains secrets; {_advice(other)}"
                    )
                self._lines(inner)  # for what is to be put back
                waiting.append((inner, other))


def _named_files(text: bytes, path: str) -> Iterator[str]:
    """The files of this machine that a requirements file reads."""
    folder = "" if path == STDIN else os.path.dirname(path)
    for line in text.decode("utf-8", "replace").splitlines():
        match = _NESTED.match(line)
        name = "" if match is None else match[1].rstrip()
        if name and "://" not in name:
            yield os.path.normpath(os.path.join(folder, name))


def _without_template(url: bytes) -> str:
    """The URL of an index as uv writes it: uv fills no template in there, and would send it."""
    text = os.fsdecode(url)
    userinfo = (read_url(url).userinfo or b"").decode("ascii", "replace")
    return text.replace(f"{userinfo}@", "", 1) if _is_template(userinfo) else text


def _advice(path: str) -> str:
    return f"'{command('sanitize', '--write', path)}' moves them into the store"


def _is_template(userinfo: str) -> bool:
    parts = [part for part in split_userinfo(userinfo.encode()) if part]
    # Asterisks are a mask and no template.
    return any(is_harmless(part) and part.strip(b"*") for part in parts)


def _is_filled_in(userinfo: str, environ: Collection[str]) -> bool:
    """Whether uv itself can fill in all templates."""
    names = _EXPANDED.findall(userinfo)
    rest = _EXPANDED.sub("", userinfo)
    return bool(names) and all(map(environ.__contains__, names)) and not _is_template(rest)

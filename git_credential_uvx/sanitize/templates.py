"""Templates, which stand for a value that is filled in later, and which files fill in which.

`${NAME}` and `{{ name }}` are templates in any file. `$NAME`, `$(NAME)`, `{name}` and `%NAME%` are
templates in the files whose programs know them, and may be a password in all others: pip sends
`$hunter2` as it stands.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote_to_bytes

from ..credential import is_mask

_NAME = rb"[A-Za-z_][A-Za-z0-9_]*"

# These may hold blanks, quotes and slashes.
_BLANKS = rb"\$?\{\{[^{}\n]{0,200}\}\}|#\{[^{}\n]{0,200}\}|\$\[\[[^\[\]\n]{0,200}\]\]"
_BLANK_TEMPLATE = re.compile(_BLANKS)
_TAG = rb"<%[^%\n]{0,200}%>|\{%[^%\n]{0,200}%\}"
_DEFAULT = rb"\$\{" + _NAME + rb":?[-=?+][^{}\n]{0,200}\}"
WITHOUT_TAGS = rb"|".join((_BLANKS, _DEFAULT, rb"\$\([^()\n]{0,200}\)"))
SPANNING = WITHOUT_TAGS + rb"|" + _TAG
_EVERYWHERE = (
    rb"\$\{" + _NAME + rb"\}|\{env:" + _NAME + rb"\}|" + _BLANKS + rb"|" + _TAG + rb"|\{[0-9]*\}"
    rb"|%[sdr]|%\([A-Za-z_]\w*\)s|<[A-Za-z0-9_.| -]{0,100}>"
)
# A longer one comes before what it begins with.
_STYLES = {
    "env": rb"\$env:" + _NAME,
    "dollar": rb"\$" + _NAME,
    "dollars": rb"\$\$" + _NAME,
    "call": rb"\$\([^()\n]{1,200}\)|`[^`\n]{1,200}`",
    "brace": rb"\$?\{\$?[A-Za-z_][\w.!()\[\]]*\}",
    "percent": rb"%" + _NAME + rb"%",
}

# A text that a template has for the value: by itself, or where nothing fills the value in.
_LITERAL = re.compile(
    rb"(?:\{\{|#\{|\|\||[?:]|\b(?:or|else|coalesce\(|d(?:efault)?\(?)"
    rb"|\b(?:env(?:_var)?|getenv|fetch|get)\(\s*\\{0,4}[\"'][^\"'\n]{0,200}[\"']\s*,)"
    rb"\s*\\{0,4}([\"'])((?:(?!\1|\\)[^\n]){1,200})"
)

# A colon in one of these ends no username.
WITH_COLONS = rb"(?:\{env:" + _NAME + rb"\}|\$env:" + _NAME + rb"|" + SPANNING + rb")"
_WITH_COLONS = re.compile(WITH_COLONS + rb"++")

# `$$` is a plain dollar sign.
_COMPOSE = frozenset(("dollar", "call"))
_SHELL = _COMPOSE | {"dollars"}
# No style of template, but that single quotes keep `$NAME` as it is.
_QUOTING = frozenset(("quoting",))
_POSIX = _SHELL | _QUOTING
_CODE = frozenset(("brace",))
_WINDOWS = _SHELL | {"percent", "env"}
ALL = frozenset(_STYLES)
NONE: frozenset[str] = frozenset()


def _each(words: str, styles: frozenset[str]) -> dict[str, frozenset[str]]:
    return dict.fromkeys(words.split(), styles)


_BY_ENDING = {
    **_each("sh bash zsh ksh fish bats env envrc", _POSIX),
    **_each("dockerfile containerfile service make mk", _SHELL),
    **_each("bat cmd ps1 psm1 psd1", _WINDOWS),
    **_each(
        "py pyi pyx ipynb rs go js mjs cjs jsx ts tsx vue svelte java cs fs vb c h cc cpp cxx hh"
        " hpp m mm swift rb ex exs erl hs ml lua nix tf hcl clj zig nim d snap sql proto cmake",
        _CODE,
    ),
    # These languages fill `$name` into their strings.
    **_each(
        "php pl pm t kt kts groovy gradle scala dart jl tcl awk cr coffee",
        _CODE | _SHELL,
    ),
    # Manuals quote files of every kind.
    **_each(
        "md mdx markdown rst adoc asciidoc html htm xhtml tex texi pod 1 2 3 4 5 6 7 8",
        ALL,
    ),
}
_BY_NAME = {
    **_each("makefile gnumakefile justfile crontab procfile pipfile", _SHELL),
    **_each(".profile .bashrc .bash_profile .zshrc", _POSIX),
    **_each("jenkinsfile vagrantfile rakefile gemfile", _CODE | _SHELL),
    "tox.ini": _CODE,
}
_BY_BEGINNING = (
    (("dockerfile", "containerfile"), _SHELL),
    ((".env",), _POSIX),
    (("readme", "install", "changelog", "contributing", "news"), ALL),
)

# The YAML files whose values go through a shell, or through a tool that knows `$NAME`.
_RUN_BY_CI = re.compile(
    r"(?:^|/)(?:\.github|\.gitlab|\.circleci|\.gitea|\.forgejo|\.woodpecker|\.buildkite)/"
    r"|(?:^|/)(?:\.gitlab-ci|\.travis|\.appveyor|appveyor|\.drone|\.woodpecker|action|buildspec"
    r"|cloudbuild|taskfile|bitbucket-pipelines|\.cirrus|azure-pipelines)[^/]*\.ya?ml$"
)
_FOR_COMPOSE = re.compile(r"(?:^|/)(?:(?:docker|podman)-)?compose[^/]*\.ya?ml$")
_WRAPPERS = (".j2", ".jinja", ".jinja2", ".erb", ".tmpl", ".tpl", ".template", ".example", ".bak")

_MARKUP = frozenset(
    "html htm xhtml xml svg md mdx markdown vue svelte jsx tsx php erb".split()  # noqa: SIM905
)


def known_in(path: str) -> frozenset[str]:
    """The styles of templates that a file of this name knows, beside those of every file.

    Text without a name may be anything, so it knows none.
    """
    path = path.replace("\\", "/").lower()
    for wrapper in _WRAPPERS:
        path = path.removesuffix(wrapper)
    name = path.rpartition("/")[2]
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name.endswith((".yml", ".yaml")):
        known = _COMPOSE if _FOR_COMPOSE.search(path) else NONE
        return _SHELL if _RUN_BY_CI.search(path) else known
    for beginnings, styles in _BY_BEGINNING:
        if name.startswith(beginnings) and not name.endswith((".txt", ".json", ".toml", ".py")):
            return styles
    return _BY_ENDING.get(name.rpartition(".")[2], NONE) if "." in name else NONE


def is_markup(path: str) -> bool:
    """Whether a file of this name may have the entities of HTML. Text without a name may."""
    name = path.replace("\\", "/").lower().rpartition("/")[2]
    for wrapper in _WRAPPERS:
        name = name.removesuffix(wrapper)
    return not name or name.rpartition(".")[2] in _MARKUP


def inside_single_quotes(before: bytes, styles: frozenset[str]) -> frozenset[str]:
    """The styles that a file knows in a single-quoted string; `before` is the line up to there,
    with the quote.

    A string of several words may be a command that another shell reads, and so may be one in
    double quotes.
    """
    head, _, word = before.rpartition(b"'")
    if "quoting" not in styles or b" " in word or head.replace(b'\\"', b"").count(b'"') % 2:
        return styles
    return NONE


def is_code(styles: frozenset[str]) -> bool:
    """Whether a file that knows these is a program, or a manual about programs."""
    return "brace" in styles


def is_filled_in(name: bytes, styles: frozenset[str]) -> bool:
    """Whether a username comes from somewhere else, be it with a default that stands here."""
    return is_template(name, styles) or _WITH_COLONS.fullmatch(name) is not None


def is_template(value: bytes, styles: frozenset[str] = ALL) -> bool:
    """Whether a value is nothing but templates of these styles and of those of every file."""
    return _wholly(styles).fullmatch(value) is not None


def is_harmless(value: bytes, styles: frozenset[str] = ALL) -> bool:
    """Whether a value tells nothing: it is empty, wholly templates, or a mask.

    `styles` are those of the templates that the file knows, by default all of them.
    """
    if not value.strip(b"*") or is_template(value, styles):
        return True
    return is_mask(unquote_to_bytes(value))


def literal_in(value: bytes) -> bytes:
    """The text that a template in a value gives if nothing else fills it in; b"" for none."""
    for template in _BLANK_TEMPLATE.finditer(value):
        match = _LITERAL.search(template.group())
        if match is not None:
            return match[2]
    return b""


@cache
def _wholly(styles: frozenset[str]) -> re.Pattern[bytes]:
    patterns = [pattern for style, pattern in _STYLES.items() if style in styles]
    return re.compile(rb"(?>(?:" + rb"|".join([_EVERYWHERE, *patterns]) + rb")+)")

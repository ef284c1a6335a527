"""The commands of this program that messages advise. Pure.

They are pasted into a shell. Services and usernames come from the files and servers of others, so
every word is quoted.
"""

from __future__ import annotations

from .usernames import as_typed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .service import Service

PROGRAM = "git-credential-uvx"

# What every shell takes as it is. zsh replaces a word that begins with `=`.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-")
# For these, the URL of a repository stands for its host, unless it is given with `--path`.
_WITH_PATH = ("login", "logout")


def command(
    name: str, *others: str, service: Service | None = None, username: bytes | None = None
) -> str:
    """A command about a service and one of its accounts, with other arguments at its end, as it
    can be pasted into a shell.

    A username that cannot be typed is left out. The command then asks for it, or is for all.
    """
    argv = [PROGRAM, name]
    if service is not None:
        argv += _service(name, service)
    if account := as_typed(username):
        argv += _option("--username", account)
    return " ".join(map(quoted, (*argv, *others)))


def host_as_typed(service: Service) -> str:
    """The host of a service, as a person types it: without `https://`, if that means the same."""
    # A word alone, such as `github`, can be a typing error.
    is_word = "." not in service.host and service.port is None
    return service.realm if service.scheme != "https" or is_word else service.authority


def url_with_name(service: Service) -> str:
    """The URL of a service with a place for the name of an account."""
    return f"{service.scheme}://NAME@{service.authority}{service.path}"


def quoted(word: str) -> str:
    """A word for a shell, in double quotes if it needs any: messages have commands in single ones.

    Nothing in it is expanded, and it stays one word.
    """
    if word and _PLAIN.issuperset(word) and not word.startswith("="):
        return word
    text = "".join(f"\\{c}" if c in '\\"$`' else c for c in word)
    # In double quotes, interactive shells look for `!`, and a backslash before it stays.
    return '"' + text.replace("!", '"\\!"') + '"'


def _service(name: str, service: Service) -> list[str]:
    if service.path == "/":
        return [host_as_typed(service)]
    if name not in _WITH_PATH or not _stands_for_host(service):
        return [str(service)]
    return [host_as_typed(service), *path_option(service)]


def path_option(service: Service) -> list[str]:
    """The option that limits `login` and `logout` of a host to the path of a service."""
    # One slash at the beginning may be left out.
    return _option("--path", service.path if service.path.startswith("//") else service.path[1:])


def _stands_for_host(service: Service) -> bool:
    from .conventions import is_repository

    return service.path.rstrip("/").endswith(".git") or is_repository(service)


def _option(option: str, value: str) -> list[str]:
    return [f"{option}={value}"] if value.startswith("-") else [option, value]

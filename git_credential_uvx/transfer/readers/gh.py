"""gh's `hosts.yml`: accounts by host, whose tokens may be in a keyring that only gh opens.

gh 2.40 and later keep several accounts in `users:`; the active one stands beside it once more,
and earlier ones have nothing else.

    github.com:
        users:
            alice:
                oauth_token: gho_...
        user: alice
        oauth_token: gho_...
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from ...credential import Credential, Secret
from ...errors import ProgramError, ServiceError, SourceError
from ...system.programs import run
from ...urls.conventions import username_for
from ...urls.service import Service, split_host
from ..rows import Found, Places, Refused, Row, SourceFile
from . import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

# Seconds for gh, which may open a keyring; with a dialog if there is a person to answer it.
_TIMEOUT, _DIALOG_TIMEOUT = 10.0, 60.0

SIZE_LIMIT = 64 * 1024  # bytes; some hundred accounts


class Gh(Reader):
    # The active account is the last of its host, and the last one counts.
    stays = "it belongs to gh; 'gh auth logout' removes its credentials"

    def paths(self, places: Places) -> list[str]:
        """The file in `GH_CONFIG_DIR` if that is absolute, else in the user's configuration."""
        named = places.environ.get("GH_CONFIG_DIR", "")
        if named.startswith("/"):
            return [f"{named.rstrip('/')}/hosts.yml"]
        return places.config("gh", "hosts.yml")

    def beside(self, file: SourceFile, places: Places, *, named: bool) -> Mapping[str, bytes]:
        """The tokens that gh keeps in a keyring. gh gives them for its own file only."""
        if file.path not in self.paths(places):
            return {}
        waiting = [account for account in accounts(file.data) if not account.token]
        return {key_of(one): token for one in waiting if (token := _token_of(one, places))}

    def read(self, file: SourceFile) -> list[Row]:
        """A row for each account; `beside` may have tokens by `key_of`. Raises SourceError."""
        return [_row(account, file) for account in accounts(file.data)]


@dataclass(frozen=True)
class GhAccount:
    """An account of a host. `user` is "" where the file names none, `token` None where it
    holds none. `active` is the one that gh uses."""

    host: str
    user: str
    token: str | None = field(repr=False)
    line: int
    active: bool


def _row(account: GhAccount, file: SourceFile) -> Row:
    token = file.beside.get(key_of(account))
    if account.token:
        token = account.token.encode()
    if not token:
        return Refused(
            "its token is in a keyring, and 'gh auth token' does not print it", account.line
        )
    try:
        service = Service("https", *split_host(account.host, "https"))
    except ServiceError:
        return Refused("its key is not a host name", account.line)
    username = account.user.encode() or username_for(service, token, "git")
    return Found(service, Credential(username, Secret(token)), account.line)


def _token_of(account: GhAccount, places: Places) -> bytes:
    """What `gh auth token` says; b"" if it does not say."""
    try:
        split_host(account.host, "https")
    except ServiceError:
        return b""
    question = ("gh", "auth", "token", f"--hostname={account.host}")
    # Before 2.40 gh had one account a host and no such option.
    questions = [(*question, f"--user={account.user}")] if account.user else []
    timeout = _DIALOG_TIMEOUT if os.isatty(0) else _TIMEOUT
    for words in [*questions, *([question] if account.active else [])]:
        try:
            done = run(words, timeout=timeout, environ=places.environ)
        except ProgramError:
            return b""
        token = done.stdout.removesuffix(b"\n")
        if done.status == 0 and token and b"\n" not in token:
            return token
    return b""


def key_of(account: GhAccount) -> str:
    """The name in `beside` of a token that gh itself gave."""
    return f"{account.host}\n{account.user}"


def accounts(data: bytes) -> list[GhAccount]:
    """All accounts, the active one of each host last. Raises SourceError, which quotes nothing."""
    if len(data) > SIZE_LIMIT:
        raise SourceError(f"it is larger than {SIZE_LIMIT} bytes")
    try:
        root = yaml.compose(data, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f"line {mark.line + 1}: " if mark is not None else ""
        raise SourceError(f"{line}it is not valid YAML") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise SourceError("it is not valid YAML") from None
    if root is None:
        return []
    if not isinstance(root, yaml.MappingNode):
        raise SourceError("it is not a mapping of hosts")
    return [account for host, line, node in _items(root) for account in _of_host(host, line, node)]


class _Loader(yaml.SafeLoader):
    """Reads YAML without aliases, with which a short file can name the same accounts many times."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
            raise SourceError(f"line {line}: it has an alias, which gh does not write")
        return super().compose_node(parent, index)


def _of_host(host: str, line: int, node: yaml.Node) -> list[GhAccount]:
    fields = _fields(node)
    active, token = _text(fields.get("user")), _text(fields.get("oauth_token"))
    users = fields.get("users")
    found = [
        GhAccount(host, user, _text(_fields(inner).get("oauth_token")), at, False)
        for user, at, inner in _items(users)
        if user != active
    ]
    own = _text(_fields(_fields(users).get(active or "")).get("oauth_token"))
    return [*found, GhAccount(host, active or "", token or own, line, True)]


def _items(node: yaml.Node | None) -> list[tuple[str, int, yaml.Node]]:
    """Key, line of the key and value of each pair of a mapping; none of anything else."""
    if not isinstance(node, yaml.MappingNode):
        return []
    return [
        (key.value, int(key.start_mark.line) + 1, value)
        for key, value in node.value
        if isinstance(key, yaml.ScalarNode)
    ]


def _fields(node: yaml.Node | None) -> dict[str, yaml.Node]:
    return {key: value for key, _, value in _items(node)}


def _text(node: yaml.Node | None) -> str | None:
    plain = isinstance(node, yaml.ScalarNode) and node.tag != "tag:yaml.org,2002:null"
    return str(node.value) if plain and node is not None else None


READER = Gh()

"""Decides which secrets stay in a file, because taking them out would lose them or break it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .findings import Staying
from .userinfo import is_http

if TYPE_CHECKING:
    from .findings import SecretFinding

_DATABASES = frozenset(
    "postgres postgresql mysql mariadb mongodb redis rediss valkey mssql sqlserver oracle db2"  # noqa: SIM905
    " cockroachdb clickhouse cassandra neo4j bolt couchbase influxdb snowflake redshift"
    " hive presto trino".split()
)
_OTHERS = {
    "ftp": "an FTP password",
    "ftps": "an FTP password",
    "sftp": "an SSH password",
    "ssh": "an SSH password",
    "smtp": "a mail password",
    "smtps": "a mail password",
    "imap": "a mail password",
    "imaps": "a mail password",
    "amqp": "a message broker's password",
    "amqps": "a message broker's password",
}


def why_it_stays(found: SecretFinding, *, drop: bool, in_program: bool) -> Staying | None:
    """Why a secret stays in its file; None if it can be taken out.

    With `drop` nothing is stored, so it does not matter whether a store can hold it.
    `in_program` says that a program needs the secret.
    """
    if found.kind == "refused":
        return Staying(found, "cannot be cut safely", "escape it, or take it out by hand")
    if in_program:
        advice = "read it from the environment"
        return Staying(found, "the program would lose it", advice, "--all-files takes it out")
    if drop or found.credential() is not None:
        return None
    reason = f"no store can hold {_named(found)}"
    advice = "write ${NAME} in its place and set that variable"
    return Staying(found, reason, advice, "--no-store drops it")


def _named(found: SecretFinding) -> str:
    """What a secret is, for people."""
    if found.name:
        return f"the parameter '{found.name}'"
    scheme = found.redacted.partition("://")[0].lower()
    if is_http(scheme.encode()):
        return f"a {found.kind} without a fixed host"
    scheme = scheme.removeprefix("jdbc:").removeprefix("git+").partition("+")[0]
    if scheme in _DATABASES:
        return "a database password"
    return _OTHERS.get(scheme, "the password of such a URL")

"""The options of `check` and `login` that say which servers to trust."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    F = TypeVar("F", bound=Callable[..., Any])


def trusting(function: F) -> F:
    """Give a command `--system-certs` and `--allow-insecure-host`."""
    host = click.option(
        "--allow-insecure-host",
        multiple=True,
        metavar="HOST",
        help="Accept any certificate of this host, which is unsafe.",
    )
    system = click.option(
        "--system-certs/--no-system-certs",
        "--native-tls/--no-native-tls",
        "system_certs",
        default=None,
        help="Trust the system's certificate authorities.",
    )
    return system(host(function))

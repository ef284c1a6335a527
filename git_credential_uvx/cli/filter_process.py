"""`filter-process`: a filter that Git starts once for all files that it stages or checks out.

`clean` removes secrets. `smudge` changes nothing, but Git wants it from a filter that is required.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import click

from .. import system
from ..errors import ProtocolError, UvxError, system_fault
from ..git.filtering import FilterConversation
from ..resolver import Resolver
from ..sanitize.files import Rules
from ..stores.names import AccountNames
from ..system.settings import from_process
from ..system.userfile import CHUNK
from .common import manners, print_error, trace
from .faults import unexpected
from .sanitize_filter import cleaned, unchanged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from ..git.filtering import FilterRequest


@click.command("filter-process")
@click.option(
    "--store",
    is_flag=True,
    help="Store what is removed. Use it only if you trust every repository that you work in.",
)
@manners
def filter_process_command(store: bool) -> None:
    """Remove secrets from what Git commits, as a long-running filter.

    Git starts this command by itself, once for all files of a `git add`. Set it up with

    \b
    git config --global filter.uvx.process 'git-credential-uvx filter-process'
    git config --global filter.uvx.required true

    and a line such as `*.toml filter=uvx` in .gitattributes. Your own files keep their bytes. If a
    secret has to stay in its file, `git add` fails and the reason is shown. Without the second
    setting, Git adds such a file with its secret.
    """
    if sys.stdin.isatty():
        raise click.UsageError("Git starts this command by itself")
    # Git waits, and no person: what is written here looks like a fault to them.
    system.on_wait = None
    resolver = Resolver(from_process())
    rules = Rules(is_account=AccountNames(resolver.store()))
    kept_in = resolver if store else None
    conversation = FilterConversation(partial(os.read, 0), _write)
    conversation.greet(["clean", "smudge"])
    for request in conversation.requests():
        trace(f"{request.command} '{request.path}'")
        if request.command == "clean":
            _answer(request, cleaned(_joined(request.chunks), request.path, kept_in, rules))
        elif request.command == "smudge":
            _answer(request, unchanged(request.chunks))
        else:
            request.abort()


def _answer(request: FilterRequest, text: AbstractContextManager[Iterator[bytes]]) -> None:
    """Answer a request with a text, or with an error after a line that says why.

    Raises ProtocolError.
    """
    with ExitStack() as stack:
        try:
            chunks = stack.enter_context(text)
        except ProtocolError:
            raise
        except UvxError as error:
            print_error(str(error))
            request.fail()
        except OSError as error:
            print_error(f"'{request.path}': {system_fault(error)}")
            request.fail()
        except Exception as error:
            print_error(f"'{request.path}': {unexpected(error)}")
            request.fail()
        else:
            request.succeed(chunks)


def _joined(packets: Iterable[bytes]) -> Iterator[bytes]:
    """A text in pieces that are as large as those of a file."""
    waiting: list[bytes] = []
    size = 0
    for packet in packets:
        waiting.append(packet)
        size += len(packet)
        if size >= CHUNK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()

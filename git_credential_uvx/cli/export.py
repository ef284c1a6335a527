"""`export`: credentials of the store for other programs."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from ..errors import StoreError
from ..stores.shared import SharedStore
from ..system import files, replace
from ..system.settings import from_process
from ..transfer.export import FORMATS, LeftOut, Text, write
from ..urls.parts import split_authority, typed_host
from ..urls.typed import typed
from .common import NegativeAnswer, account, as_json, manners, say, show_json, text_of, warn

if TYPE_CHECKING:
    from ..stores.entries import Entry
    from ..urls.service import Service


@click.command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    required=True,
    help="The format that the other program reads.",
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="HOST[:PORT]",
    help="Export only this host. You can repeat this option.",
)
@click.option(
    "--output", type=click.Path(), metavar="FILE", help="A new file, which only you can read."
)
@click.option("--show", is_flag=True, help="Write to the terminal, too.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@as_json
@manners
def export_command(
    form: str, hosts: tuple[str, ...], output: str | None, show: bool, force: bool, as_json: bool
) -> int:
    """Write stored credentials in the format of another program. They are not encrypted.

    They go to FILE, which only you can read, or to standard output if that is not a terminal. A
    credential that the format cannot hold is skipped, with a warning.

    Exit status: 0 if something was written, 1 if nothing was, 2 if something failed.
    """
    if as_json and output is None:
        raise click.UsageError("--json needs --output")
    if output is None and sys.stdout.isatty() and not show:
        command = f"git-credential-uvx export --format {form}"
        raise click.UsageError(
            "this would show secrets on the terminal; "
            f"use '{command} --output FILE' or '{command} --show'"
        )
    wanted = [_host(host) for host in hosts]
    store = SharedStore(from_process())
    if output is not None and store.owns(output):
        raise StoreError(f"'{output}' is the store itself")
    entries = store.entries().entries
    chosen = [e for e in entries if not hosts or _is_wanted(e.service, wanted)]
    text = write(chosen, form, int(time.time()))
    for left in text.left_out:
        warn(f"skipped: {account(left.service, left.username)}: {left.reason}")
    if text.written and output is not None:
        _write_file(os.path.abspath(output), text.data, force=force)
    if as_json:
        show_json(document(text, form, output))
    if not text.written:
        raise NegativeAnswer(
            "found nothing to export" + (" that this format can hold" if chosen else "")
        )
    if output is None:
        sys.stdout.buffer.write(text.data)
        sys.stdout.buffer.flush()
    else:
        what = "credential" if len(text.written) == 1 else "credentials"
        say(f"wrote {len(text.written)} {what} to '{output}'")
    return 0


def _host(text: str) -> tuple[str, int | None]:
    """Host, and port or None if all of its ports are meant. Raises ServiceError."""
    typed(text, "'--host'").web()
    text = text.strip()
    _, _, authority, _ = split_authority(text if "://" in text else f"https://{text}")
    return typed_host(authority)


def _is_wanted(service: Service, wanted: list[tuple[str, int | None]]) -> bool:
    """Whether a host is one of these; one without a port means all of its ports."""
    port = service.port or 443
    return any(host == service.host and one in (None, port) for host, one in wanted)


def _write_file(path: str, data: bytes, *, force: bool) -> None:
    """Make the file, or with `force` replace it; and read it back. Raises StoreError."""
    above, name = os.path.split(path)
    with files.Folder(above, any_owner=True) as folder:
        if force:
            there, name = folder.real(name)
            replace.replace(there, name, data)
        else:
            there = folder
            try:
                replace.write_new(folder, name, data)
            except FileExistsError:
                raise StoreError(f"'{path}' exists; --force replaces it") from None
            except OSError as error:
                replace.discard(folder, name)
                raise files.failure("cannot write", path, error) from None
        if files.read(there, name) != data:
            replace.discard(there, name)
            raise StoreError(f"'{path}' was damaged while it was written, and was removed")


def document(text: Text, form: str, output: str | None) -> dict[str, Any]:
    """What was done for programs; its keys are stable."""
    return {
        "format": form,
        "output": output if text.written else None,
        "written": [_account(entry) for entry in text.written],
        "left_out": [{**_left(left), "reason": left.reason} for left in text.left_out],
    }


def _account(entry: Entry) -> dict[str, str | None]:
    return {"service": str(entry.service), "username": text_of(entry.as_stored.username)}


def _left(left: LeftOut) -> dict[str, str | None]:
    return {"service": str(left.service), "username": text_of(left.username)}

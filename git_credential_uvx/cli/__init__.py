"""The command line for people, with click; no Git operation imports any of it."""

from __future__ import annotations

import sys

import click

from .. import __version__
from ..errors import printable
from .explain import explain

_HELP = """One credential store for Git and Python packaging.

Git runs this command by itself once it is set up:

\b
  git config --global credential.helper uvx

From then on Git finds what `uv auth login` stored, and keeps what you type at its prompt
where uv finds it.

\b
Git's own operations, which read a request from standard input:
  get         print the credential for it
  store       keep the credential in it
  erase       forget the credential in it, because the server refused it
  capability  print what this helper can do
"""


@click.group(help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="git-credential-uvx")
def command() -> None:
    pass


command.add_command(explain)


def main(arguments: list[str]) -> int:
    """Run the command line; the exit status."""
    if _is_unknown_operation(arguments):
        return 0
    try:
        status = command.main(arguments, prog_name="git-credential-uvx", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        # One line: what is wrong and what to do.
        return _failed(error.message)
    except UnicodeError:
        return _failed("an argument is not UTF-8")
    except OSError as error:
        return _failed((error.strerror or "an input or output error").lower())
    except click.Abort:
        return 130
    return int(status or 0)


def _failed(fault: str) -> int:
    click.echo(f"git-credential-uvx: {printable(fault)}", err=True)
    return 2


def _is_unknown_operation(arguments: list[str]) -> bool:
    """Whether Git asks for something that this version does not know.

    gitcredentials(7) wants helpers to ignore that without a word. A person, who sits at a
    terminal, is told about the typing error instead.
    """
    word = arguments[0] if arguments else ""
    at_terminal = sys.stdin is not None and sys.stdin.isatty()
    return not word.startswith("-") and word not in command.commands and not at_terminal

"""`completion`: what a shell reads to complete the words of this command."""

from __future__ import annotations

import click

from . import COMPLETION_VARIABLE
from .common import NAME, manners
from .shells import SHELLS


@click.command("completion")
@click.argument("shell", type=click.Choice(list(SHELLS)))
@manners
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print what makes SHELL complete the words of git-credential-uvx.

    Write it once to where the shell looks for it, and start a new one:

    \b
    bash  ~/.local/share/bash-completion/completions/git-credential-uvx
    zsh   _git-credential-uvx in a folder of $fpath, before compinit
    fish  ~/.config/fish/completions/git-credential-uvx.fish

    The file for bash needs the package bash-completion. Without it, put this into ~/.bashrc:

    \b
    source <(git-credential-uvx completion bash)
    """
    command = context.find_root().command
    script = SHELLS[shell](command, {}, NAME, COMPLETION_VARIABLE).source()
    click.echo(script, nl=False)

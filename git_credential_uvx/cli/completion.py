"""`completion`, and the words that shells offer for this command.

click works out the words, but its own scripts have gaps. In bash, a URL is cut at its colon, and
what is put into the line is not quoted. fish cuts a description at its first comma. A value after
`--option=` replaces the option.

Services and usernames come from the store. No secret is read into a word, and an error offers
nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

from ..stores.shared import SharedStore
from ..system.settings import from_process
from ..urls.usernames import as_typed
from .common import COMPLETION_VARIABLE, NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..stores.entries import Contents, Entry

_USERNAME = ("-u", "--username")
_LOCK_TIMEOUT = 0.5  # seconds that a person waits for the shell at most

# The program is called by its name alone: completing `./git-credential-uvx` must not start what a
# checkout has put there. `before` is the part of the word in front of what bash replaces. Git's own
# completion calls `_git_credential_uvx` for `git credential-uvx`, and tells bash to add no blank.
_BASH = """\
%(complete_func)s() {
    local line=${COMP_LINE:0:COMP_POINT} kind value before
    line=git-credential-uvx${line#*credential-uvx}
    before=${line##*[[:space:]]}
    before=${before%%"$2"}
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            plain) COMPREPLY+=("$(printf %%q "${value#"$before"}")") ;;
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
        esac
    done < <(env COMP_WORDS="$line" %(complete_var)s=bash_complete %(prog_name)s 2>/dev/null)
}

_git_credential_uvx() {
    compopt +o nospace 2>/dev/null
    %(complete_func)s git-credential-uvx "${COMP_WORDS[COMP_CWORD]}"
}

# Before 4.4 there is no `nosort`.
complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null ||
    complete -F %(complete_func)s %(prog_name)s
"""

_FISH = """\
function %(complete_func)s
    set -l found (env %(complete_var)s=fish_complete \
COMP_WORDS=(commandline -cp | string join " ") COMP_CWORD=(commandline -ct) \
%(prog_name)s 2>/dev/null)
    for item in $found
        set -l parts (string split --max 1 -- "," $item)
        switch $parts[1]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
            case plain
                printf '%%s\\n' $parts[2]
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


class _Whole(ShellComplete):
    """Completes the whole word, also where it holds an option and the start of its value."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        option, equals, start = incomplete.partition("=")
        if equals and option == "--username":
            found = complete_username(args, start)
        elif args and args[-1] in _USERNAME:
            return complete_username(args, incomplete)
        else:
            found = super().get_completions(args, incomplete)
        if equals and option.startswith("--") and "--" not in args:
            for item in found:
                if item.type == "plain":
                    item.value = f"{option}={item.value}"
        return found


class Bash(_Whole, BashComplete):
    source_template = _BASH

    def source(self) -> str:
        # click's own would start bash to ask for its version.
        return self.source_template % self.source_vars()

    def get_completion_args(self) -> tuple[list[str], str]:
        # With a letter more it makes no difference how the last word ends or is quoted.
        words = split_arg_string(os.environ["COMP_WORDS"] + "x")
        return words[1:-1], words[-1][:-1]


class Zsh(_Whole, ZshComplete):
    pass


class Fish(_Whole, FishComplete):
    source_template = _FISH


SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def register() -> None:
    """Let click answer these shells in this way."""
    for name, shell in SHELLS.items():
        add_completion_class(shell, name)


@click.command("completion")
@click.argument("shell", metavar="SHELL", type=click.Choice(list(SHELLS)))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print the script with which SHELL completes this command.

    Write it once to where the shell looks for it, and start a new shell:

    \b
    bash  ~/.local/share/bash-completion/completions/git-credential-uvx
    zsh   _git-credential-uvx in a folder of $fpath, before compinit
    fish  ~/.config/fish/completions/git-credential-uvx.fish

    The file for bash needs the package bash-completion. Without it, put this into ~/.bashrc:

    \b
    eval "$(git-credential-uvx completion bash)"
    """
    command = context.find_root().command
    script = SHELLS[shell](command, {}, NAME, COMPLETION_VARIABLE).source()
    click.echo(script, nl=False)


def complete_service(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The services with stored or erased accounts, each with its usernames."""
    known = _known()
    return [] if known is None else _items([*known.entries, *known.erased], incomplete)


def complete_url(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The services with stored credentials, each with its scheme."""
    known = _known()
    return [] if known is None else _items(known.entries, incomplete, scheme=True)


def complete_username(args: list[str], incomplete: str) -> list[CompletionItem[str]]:
    """The stored usernames, of the service that the line names or else of all."""
    known = _known()
    entries = [] if known is None else [*known.entries, *known.erased]
    named = [e for e in entries if any(words([str(e.service)], word) for word in args[1:] if word)]
    names = dict.fromkeys(as_typed(e.as_stored.username) for e in named or entries)
    return [CompletionItem(name) for name in names if name and name.startswith(incomplete)]


def complete_restorable(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The services of what Git erased or was refused, each with its usernames."""
    known = _known()
    if known is None:
        return []
    return _items([*known.erased, *(e for e in known.entries if e.hidden)], incomplete)


def _known() -> Contents | None:
    try:
        settings = from_process()
        settings.lock_timeout = min(settings.lock_timeout, _LOCK_TIMEOUT)
        return SharedStore(settings).entries()
    except Exception:
        # A message would stand in the middle of the line that a person types.
        return None


def _items(
    entries: Iterable[Entry], incomplete: str, *, scheme: bool = False
) -> list[CompletionItem[str]]:
    accounts: dict[str, list[str]] = {}
    for entry in entries:
        found = accounts.setdefault(str(entry.service), [])
        username = as_typed(entry.as_stored.username)
        if username and username not in found:
            found.append(username)
    return [
        CompletionItem(word, help=", ".join(accounts[service]) or None)
        for service, word in words(accounts, incomplete, scheme=scheme)
    ]


def words(
    services: Iterable[str], incomplete: str, *, scheme: bool = False
) -> list[tuple[str, str]]:
    """Each service whose word begins with `incomplete`, with that word.

    Like people, the words leave out `https://` and the last slash. A word has the scheme if the
    person typed it, or with `scheme`.
    """
    full = [(s, s.removesuffix("/") if s.count("/") == 3 else s) for s in services]
    short = [] if scheme else [(s, word.removeprefix("https://")) for s, word in full]
    for pairs in (short, full):
        found = [pair for pair in pairs if pair[1].startswith(incomplete)]
        if found:
            return found
    return []

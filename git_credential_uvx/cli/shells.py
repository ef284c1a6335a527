"""What bash, zsh and fish need for completing words; click works out the words.

click's own scripts for bash and fish have gaps that matter here: bash ends a word at a colon or
an equals sign, so a URL is cut; the text that it puts into the line is not quoted; fish cuts a
description at its first comma; a value after `--option=` takes the option's place.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from click.shell_completion import (
    BashComplete,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# The program is called by its name alone: completing `./git-credential-uvx` must not start what a
# checkout has put there. `before` is what stands in the word before the part that bash replaces.
_BASH = """\
%(complete_func)s() {
    local line=${COMP_LINE:0:COMP_POINT} kind value before
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
        found = super().get_completions(args, incomplete)
        option, equals, _ = incomplete.partition("=")
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

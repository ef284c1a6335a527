"""`import` names each file once, says what became of each line, and counts at the end."""

from __future__ import annotations

from pathlib import Path

from ..support.common import SECRET, cases
from ..support.machine import Machine

LINES = (
    f"https://alice:{SECRET}@git.test\n"
    "https://broken\n"
    f"https://bob:{SECRET}@h.test\n"
    "not a URL\n"
    "https://carol@h.test\n"
)


OTHER = (
    "the store has another secret for it; remove the line if its secret is the older one, or "
    "--replace overwrites the store's"
)


def put(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def run(machine: Machine, *words: str, status: int = 0) -> list[str]:
    done = machine.run("git-credential-uvx", "import", *words, cwd=machine.home, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert SECRET.encode() not in done.stdout + done.stderr
    return done.stdout.decode().splitlines()


def test_each_file_is_named_once_with_its_lines_and_the_totals(machine: Machine) -> None:
    machine.uv_login("h.test", "bob", SECRET)
    machine.uv_login("n.test", "dave", "CANARY-other")
    lines = put(machine.home / ".git-credentials", LINES)
    netrc = put(machine.home / ".netrc", f"machine n.test login dave password {SECRET}\n")
    assert run(machine, status=1) == [
        f"'{lines}':",
        "  imported        alice@https://git.test/, line 1",
        "  skipped         line 2: Git ignores it: it has no username",
        "  already stored  bob@https://h.test/, line 3",
        "  skipped         line 4: Git ignores it: it is not a URL",
        "  skipped         line 5: Git ignores it: it has no password",
        f"'{netrc}':",
        f"  skipped         dave@https://n.test/, line 1: {OTHER}",
        "1 imported, 1 already stored, 4 skipped",
    ]


def test_lines_that_git_ignores_stay_in_the_file_and_keep_nothing_else_there(
    machine: Machine,
) -> None:
    path = put(machine.home / ".git-credentials", LINES)
    shown = run(machine, "--delete-source")
    assert shown[-2:] == [
        "  the imported secrets were removed from the file",
        "2 imported, 3 skipped, 1 file edited",
    ]
    assert path.read_text() == "https://broken\nnot a URL\nhttps://carol@h.test\n"


def test_a_dry_run_says_which_files_would_be_changed(machine: Machine) -> None:
    lines = put(machine.home / ".git-credentials", LINES)
    netrc = put(machine.home / ".netrc", f"machine n.test login dave password {SECRET}\n")
    before = lines.read_text(), netrc.read_text()
    shown = run(machine, "--dry-run", "--delete-source")
    assert [line for line in shown if "would" in line] == [
        "  would be imported  alice@https://git.test/, line 1",
        "  would be imported  bob@https://h.test/, line 3",
        "  the imported secrets would be removed from the file",
        "  would be imported  dave@https://n.test/, line 1",
        "  the file would be removed",
        "3 would be imported, 3 skipped, 1 file would be edited, 1 file would be removed",
    ]
    assert (lines.read_text(), netrc.read_text()) == before
    assert machine.files() == {}


def test_a_dry_run_says_which_file_would_stay(machine: Machine) -> None:
    text = f"machine n.test login dave password {SECRET}\ndefault login x password CANARY\n"
    put(machine.home / ".netrc", text)
    shown = run(machine, "--dry-run", "--delete-source", status=1)
    assert "  the file would stay unchanged: line 2 is not imported" in shown


GOOD = f"machine {{}}.test login bob password {SECRET}\n"
B, C = GOOD.format("b"), GOOD.format("c")
UNKNOWN = "an unknown keyword (values with blanks need quotes)"

# A netrc file, the services that are imported, and the other lines.
BROKEN = {
    "a missing value before a good line": (
        f"machine a.test login alice password\n{B}{C}",
        ["b", "c"],
        ["line 1: 'password' without a value"],
    ),
    "a missing name before a good line": (
        f"machine\n{B}",
        ["b"],
        ["line 1: 'machine' without a value"],
    ),
    "a bad third line of an entry": (
        f"machine a.test\n  login alice\n  passwrd {SECRET}\n{B}",
        ["b"],
        [f"line 3: {UNKNOWN}; the entry that begins in line 1 is not imported"],
    ),
    "a bad entry on the line of a good one": (
        f"{B.strip()} machine a.test login alice passwd {SECRET}\n{C}",
        ["b", "c"],
        [f"line 1: {UNKNOWN}"],
    ),
    "two bad entries": (
        f"machine a.test port 0 login a password {SECRET}\n{B}machine x.test login {SECRET} 1 2\n",
        ["b"],
        ["line 1: a port that is not a number from 1 to 65535", f"line 3: {UNKNOWN}"],
    ),
    "an open quote": (
        f'{B}machine a.test login alice password "{SECRET}\n{C}',
        ["b"],
        ["line 2: a quote that does not end on its line; what follows it is not read"],
    ),
    "an entry in a macro": (
        f"macdef init\ncd /\n{B}\n{C}",
        ["c"],
        ["line 3: an entry in a macro, which ends at an empty line"],
    ),
}


@cases("case", BROKEN)
def test_a_broken_netrc_blames_its_own_line_and_the_rest_is_imported(
    machine: Machine, case: tuple[str, list[str], list[str]]
) -> None:
    text, names, faults = case
    put(machine.home / ".netrc", text)
    shown = run(machine, "--from", "netrc", status=2)
    imported = [line for line in shown if line.startswith("  imported")]
    assert [line.split()[1] for line in imported] == [f"bob@https://{n}.test/," for n in names]
    unreadable = [line.split(maxsplit=1)[1] for line in shown if line.startswith("  unreadable")]
    assert unreadable == faults
    assert len(shown) == 2 + len(names) + len(faults)
    assert shown[-1] == f"{len(names)} imported, {len(faults)} unreadable"


def test_the_totals_count_unreadable_files_and_name_several_lines(machine: Machine) -> None:
    path = put(machine.home / "netrc", f"machine a.test login a password\n{B}default\n")
    shown = run(
        machine, "--from", "netrc", "--delete-source", str(path), str(machine.home), status=2
    )
    assert "  the file stays unchanged: lines 1, 3 are not imported" in shown
    assert shown[-1] == "1 imported, 1 skipped, 1 unreadable, 1 file unreadable"


def test_an_unreadable_file_is_named_once(machine: Machine) -> None:
    shown = run(machine, "--from", "netrc", str(machine.home), status=2)
    assert shown == [f"unreadable '{machine.home}': it is not a file"]


def test_the_command_that_closes_a_file_can_be_pasted(machine: Machine) -> None:
    path = put(machine.root / "it's mine", LINES)
    path.chmod(0o644)
    words = ("git-credential-uvx", "import", "--from", "git-credentials", path)
    done = machine.run(*words)
    _, run_this, command = done.stderr.decode().strip().splitlines()[0].partition("; run ")
    assert run_this
    machine.run("sh", "-c", command)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_netrc_that_is_not_deleted_is_said_to_answer_first(machine: Machine) -> None:
    machine.run("git-credential-uvx", "setup")
    netrc = put(machine.home / ".netrc", f"machine n.test login dave password {SECRET}\n")
    done = machine.run("git-credential-uvx", "import", cwd=machine.home)
    warning = done.stderr.decode()
    assert f"from '{netrc}', line 1 for https://n.test/, before the stored one" in warning
    assert "run 'git-credential-uvx import --from netrc --delete-source'" in warning
    words = ("git-credential-uvx", "import", "--from", "netrc", "--delete-source")
    done = machine.run(*words, cwd=machine.home)
    assert b"warning" not in done.stderr
    assert not netrc.exists()


def test_the_long_name_of_a_stored_account_is_no_token(machine: Machine) -> None:
    machine.uv_login("git.test", "alice-the-administrator", SECRET)
    pip = machine.home / ".config" / "pip" / "pip.conf"
    pip.parent.mkdir(parents=True)
    put(pip, "[global]\nindex-url = https://alice-the-administrator@git.test/simple\n")
    (_, line, _) = run(machine, "--from", "pip", status=1)
    reason = "its URL has the login name of a stored account, and no password"
    assert line == f"  skipped  line 2: {reason}"


def test_many_lines_of_one_netrc_are_one_warning(machine: Machine) -> None:
    text = "".join(f"machine n{n}.test login a password p{n}\n" for n in range(40))
    put(machine.home / ".netrc", text)
    machine.git("config", "--global", "credential.helper", "uvx")
    done = machine.run("git-credential-uvx", "import", "--from", "netrc", cwd=machine.home)
    netrc = machine.home / ".netrc"
    first, second = done.stderr.decode().splitlines()[1:]
    assert first == (
        f"warning: Git and uv will get the entries of '{netrc}' for https://n0.test/, "
        "https://n1.test/ and 18 others, before the stored ones; run "
        "'git-credential-uvx import --from netrc --delete-source'"
    )
    assert second.startswith("warning: 20 more services were not looked at")


def test_many_different_warnings_are_counted(machine: Machine) -> None:
    text = "".join(f"machine n{n}.test login a password p{n}\n" for n in range(7))
    path = put(machine.home / "netrc", text)
    machine.git("config", "--global", "credential.helper", "uvx")
    machine.env |= {f"UVX_TOKEN_n{n}_test": SECRET for n in range(7)}
    done = machine.run("git-credential-uvx", "import", "--from", "netrc", path, cwd=machine.home)
    assert done.stderr.count(b"warning:") == 6
    assert b"warning: 2 more warnings; 'git-credential-uvx explain HOST'" in done.stderr


def test_a_line_that_could_not_be_deleted_is_to_be_removed_by_hand(machine: Machine) -> None:
    machine.run("git-credential-uvx", "setup")
    lines = "machine a.test login alice password ****\nmachine b.test login alice password {}\n"
    put(machine.home / ".netrc", lines.format(SECRET))
    command = ("git-credential-uvx", "import", "--from", "netrc", "--delete-source")
    done = machine.run(*command, check=False)
    assert done.returncode == 1
    assert b"the file stays unchanged" in done.stdout
    assert b"for https://b.test/, before the stored one; remove that line\n" in done.stderr
    assert b"run 'git-credential-uvx import" not in done.stderr


def test_services_that_were_not_looked_at_are_counted(machine: Machine) -> None:
    lines = "".join(f"machine h{n}.test login alice password {SECRET}\n" for n in range(25))
    put(machine.home / ".netrc", lines)
    command = ("git-credential-uvx", "import", "--from", "netrc")
    done = machine.run(*command)
    assert b"5 more services were not looked at; 'git-credential-uvx explain HOST'" in done.stderr
    assert machine.run(*command, "--quiet").stderr == b""

"""`sanitize --history`: secrets in past commits, each with the commit that brought it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..support.common import SECRET, cases
from ..support.machine import Machine
from ..support.sanitizing import CLEAN, LINE, URL, checkout, commit, put, sanitize

FOUND = "1:16: password in URL: https://****@git.test/simple/"
OTHER = "https://bob:CANARY-other@other.test/"


@pytest.fixture
def folder(machine: Machine) -> Path:
    """A checkout whose second commit brought a secret, which the third one removed."""
    folder = checkout(machine)
    put(folder / "README", "nothing\n")
    commit(machine, folder)
    put(folder / "sub" / "a.toml")
    commit(machine, folder)
    put(folder / "sub" / "a.toml", f'url = "{CLEAN}"\n')
    commit(machine, folder)
    return folder


def short(machine: Machine, folder: Path, name: str) -> str:
    return machine.git("rev-parse", name, cwd=folder)[:12]


def history(
    machine: Machine, folder: Path, *words: str, status: int = 1
) -> tuple[list[str], list[str]]:
    """The lines of standard output and standard error."""
    output, errors = sanitize(machine, "--history", *words, status=status, cwd=folder)
    return output.splitlines(), errors.splitlines()


def test_a_removed_secret_is_found_in_the_commit_that_brought_it(
    machine: Machine, folder: Path
) -> None:
    output, errors = history(machine, folder)
    assert output == [f"{short(machine, folder, 'HEAD~1')}:sub/a.toml:{FOUND}"]
    assert errors[0] == "1 secret in 1 commit"
    assert "revoke" in errors[1]
    assert "rewriting the history is not enough" in errors[1]
    assert len(errors) == 2


def test_write_says_that_a_past_commit_is_not_changed(machine: Machine, folder: Path) -> None:
    _, errors = history(machine, folder, "--write", status=2)
    assert "'--history' writes nothing: revoke each secret that it finds;" in errors[-1]


@pytest.mark.parametrize("one", ["HEAD~9..HEAD", "HEAD~9", "main...no-such", "..no-such"])
def test_an_unknown_range_is_shown(machine: Machine, folder: Path, one: str) -> None:
    _, (error,) = history(machine, folder, one, status=2)
    assert f"'{one}' is neither a commit of this repository nor a range" in error


@pytest.mark.parametrize("one", [URL, SECRET, f"..{URL}", f"{SECRET}-{'x' * 40}..HEAD"])
def test_what_may_be_a_secret_in_the_place_of_a_range_is_not_shown(
    machine: Machine, folder: Path, one: str
) -> None:
    _, (error,) = history(machine, folder, one, status=2)
    assert "RANGE is neither a commit" in error


def test_each_secret_of_a_file_is_reported_once(machine: Machine, folder: Path) -> None:
    before = history(machine, folder)[0]
    for text in ("# more\n", f"# more\nx = '{OTHER}'\n", "# less\n"):
        put(folder / "sub" / "a.toml", LINE + text)
        commit(machine, folder)
    put(folder / "copy.toml")
    commit(machine, folder)
    output, errors = history(machine, folder)
    brought = short(machine, folder, "HEAD~2")
    assert output == [
        *before,
        f"{brought}:sub/a.toml:3:14: password in URL: https://****@other.test/",
    ]
    assert errors[0] == "2 secrets in 2 commits"


def test_all_branches_and_tags_are_searched_unless_a_range_is_given(
    machine: Machine, folder: Path
) -> None:
    machine.git("checkout", "--quiet", "-b", "feature", cwd=folder)
    put(folder / "b.toml", OTHER)
    commit(machine, folder)
    machine.git("checkout", "--quiet", "main", cwd=folder)
    assert len(history(machine, folder)[0]) == 2
    assert len(history(machine, folder, "main")[0]) == 1
    (line,) = history(machine, folder, "main..feature")[0]
    assert line.startswith(f"{short(machine, folder, 'feature')}:b.toml:1:")
    assert len(history(machine, folder, "feature", "^main")[0]) == 1
    output, errors = history(machine, folder, "main~1..main", status=0)
    assert (output, errors) == ([], ["no secrets found in 1 version of files"])


def test_what_a_merge_brings_is_found(machine: Machine, folder: Path) -> None:
    put(folder / "both", "main\n")
    commit(machine, folder)
    machine.git("checkout", "--quiet", "-b", "feature", "HEAD~1", cwd=folder)
    put(folder / "both", "feature\n")
    commit(machine, folder)
    machine.git("merge", "--quiet", "main", cwd=folder, check=False)
    put(folder / "both", f"{OTHER}\n")
    commit(machine, folder)
    (line,) = history(machine, folder, "feature", "^feature~1", "^main")[0]
    assert line.startswith(f"{short(machine, folder, 'HEAD')}:both:1:")


def test_a81_what_a_replacement_hides_is_found(machine: Machine, folder: Path) -> None:
    clean = machine.git("rev-parse", "HEAD:README", cwd=folder).strip()
    hidden = machine.git("rev-parse", "HEAD~1:sub/a.toml", cwd=folder).strip()
    machine.git("replace", hidden, clean, cwd=folder)
    assert len(history(machine, folder)[0]) == 1


def test_files_that_are_no_text_are_skipped(machine: Machine, folder: Path) -> None:
    (folder / "link").symlink_to(OTHER)
    put(folder / "binary", b"\0" + OTHER.encode())
    machine.git("init", "--quiet", folder / "module")
    put(folder / "module" / "b.toml", OTHER)
    commit(machine, folder / "module")
    commit(machine, folder)
    assert len(history(machine, folder)[0]) == 1


def test_a_large_file_is_searched_to_its_end(machine: Machine, folder: Path) -> None:
    put(folder / "large.txt", "# a line\n" * 400_000 + OTHER)
    put(folder / "larger.bin", b"\0" * 20_000_000)
    put(folder / "zlast.txt", "https://carol:CANARY-last@last.test/")
    commit(machine, folder)
    output = history(machine, folder, "HEAD~1..HEAD")[0]
    assert [line.split(":")[1:3] for line in output] == [
        ["large.txt", "400001"],
        ["zlast.txt", "1"],
    ]


@cases("form", {"json": "json", "sarif": "sarif"})
def test_a_report_for_programs_names_the_commit(machine: Machine, folder: Path, form: str) -> None:
    whole = machine.git("rev-parse", "HEAD~1", cwd=folder).strip()
    document = json.loads("\n".join(history(machine, folder, "--format", form)[0]))
    if form == "json":
        (finding,) = document["findings"]
        assert (finding["path"], finding["commit"]) == ("sub/a.toml", whole)
    else:
        (result,) = document["runs"][0]["results"]
        assert result["properties"] == {"commit": whole}


def test_a_baseline_and_patterns_leave_findings_out(machine: Machine, folder: Path) -> None:
    put(folder / "sub" / "a.toml")
    sanitize(machine, "--baseline", "b.json", "--update-baseline", cwd=folder)
    assert history(machine, folder, "--baseline", "b.json", status=0)[0] == []
    assert history(machine, folder, "--exclude", "sub/*", status=0)[0] == []


def test_a_shallow_clone_is_not_searched_as_a_whole(machine: Machine, folder: Path) -> None:
    other = machine.root / "other"
    machine.git("clone", "--quiet", "--depth=1", f"file://{folder}", other)
    output, errors = history(machine, other, status=2)
    assert output == []
    assert "".join(errors) == (
        "git-credential-uvx: not searched: the history ends at 1 commit, because this clone is "
        "shallow; 'git fetch --unshallow' gets the rest"
    )
    machine.git("fetch", "--quiet", "--unshallow", cwd=other)
    assert len(history(machine, other)[0]) == 1


def test_a_json_report_says_what_was_not_searched(machine: Machine, folder: Path) -> None:
    assert json.loads("".join(history(machine, folder, "--json")[0]))["notes"] == []
    other = machine.root / "other"
    machine.git("clone", "--quiet", "--depth=1", f"file://{folder}", other)
    report = json.loads("".join(history(machine, other, "--json", status=2)[0]))
    (note,) = report["notes"]
    assert note.startswith("not searched: the history ends at 1 commit")
    assert report["findings"] == []


def test_a_range_of_a_shallow_clone_can_be_searched_as_a_whole(
    machine: Machine, folder: Path
) -> None:
    other = machine.root / "other"
    machine.git("clone", "--quiet", "--depth=2", f"file://{folder}", other)
    assert history(machine, other, "HEAD~1..HEAD", status=0)[0] == []


@cases("name", {"a commit": "HEAD", "all": "HEAD~1\nHEAD"})
def test_a_planted_end_of_the_history_is_not_a_clean_history(
    machine: Machine, folder: Path, name: str
) -> None:
    hashes = [machine.git("rev-parse", one, cwd=folder).strip() for one in name.split("\n")]
    (folder / ".git" / "shallow").write_text("".join(f"{one}\n" for one in hashes))
    _, errors = history(machine, folder, status=2)
    assert any("because this clone is shallow" in line for line in errors)


def test_a_shallow_file_that_git_cannot_read_is_an_error(machine: Machine, folder: Path) -> None:
    (folder / ".git" / "shallow").write_text("garbage\n")
    _, errors = history(machine, folder, status=2)
    assert "git cannot read the whole history" in errors[0]


def test_a_commit_graph_without_parents_hides_nothing(machine: Machine, folder: Path) -> None:
    machine.git("commit-graph", "write", "--reachable", cwd=folder)
    path = folder / ".git" / "objects" / "info" / "commit-graph"
    graph = bytearray(path.read_bytes())
    count = graph[6]  # chunks, whose table follows: a name of 4 bytes, an offset of 8
    table = {bytes(graph[at : at + 4]): at + 4 for at in range(8, 8 + 12 * count, 12)}
    start = int.from_bytes(graph[table[b"CDAT"] : table[b"CDAT"] + 8], "big")
    for number in range(3):
        at = start + number * 36 + 20
        graph[at : at + 4] = (0x70000000).to_bytes(4, "big")
    path.chmod(0o600)
    path.write_bytes(graph)
    assert machine.git("rev-list", "--count", "HEAD", cwd=folder).strip() == "1"
    assert len(history(machine, folder)[0]) == 1


def test_a80_a_partial_clone_fetches_nothing_and_says_what_was_not_searched(
    machine: Machine, folder: Path
) -> None:
    machine.git("config", "uploadpack.allowFilter", "true", cwd=folder)
    other = machine.root / "other"
    machine.git("clone", "--quiet", "--filter=blob:none", f"file://{folder}", other)
    packs = sorted(path.name for path in (other / ".git" / "objects").rglob("*"))
    output, errors = history(machine, other, status=2)
    assert output == []
    assert "not searched: 1 version of files that this partial clone lacks" in errors[0]
    assert sorted(path.name for path in (other / ".git" / "objects").rglob("*")) == packs
    machine.git("fetch", "--quiet", "--refetch", "--no-filter", cwd=other)
    assert len(history(machine, other)[0]) == 1


@cases(
    "words",
    {
        "no commit": ("nothing",),
        "no range": ("main..nothing",),
        "an option": ("--", "--output=x"),
        "an option in the middle": ("main", "--", "--upload-pack=touch x"),
        "a secret": (URL,),
        "an empty word": ("",),
        "to write": ("--write",),
        "a diff": ("--diff",),
        "a workflow's annotations": ("--format", "github"),
    },
)
def test_a80_what_is_no_range_is_refused_in_one_line(
    machine: Machine, folder: Path, words: tuple[str, ...]
) -> None:
    before = sorted(folder.rglob("*"))
    output, errors = history(machine, folder, *words, status=2)
    assert (output, len(errors)) == ([], 1)
    assert SECRET not in errors[0]
    assert sorted(folder.rglob("*")) == before


def test_outside_of_a_repository_and_before_the_first_commit_it_says_so(machine: Machine) -> None:
    _, errors = sanitize(machine, "--history", status=2)
    assert f"'{machine.home}' is not in a repository of Git's" in errors
    output, _ = sanitize(machine, "--history", cwd=checkout(machine))
    assert output == ""


def loose(machine: Machine, folder: Path, name: str) -> tuple[str, Path]:
    """The hash of an object and its file."""
    found = machine.git("rev-parse", name, cwd=folder).strip()
    return found, folder / ".git" / "objects" / found[:2] / found[2:]


@cases(
    "name, wanted",
    {
        "a blob": ("HEAD:sub/a.toml", "'{0}:sub/a.toml': object {1} is missing or damaged; "),
        "a tree": ("HEAD^{{tree}}", "object {1} is missing or damaged; "),
        "a commit": ("HEAD~1", "object {1} is missing or damaged; "),
    },
)
@pytest.mark.parametrize("damage", ["garbage", "empty", "gone", "cut", "another kind"])
def test_what_is_damaged_is_named(
    machine: Machine, folder: Path, name: str, wanted: str, damage: str
) -> None:
    commit_hash = short(machine, folder, "HEAD")
    found, path = loose(machine, folder, name.format())
    _, other = loose(machine, folder, "HEAD~1^{tree}" if "toml" in name else "HEAD:README")
    kinds = {
        "garbage": b"x" * 50,
        "empty": b"",
        "cut": path.read_bytes()[:20],
        "another kind": other.read_bytes(),
    }
    path.unlink()
    if damage in kinds:
        path.write_bytes(kinds[damage])
    _, errors = history(machine, folder, status=2)
    line = next(line for line in errors if "damaged" in line)
    assert wanted.format(commit_hash, found) in line
    assert "'git fsck' shows what is missing or damaged" in line
    assert "partial clone" not in "".join(errors)
    assert not any("no secrets found" in line for line in errors)


def test_what_was_found_before_the_damage_is_reported(machine: Machine, folder: Path) -> None:
    before = history(machine, folder)[0]
    loose(machine, folder, "HEAD^{tree}")[1].unlink()
    output, errors = history(machine, folder, status=2)
    assert output == before
    assert "1 secret in 1 commit" in errors


def test_the_files_after_a_damaged_one_are_searched(machine: Machine, folder: Path) -> None:
    big = put(folder / "big.txt", "".join(f"{n} {n * n}\n" for n in range(300_000)))
    commit(machine, folder)
    put(folder / "later.toml", f"x = '{OTHER}'\n")
    commit(machine, folder)
    _, path = loose(machine, folder, f"HEAD:{big.name}")
    path.chmod(0o600)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    output, errors = history(machine, folder, status=2)
    assert [line.split(":")[1] for line in output] == ["sub/a.toml", "later.toml"]
    assert sum("damaged" in line for line in errors) == 1


def test_a_damaged_repository_is_an_error(machine: Machine, folder: Path) -> None:
    tree = machine.git("rev-parse", "HEAD~1^{tree}", cwd=folder).strip()
    (folder / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    _, errors = history(machine, folder, status=2)
    assert "git cannot read the whole history" in errors[0]


def test_what_is_searched_and_what_is_not(machine: Machine, folder: Path) -> None:
    before = history(machine, folder)[0]
    machine.git("notes", "add", "-m", OTHER, cwd=folder)
    put(folder / "README", f"{OTHER.replace('other', 'stash')}\n")
    machine.git("stash", cwd=folder)
    machine.git("commit", "-q", "--allow-empty", "-m", f"message {OTHER}", cwd=folder)
    machine.git("tag", "-a", "v1", "-m", f"tag {OTHER}", cwd=folder)
    (folder / "link").symlink_to(OTHER)
    commit(machine, folder)
    assert len(history(machine, folder)[0]) == len(before) + 2  # the note and the stash
    messages = machine.run("git", "log", "--all", "--format=%B", cwd=folder).stdout
    output, _ = sanitize(machine, "--check", "-", input=messages, status=1)
    assert "https://****@other.test/" in output


def test_the_same_content_is_judged_for_each_of_its_paths(machine: Machine, folder: Path) -> None:
    before = history(machine, folder)[0]
    for name in ("README.md", "requirements.txt"):
        put(folder / name, "https://u:$CANARYw0rd@h.test/x\n")
    commit(machine, folder)
    found = history(machine, folder)[0]
    assert [one for one in found if one not in before], "only requirements.txt fills in no template"


def test_a_bare_repository_is_named_with_a_command_that_works(
    machine: Machine, folder: Path
) -> None:
    bare = machine.root / "a b.git"
    machine.git("clone", "--quiet", "--bare", folder, bare)
    _, errors = sanitize(machine, "--history", status=2, cwd=bare)
    command = f"GIT_DIR='{bare}' git-credential-uvx sanitize --history"
    assert f"'{bare}' is a bare repository; run {command}" in errors
    done = machine.run("sh", "-c", command, check=False)
    assert b"1 secret in 1 commit" in done.stderr

"""The checks of git, uv, this program on PATH, and what Git is configured to ask."""

from __future__ import annotations

import os
import re
import sys

from .. import __version__
from ..errors import ServiceError, UvxError
from ..git.config import Standing, is_ours, place, program_of
from ..git.questions import GitQuestions
from ..git.setup import PROGRAM, is_found, old_git, python_path_fault, settings_now
from ..stores.shared import SharedStore
from ..system.programs import absolute_folders, find_program, run, run_git
from ..urls.service import service_from_url
from .verdicts import NOTE, OK, PROBLEM, Case, Host, Path, Program, Text, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..git.config import GitSetting
    from .verdicts import Part

_VERSION = re.compile(r"[0-9]+\.[0-9A-Za-z.+-]{1,40}")
_TIMEOUT = 10.0  # seconds
_MOST_HOSTS = 200  # of which Git's configuration is looked at
_NO_HEADER = "remove that setting, and log in with its password or token"


def this_program(case: Case) -> Iterator[Verdict]:
    """Which version runs, on which Python."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield Verdict(
        "program",
        OK,
        f"{PROGRAM} {__version__}, Python {python} ({{0}}), {sys.platform}",
        (Path(sys.executable),),
    )


def on_path(case: Case) -> Iterator[Verdict]:
    """Whether git finds this program, and whether another version stands before or after it."""
    environ = case.settings.environ
    found: dict[str, str] = {}
    for folder in absolute_folders(environ.get("PATH", "")):
        path = os.path.join(folder, PROGRAM)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            found.setdefault(os.path.realpath(path), path)
    paths = list(found.values())
    if not paths:
        level = NOTE if is_found(environ) else PROBLEM
        advice = f"add the folder of {PROGRAM} to PATH, or run 'uv tool install .' in a checkout"
        yield Verdict("PATH", level, f"{PROGRAM} is not on PATH", advice=advice)
        return
    versions = [_version(path, case) for path in paths]
    if versions[0] is None:
        advice = f"run 'uv tool install --force {PROGRAM}', or remove that file"
        yield Verdict("PATH", PROBLEM, "{0} does not run", (Path(paths[0]),), advice)
        return
    yield Verdict("PATH", OK, f"{PROGRAM} is {{0}}", (Path(paths[0]),))
    for path, version in zip(paths[1:], versions[1:], strict=True):
        same = version == versions[0]
        what = "the same version" if same else f"another version ({version or 'it does not run'})"
        yield Verdict(
            "PATH",
            NOTE if same else PROBLEM,
            f"{{0}} is {what}; Git runs {{1}}",
            (Path(path), Path(paths[0])),
            "remove one of them",
        )
    if versions[0] != __version__:
        yield Verdict(
            "PATH",
            PROBLEM,
            f"{{0}} is version {versions[0]}, and this is {__version__}",
            (Path(paths[0]),),
            "remove one of them",
        )


def _version(path: str, case: Case) -> str | None:
    """The version that a program reports; None if it does not run."""
    try:
        done = run((path, "--version"), timeout=_TIMEOUT, environ=case.settings.environ)
    except UvxError:
        return None
    words = done.stdout.decode(errors="replace").split()
    return _number(words[-1]) if done.status == 0 and words else None


def _number(text: str) -> str:
    """The version that a program reports, safe in a template. Any program can have its name."""
    return text if _VERSION.fullmatch(text) else "of an unknown version"


def git(case: Case) -> Iterator[Verdict]:
    """Which git runs."""
    environ = case.settings.environ
    try:
        path = find_program("git", environ.get("PATH", ""))
        done = run_git(("--version",), environ)
    except UvxError as error:
        yield Verdict("git", PROBLEM, "{0}", (Text(str(error)),), "install git")
        return
    words = done.stdout.decode(errors="replace").split()
    version = _number(words[2]) if len(words) > 2 else "of an unknown version"
    old = old_git(environ)
    level = OK if old is None else PROBLEM
    advice = "" if old is None else "install git 2.31 or newer"
    yield Verdict("git", level, f"git {version} ({{0}})", (Path(path),), advice)


def uv(case: Case) -> Iterator[Verdict]:
    """Which uv runs; Git needs none."""
    environ = case.settings.environ
    try:
        path = find_program("uv", environ.get("PATH", ""))
    except UvxError as error:
        yield Verdict("uv", NOTE, "{0}; Git works without it", (Text(str(error)),))
        return
    try:
        done = run((path, "--version"), timeout=_TIMEOUT, environ=environ)
    except UvxError as error:
        yield Verdict("uv", PROBLEM, "{0}", (Text(str(error)),), "install uv again")
        return
    words = done.stdout.decode(errors="replace").split()
    version = _number(words[1]) if len(words) > 1 else "of an unknown version"
    yield Verdict("uv", OK, f"uv {version} ({{0}})", (Path(path),))


def helpers(case: Case) -> Iterator[Verdict]:
    """Which helpers Git asks, in their order, and whether this one is reached."""
    try:
        settings = settings_now(case.settings.environ, lambda _: None)
    except UvxError as error:
        yield Verdict("helpers", PROBLEM, "{0}", (Text(str(error)),), "repair Git's configuration")
        return
    set_up = [s for s in settings if (s.section, s.key) == ("credential", "helper")]
    for number, setting in enumerate(set_up, 1):
        yield _listed(number, setting)
    standing = Standing(settings, None)
    if standing.fault:
        named = any(is_ours(setting.value) for setting in set_up)
        level = NOTE if named else PROBLEM
        text = "for a host that no section names: {0}" if named else "{0}"
        advice = f"run '{PROGRAM} setup'" if standing.header is None else _NO_HEADER
        yield Verdict("helpers", level, text, (Text(standing.fault),), advice)
    else:
        for note in standing.notes():
            advice = f"run '{PROGRAM} setup --replace'" if standing.before else ""
            yield Verdict("helpers", NOTE, "{0}", (Text(note),), advice)
    yield from _hosts(case, set_up)


def _listed(number: int, setting: GitSetting) -> Verdict:
    """The line about one helper: what it is, for which hosts, and where it is configured."""
    where = Text(place(setting)) if setting.scope == "command" else Path(_file(setting))
    quote = "" if setting.scope == "command" else "'"
    named = "" if setting.name is None else "for {1} "
    text = f"{number}. {_what(setting)} {named}({quote}{{0}}{quote})"
    name = program_of(setting.value)
    programs = (Program(name),) if name else ()
    return Verdict("helpers", OK, text, (where, _named(setting), *programs))


def _file(setting: GitSetting) -> str:
    return setting.origin.removeprefix("file:")


def _named(setting: GitSetting) -> Host | Text:
    name = setting.name or ""
    return Host(name) if name and "@" not in name else Text("a URL with a username")


def _what(setting: GitSetting) -> str:
    """What a helper is; its program is the last part."""
    if not setting.value:
        return "an empty value, which clears those before it"
    if is_ours(setting.value):
        return "this helper"
    return "the helper '{2}'" if program_of(setting.value) else "another helper"


def _hosts(case: Case, set_up: list[GitSetting]) -> Iterator[Verdict]:
    """The hosts with stored entries, or with helpers of their own, for which Git does not ask."""
    realms: dict[str, None] = {}
    for setting in set_up:
        try:
            service = service_from_url(setting.name or "")
        except ServiceError:
            continue
        if service is not None:
            realms[service.realm] = None
    try:
        for entry in SharedStore(case.settings).entries().entries:
            realms[entry.service.realm] = None
    except UvxError:
        pass  # the check of the store reports it
    questions = GitQuestions(case.settings)
    for realm in list(realms)[:_MOST_HOSTS]:
        found = questions.question(f"{realm}/")
        standing = found.standing
        if standing is None or (standing.fault and not standing.header and not standing.cleared):
            continue  # the same fault as for every other host, or no question at all
        if found.reason:
            host = found.remedy[-1:] if "--host" in found.remedy else []
            words = [*found.remedy[: len(found.remedy) - len(host)], *["{2}"] * len(host)]
            advice = f"run '{' '.join([PROGRAM, *words])}'" if words else ""
            advice = _NO_HEADER if standing.header is not None else advice
            parts: tuple[Part, ...] = (Host(realm), Text(found.reason), *map(Host, host))
            yield Verdict("helpers", PROBLEM, "for {0}: {1}", parts, advice)


def python_path(case: Case) -> Iterator[Verdict]:
    """Whether a checkout can choose what Python programs import."""
    fault = python_path_fault(case.settings.environ)
    if fault is not None:
        yield Verdict("PYTHONPATH", NOTE, "{0}", (Text(fault),))

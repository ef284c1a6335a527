"""The check of the filters that Git runs on the files of a commit."""

from __future__ import annotations

import re

from ..errors import UvxError
from ..git.setup import PROGRAM, settings_now
from ..system.settings import truth
from .verdicts import OK, PROBLEM, Case, Path, Text, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..git.config import GitSetting

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


def filters(case: Case) -> Iterator[Verdict]:
    """Whether Git stops where one of our filters reports an error."""
    try:
        settings = settings_now(case.settings.environ, lambda _: None)
    except (UvxError, FileNotFoundError):  # the latter if the working directory is gone
        return  # which the check of the helpers reports
    named: dict[str, dict[str, GitSetting]] = {}
    for setting in settings:
        if setting.section == "filter" and setting.name is not None:
            named.setdefault(setting.name, {})[setting.key] = setting
    for name, one in named.items():
        runs = [one[key] for key in ("process", "clean") if key in one]
        if not runs or not any(PROGRAM in setting.value for setting in runs):
            continue
        where = Path(runs[0].origin.removeprefix("file:"))
        if "required" in one and truth(one["required"].value) is True:
            yield Verdict("filter", OK, "the filter '{0}' ({1})", (Text(name), where))
            continue
        what = "the filter '{0}' ({1}) is not required, so Git adds a file with its secret if the "
        setting_name = f"filter.{name}.required" if _PLAIN.fullmatch(name) else ""
        advice = f"run 'git config --global {setting_name} true'" if setting_name else ""
        yield Verdict(
            "filter", PROBLEM, what + "filter reports an error", (Text(name), where), advice
        )

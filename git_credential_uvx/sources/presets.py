"""Commands that give a secret: entries of the configuration, and presets.

A preset passes the host of the request as an argument. Like every program, it gets none of the
variables with a secret for one host or one job (`secret_variables`): with GH_TOKEN set, gh would
answer with that for every host. An entry can name variables that its program needs.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..urls.pattern import Pattern
    from ..urls.service import Service

TIMEOUT = 30.0  # seconds
TTL = 300  # seconds that a secret of unknown end is kept

_AZURE_DEVOPS = "499b84ac-1321-427f-aa17-267ca6975798"  # the application's own, the same for all


class CommandPlan:
    """What to run, and how to read the output.

    `expiry` is "" (the secret is valid for `ttl` seconds), "jwt" (the secret is one and contains
    its expiry) or "json:FIELD". `field` names the secret in JSON output; it is "" for plain output.
    A field's name has dots where objects are nested.
    """

    __slots__ = ("argv", "expiry", "field", "ttl")

    def __init__(
        self,
        argv: tuple[str, ...],
        *,
        ttl: int = TTL,
        expiry: str = "",
        field: str = "",
    ) -> None:
        self.argv = argv
        self.ttl = ttl
        self.expiry = expiry
        self.field = field


class Command:
    """One `[[command]]`: a plan or a preset's name for the services that its pattern matches.

    `username` is None if any will do. `env` are variables with secrets that the program needs.
    `timeout` is in seconds, and `line` is the line of the entry.
    """

    __slots__ = ("env", "line", "match", "plan", "preset", "timeout", "username")

    def __init__(
        self,
        match: Pattern,
        plan: CommandPlan | None,
        *,
        preset: str = "",
        username: bytes | None = None,
        env: tuple[str, ...] = (),
        timeout: float = TIMEOUT,
        line: int = 0,
    ) -> None:
        self.match = match
        self.plan = plan
        self.preset = preset
        self.username = username if username is not None else USERNAMES.get(preset)
        self.env = env
        self.timeout = timeout
        self.line = line

    def plan_for(self, service: Service) -> CommandPlan | None:
        """What to run for a service; None if the preset is not for its host."""
        return self.plan if self.plan is not None else PRESETS[self.preset](service)


# The services that want a username of their own with these tokens; others take any.
USERNAMES = {"gcloud": b"oauth2accesstoken", "aws-codeartifact": b"aws"}


def _gcloud(service: Service) -> CommandPlan:
    return CommandPlan(
        ("gcloud", "config", "config-helper", "--format=json"),
        expiry="json:credential.token_expiry",
        field="credential.access_token",
    )


def _codeartifact(service: Service) -> CommandPlan | None:
    # Hosts are DOMAIN-OWNER.d.codeartifact.REGION.amazonaws.com, an owner is twelve digits.
    labels = service.host.split(".")
    domain, dash, owner = labels[0].rpartition("-")
    known = labels[1:3] == ["d", "codeartifact"] and labels[4:] == ["amazonaws", "com"]
    if not known or not dash or len(owner) != 12 or not owner.isdigit():
        return None
    place = (f"--domain={domain}", f"--domain-owner={owner}", f"--region={labels[3]}")
    return CommandPlan(
        ("aws", "codeartifact", "get-authorization-token", *place, "--output=json"),
        expiry="json:expiration",
        field="authorizationToken",
    )


def _azure(service: Service) -> CommandPlan:
    # az's own fields with the expiry are in local time, or missing in older versions.
    ask = ("account", "get-access-token", "--resource", _AZURE_DEVOPS)
    return CommandPlan(("az", *ask, "--query=accessToken", "--output=tsv"), expiry="jwt")


def _gh(service: Service) -> CommandPlan:
    return CommandPlan(("gh", "auth", "token", f"--hostname={service.authority}"))


def _glab(service: Service) -> CommandPlan:
    return CommandPlan(("glab", "config", "get", "token", f"--host={service.authority}"))


PRESETS = {
    "gcloud": _gcloud,
    "aws-codeartifact": _codeartifact,
    "az": _azure,
    "gh": _gh,
    "glab": _glab,
}

"""Ask real servers about credentials. Nothing is stored, changed or uploaded.

Every request goes through the clients of `http`, so policies, redirects and trust are those of any
other request. For Git, the questions are in Git's own protocol, version 2.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from time import time
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import httpx

from ..credential import Credential
from ..errors import RedirectError, UvxError
from ..explanation import explain
from ..git.questions import GitQuestions
from ..http import Hop, Try, async_client
from ..http.challenges import authorization
from ..stores.entries import candidates
from ..stores.shared import SharedStore
from ..urls.conventions import convention_for, username_for
from .facts import Facts
from .messages import State, Verdict, unreachable
from .probes import ADVERTISEMENT, as_kind, at_place, fault_of, speaks_git
from .targets import CheckTarget, places
from .verdict import best, is_challenge, is_unspoken, judge, probed

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine
    from typing import Any

    from ..http import AsyncClient
    from ..system.settings import Settings
    from ..urls.service import Service
    from .probes import ServerAnswer

TIMEOUT = 30.0  # seconds for one URL with all its redirects

_SIGN_IN = frozenset(("login", "signin", "sign_in", "sign-in", "_signin", "oauth2", "sso", "saml"))
_USES = {"git": "git", "publish": "publish"}


@dataclass(slots=True, kw_only=True)
class CheckOptions:
    """How servers are asked: what the options of a command say."""

    system_certs: bool | None = None
    insecure_hosts: Collection[str] = ()
    clear_hosts: Collection[str] = ()
    timeout: float = TIMEOUT


@dataclass(slots=True, eq=False)
class CheckResult:
    """The result of one check: its verdict, and the hops, warnings and notes on the way.

    `bare` is the status of a further request without a credential, None if there was none.
    """

    service: Service
    kind: str
    username: bytes | None = field(default=None, repr=False)
    hops: list[Hop] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bare: int | None = None
    verdict: Verdict = field(default_factory=lambda: Verdict(State.UNKNOWN, "unasked"))


class Checker:
    """Runs checks, many at the same time if need be."""

    def __init__(self, settings: Settings, options: CheckOptions) -> None:
        self._settings = settings
        self._options = options

    async def url(self, target: CheckTarget) -> CheckResult:
        """Check a URL as Git would ask it, or a program for an index or an upload."""
        result = CheckResult(target.service, target.kind)
        if target.kind == "service":
            result.verdict = await self._timed(result, self._check_service(result, target))
        else:
            result.verdict = await self._timed(result, self._check_url(result, target))
        return result

    async def credential(self, service: Service, credential: Credential) -> CheckResult:
        """Try one credential at its own service, without asking the sources."""
        result = CheckResult(service, "service")
        result.username = credential.username
        given = Try("given", credential.username)
        trying = self._try_at_places(result, service, credential, given)
        result.verdict = await self._timed(result, trying)
        return result

    async def _timed(self, result: CheckResult, work: Coroutine[Any, Any, Verdict]) -> Verdict:
        """The verdict of a check; an error or the time limit gives one, too."""
        seconds = self._options.timeout
        try:
            with anyio.fail_after(seconds):
                return await work
        except RedirectError as error:
            return Verdict(State.UNKNOWN, "redirect", [str(error)])
        except UvxError as error:
            return Verdict(State.UNKNOWN, "unasked", [str(error)])
        except (TimeoutError, httpx.TimeoutException):
            fault = "slow"
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            # httpx does not convert every error that TLS raises while a connection ends.
            fault = fault_of(error)
        scheme, authority = result.service.scheme, result.service.authority
        if result.hops:
            url = result.hops[-1].url
            scheme, authority = url.scheme, url.netloc.decode("ascii")
        return unreachable(fault, result.kind, authority, seconds, clear=scheme == "http")

    def _client(self, result: CheckResult, *, use: str = "url", bare: bool = False) -> AsyncClient:
        return async_client(
            settings=self._settings,
            use=use,
            warn=result.warnings.append,
            watch=None if bare else result.hops.append,
            bare=bare,
            system_certs=self._options.system_certs,
            allow_insecure_host=self._options.insecure_hosts,
            allow_insecure_http=self._options.clear_hosts,
            timeout=self._options.timeout,
        )

    async def _check_url(self, result: CheckResult, target: CheckTarget) -> Verdict:
        if target.kind == "git":
            await anyio.to_thread.run_sync(self._add_git_notes, result)
        async with self._client(result, use=_USES.get(target.kind, "url")) as http:
            end = ADVERTISEMENT if target.kind == "git" else ""
            answer = await as_kind(http, target.kind, target.url(end))
            hops = len(result.hops)
            if target.kind == "git" and answer.status == 200:
                sent = answer.sent
                # After a redirect, the next request would count as one that a person asked for.
                answer = await speaks_git(http, answer, on=not result.hops[-1].redirected)
                answer.sent = sent
                del result.hops[hops:]
        facts = self._facts(result, answer)
        if facts.used is not None and facts.without is None:
            url = str(result.hops[-1].url)
            async with self._client(result, bare=True) as http:
                bare = await as_kind(http, target.kind, url)
            result.bare = facts.bare = bare.status
        verdict = judge(facts)
        if verdict.reason == "missing":
            verdict.words += await anyio.to_thread.run_sync(self._advice, target)
        return verdict

    def _advice(self, target: CheckTarget) -> list[str]:
        """What to do if several accounts could answer, or a credential is not for plain http."""
        explanation = explain(
            str(target.service),
            username=None if target.username is None else target.username.decode(),
            use=_USES.get(target.kind, "url"),
            settings=self._settings,
        )
        answers = [step.answer for step in explanation.steps if step.answer is not None]
        words = [explanation.kept_back_reason] if explanation.kept_back_reason else []
        return words + [
            f"{answer.reason}: '--username' or the URL can name one"
            for answer in answers
            if answer.ambiguous
        ]

    def _add_git_notes(self, result: CheckResult) -> None:
        """Note what Git itself would do, and which entries are hidden from it."""
        questions = GitQuestions(self._settings)
        result.notes += questions.notes(result.service)
        asked = questions.asked(result.service)
        try:
            entries = SharedStore(self._settings).entries().entries
        except UvxError:
            return  # the look-up reports it
        for entry in candidates(entries, asked, None):
            if entry.hidden:
                name = (entry.as_stored.username or b"").decode(errors="backslashreplace")
                result.notes.append(
                    f"the stored '{name}' was refused once and is hidden from Git; 'check --all' "
                    "tries it, 'restore' brings it back"
                )

    def _facts(self, result: CheckResult, answer: ServerAnswer) -> Facts:
        hop = result.hops[-1]
        sent = list(hop.tries)
        if sent:
            sent[-1] = replace(sent[-1], status=answer.status)
        facts = Facts(
            result.kind,
            hop.url.host,
            sent,
            headers=answer.headers,
            spoken=answer.spoken,
            signin=len(result.hops) > 1 and is_sign_in(hop.url.path),
            now=int(time()),
            never=hop.policy == "never",
            note=hop.refusal,
            certificate=answer.certificate,
            login=_login_argument(f"{hop.url.scheme}://{hop.url.netloc.decode('ascii')}"),
        )
        if answer.sent is not None:
            result.username = answer.sent.credential.username
            use = "git" if result.kind == "git" else "index"
            _add_credential_facts(facts, result.service, answer.sent.credential, use)
        return facts

    async def _check_service(self, result: CheckResult, target: CheckTarget) -> Verdict:
        """Try the credential of a whole service at the places that may ask for it."""
        service, username = target.service, target.username
        if target.password is not None:
            credential = Credential(username or b"", target.password)
            given = Try("url", username)
            return await self._try_at_places(result, service, credential, given)
        explanation = await anyio.to_thread.run_sync(
            lambda: explain(
                str(service),
                username=None if username is None else username.decode(),
                use="git",
                settings=self._settings,
            )
        )
        result.warnings += explanation.warnings
        result.notes += explanation.notes
        if explanation.credential is None:
            stores = f"'git-credential-uvx login {_login_argument(service.realm)}' stores one"
            if explanation.query.exact_only:
                stores = explanation.kept_back_reason  # `login` takes no plain http
            words = ["no source has a credential for it", stores]
            return Verdict(State.UNKNOWN, "missing", words)
        result.username = explanation.credential.username
        source, answer = explanation.steps[-1].source, explanation.steps[-1].answer
        place = "" if answer is None else answer.place
        given = Try(source, explanation.credential.username, place=place)
        return await self._try_at_places(result, service, explanation.credential, given)

    async def _try_at_places(
        self, result: CheckResult, service: Service, credential: Credential, given: Try
    ) -> Verdict:
        """Try a credential wherever a service challenges, until it is accepted."""
        header = {"Authorization": authorization(credential)}
        verdicts = []
        async with self._client(result, bare=True) as http:
            for path in places(service, os.urandom(8).hex()):
                url = service.realm + path
                bare = await at_place(http, url)
                sent = [Try(status=bare.status)]
                answer = bare
                status, headers = bare.status, bare.headers
                if is_challenge(status, headers) and not is_unspoken(status, headers):
                    answer = await at_place(http, url, header)
                    sent.append(replace(given, status=answer.status))
                result.hops.append(Hop(httpx.URL(url), tries=sent))
                facts = Facts(
                    "service",
                    service.host,
                    sent,
                    headers=answer.headers,
                    now=int(time()),
                    login=_login_argument(service.realm),
                )
                _add_credential_facts(
                    facts, service, credential, "git" if "/info/refs" in path else "index"
                )
                verdicts.append(probed(facts))
                if verdicts[-1].state == State.ACCEPTED:
                    break
        return best(verdicts)


def _login_argument(realm: str) -> str:
    """The argument of `login` for a realm."""
    return realm.removeprefix("https://")


def _add_credential_facts(facts: Facts, service: Service, credential: Credential, use: str) -> None:
    """Add what is known of a credential, and of its username if it is for this host."""
    facts.expires = credential.expires
    convention = convention_for(service.host)
    if convention is not None and credential.authtype is None and facts.host == service.host:
        facts.wanted = username_for(service, credential.secret.reveal(), use)
        facts.fixed = convention.only


def is_sign_in(path: str) -> bool:
    """Whether a path is one where people sign in."""
    return not _SIGN_IN.isdisjoint(path.lower().split("/"))

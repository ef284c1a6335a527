"""Asks real servers about credentials. Nothing is stored, changed or uploaded by it.

Every request goes through the clients of `http`, so that policies, redirects and trust are those of
any other request. What Git would be answered is asked in Git's own protocol, version 2.
"""

from __future__ import annotations

import os
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
from .facts import Facts, Sent
from .probes import ADVERTISEMENT, Answer, as_git, as_kind, at_place, fault_of, speaks_git
from .targets import Target, places
from .verdict import (
    ACCEPTED,
    UNKNOWN,
    Verdict,
    best,
    is_challenge,
    is_unspoken,
    judge,
    probed,
    unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine, Sequence
    from typing import Any

    from ..http import AsyncClient
    from ..resolver import Step
    from ..system.settings import Settings
    from ..urls.service import Service

TIMEOUT = 30.0  # seconds for one URL with all its redirects

_SIGN_IN = frozenset(("login", "signin", "sign_in", "sign-in", "_signin", "oauth2", "sso", "saml"))
_USES = {"git": "git", "publish": "publish"}


class Trying:
    """How servers are asked: what the options of a command say, and what else is trusted."""

    def __init__(
        self,
        *,
        system_certs: bool | None = None,
        insecure_hosts: Collection[str] = (),
        clear_hosts: Collection[str] = (),
        timeout: float = TIMEOUT,
    ) -> None:
        self.timeout = timeout
        self.options: dict[str, Any] = {
            "system_certs": system_certs,
            "allow_insecure_host": insecure_hosts,
            "allow_insecure_http": clear_hosts,
            "timeout": timeout,
        }


class Checked:
    """What became of one check: its verdict, and the hops, warnings and notes on the way."""

    def __init__(self, service: Service, kind: str) -> None:
        self.service = service
        self.kind = kind
        self.username: bytes | None = None
        self.hops: list[Hop] = []
        self.warnings: list[str] = []
        self.notes: list[str] = []
        self.bare: int | None = None
        self.verdict = Verdict(UNKNOWN, "unasked")


class Checker:
    """Checks for one process; may run many at the same time."""

    def __init__(self, settings: Settings, trying: Trying) -> None:
        self._settings = settings
        self._trying = trying

    async def url(self, target: Target) -> Checked:
        """Ask about a URL as Git, an index's or an upload's program would."""
        checked = Checked(target.service, target.kind)
        if target.kind == "service":
            checked.verdict = await self._timed(checked, self._found(checked, target))
        else:
            checked.verdict = await self._timed(checked, self._asked(checked, target))
        return checked

    async def credential(self, service: Service, credential: Credential) -> Checked:
        """Try one credential at its own service, whatever the sources would answer."""
        checked = Checked(service, "service")
        checked.username = credential.username
        given = Sent(0, "given", credential.username)
        trying = self._tried(checked, service, credential, given)
        checked.verdict = await self._timed(checked, trying)
        return checked

    async def _timed(self, checked: Checked, work: Coroutine[Any, Any, Verdict]) -> Verdict:
        """The verdict of a check, or what kept it from any."""
        seconds = self._trying.timeout
        try:
            with anyio.fail_after(seconds):
                return await work
        except RedirectError as error:
            return Verdict(UNKNOWN, "redirect", str(error))
        except UvxError as error:
            return Verdict(UNKNOWN, "unasked", str(error))
        except (TimeoutError, httpx.TimeoutException):
            fault = "slow"
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            # Not all that TLS raises while a connection ends is turned into httpx's own errors.
            fault = fault_of(error)
        service = checked.hops[-1].url if checked.hops else None
        scheme, authority = checked.service.scheme, checked.service.authority
        if service is not None:
            scheme, authority = service.scheme, service.netloc.decode("ascii")
        return unreachable(fault, checked.kind, authority, seconds, clear=scheme == "http")

    def _client(self, checked: Checked, *, use: str = "url", bare: bool = False) -> AsyncClient:
        return async_client(
            settings=self._settings,
            use=use,
            warn=checked.warnings.append,
            watch=None if bare else checked.hops.append,
            bare=bare,
            **self._trying.options,
        )

    async def _asked(self, checked: Checked, target: Target) -> Verdict:
        if target.kind == "git":
            await anyio.to_thread.run_sync(self._look_at_git, checked)
        async with self._client(checked, use=_USES.get(target.kind, "url")) as http:
            if target.kind == "git":
                answer = await as_git(http, target.url(ADVERTISEMENT))
            else:
                answer = await as_kind(http, target.kind, target.url())
            hops = len(checked.hops)
            if target.kind == "git" and answer.status == 200:
                # Beyond a redirect the next request would count as one that a person asked for.
                answer = await speaks_git(http, answer, on=not checked.hops[-1].led)
                del checked.hops[hops:]
        facts = self._facts(checked, answer)
        if facts.used is not None and facts.without is None:
            url = str(checked.hops[-1].url)
            async with self._client(checked, bare=True) as http:
                bare = await as_kind(http, target.kind, url)
            checked.bare = facts.bare = bare.status
        verdict = judge(facts)
        if verdict.reason == "missing":
            verdict.words += await anyio.to_thread.run_sync(self._why_none, target)
        return verdict

    def _why_none(self, target: Target) -> list[str]:
        """Advice where several accounts could answer, or plain http keeps a credential back."""
        told = explain(
            str(target.service),
            username=None if target.username is None else target.username.decode(),
            use=_USES.get(target.kind, "url"),
            settings=self._settings,
        )
        findings = [step.finding for step in told.steps if step.finding is not None]
        words = [told.kept_back_reason] if told.kept_back_reason else []
        return words + [
            f"{finding.reason}: '--username' or the URL can name one"
            for finding in findings
            if finding.ambiguous
        ]

    def _look_at_git(self, checked: Checked) -> None:
        """Notes about what Git itself would do, and what is hidden from it."""
        questions = GitQuestions(self._settings)
        checked.notes += questions.notes(checked.service)
        asked = questions.asked(checked.service)
        try:
            entries = SharedStore(self._settings).entries().entries
        except UvxError:
            return  # the look-up tells of it
        for entry in candidates(entries, asked, None):
            if entry.hidden:
                name = (entry.bare.username or b"").decode(errors="backslashreplace")
                checked.notes.append(
                    f"the stored '{name}' was refused once and is hidden from Git; 'check --all' "
                    "tries it, 'restore' brings it back"
                )

    def _facts(self, checked: Checked, answer: Answer) -> Facts:
        hop = checked.hops[-1]
        sent = [Sent(a.status, a.source, a.username, place_of(a.steps)) for a in hop.tries]
        if sent:
            sent[-1].status = answer.status
        facts = Facts(
            checked.kind,
            hop.url.host,
            sent,
            headers=answer.headers,
            spoken=answer.spoken,
            signin=len(checked.hops) > 1 and is_sign_in(hop.url.path),
            now=int(time()),
            never=hop.policy == "never",
            note=hop.barred,
            certificate=answer.certificate,
            login=_login(f"{hop.url.scheme}://{hop.url.netloc.decode('ascii')}"),
        )
        if hop.sent is not None:
            checked.username = hop.sent.credential.username
            use = "git" if checked.kind == "git" else "index"
            _know(facts, checked.service, hop.sent.credential, use)
        return facts

    async def _found(self, checked: Checked, target: Target) -> Verdict:
        """What answers for a whole host, tried where the host may ask for it."""
        service, username = target.service, target.username
        if target.password is not None:
            credential = Credential(username or b"", target.password)
            given = Sent(0, "url", username)
            return await self._tried(checked, service, credential, given)
        told = await anyio.to_thread.run_sync(
            lambda: explain(
                str(service),
                username=None if username is None else username.decode(),
                use="git",
                settings=self._settings,
            )
        )
        checked.warnings += told.warnings
        checked.notes += told.notes
        if told.credential is None:
            stores = f"'git-credential-uvx login {_login(service.realm)}' stores one"
            if told.query.exact_only:
                stores = told.kept_back_reason  # `login` takes no plain http
            return Verdict(UNKNOWN, "missing", "no source has a credential for it", stores)
        checked.username = told.credential.username
        step = told.steps[-1]
        given = Sent(0, step.source, told.credential.username, place_of(told.steps))
        return await self._tried(checked, service, told.credential, given)

    async def _tried(
        self, checked: Checked, service: Service, credential: Credential, given: Sent
    ) -> Verdict:
        """Try a credential wherever a service challenges, until it is accepted."""
        header = {"Authorization": authorization(credential)}
        verdicts = []
        async with self._client(checked, bare=True) as http:
            for path in places(service, os.urandom(8).hex()):
                url = service.realm + path
                bare = await at_place(http, url)
                sent = [Sent(bare.status)]
                answer = bare
                status, headers = bare.status, bare.headers
                if is_challenge(status, headers) and not is_unspoken(status, headers):
                    answer = await at_place(http, url, header)
                    sent.append(Sent(answer.status, given.source, given.username, given.place))
                checked.hops.append(_hop(url, sent))
                facts = Facts(
                    "service",
                    service.host,
                    sent,
                    headers=answer.headers,
                    now=int(time()),
                    login=_login(service.realm),
                )
                _know(facts, service, credential, "git" if "/info/refs" in path else "index")
                verdicts.append(probed(facts))
                if verdicts[-1].state == ACCEPTED:
                    break
        return best(verdicts)


def _login(realm: str) -> str:
    """What `login` is told for a realm."""
    return realm.removeprefix("https://")


def _hop(url: str, sent: Sequence[Sent]) -> Hop:
    """What was sent to one place, as the clients of `http` tell it."""
    hop = Hop(httpx.URL(url))
    for one in sent:
        tried = Try(source=one.source)
        tried.username, tried.status = one.username, one.status
        hop.tries.append(tried)
    return hop


def _know(facts: Facts, service: Service, credential: Credential, use: str) -> None:
    """What is known of a credential itself, as far as the host is one that it is for."""
    facts.expires = credential.expires
    convention = convention_for(service.host)
    if convention is not None and credential.authtype is None and facts.host == service.host:
        facts.wanted = username_for(service, credential.secret.reveal(), use)
        facts.fixed = convention.only


def place_of(steps: Sequence[Step]) -> str:
    """Where a credential stands that these steps found; "" for one that none did."""
    finding = steps[-1].finding if steps else None
    return "" if finding is None else finding.place


def is_sign_in(path: str) -> bool:
    """Whether a path is one where people sign in."""
    return not _SIGN_IN.isdisjoint(path.lower().split("/"))

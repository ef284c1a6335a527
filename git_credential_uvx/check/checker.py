"""Ask real servers about credentials. Nothing is stored, changed or uploaded.

Every request goes through the clients of `http`, so policies, redirects and trust are those of any
other request. For Git, the questions are in Git's own protocol, version 2.
"""

from __future__ import annotations

import os
from dataclasses import replace
from time import monotonic, time
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import httpx

from ..credential import Credential, Secret
from ..errors import RedirectError, UvxError
from ..explanation import explain, notes_of_paths
from ..git.questions import GitQuestions
from ..http import Hop, Try, async_client
from ..http.challenges import authorization
from ..stores.entries import best_first, candidates, command_for
from ..stores.shared import SharedStore
from ..urls.commands import command
from ..urls.conventions import convention_for, username_for
from ..urls.service import Service, service_from_url
from ..urls.usernames import who, whose
from .facts import Facts
from .messages import State, Verdict, unreachable
from .notes import (
    advice_to_choose,
    advice_to_name,
    note_of_accounts,
    why_unasked,
    why_unsent,
    why_uv_has_none,
)
from .peer_lookups import AccountLookups, UvLookups
from .probes import as_kind, at_place, fault_of, is_repository, speaks_git
from .results import CheckOptions, CheckResult
from .targets import ADVERTISEMENT, CheckTarget, Place, as_git_asks, places
from .verdict import best, is_challenge, is_unspoken, judge, probed

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from ..explanation import Explanation
    from ..git.questions import GitQuestion
    from ..http import AsyncClient
    from ..http.lookups import Lookups
    from ..system.settings import Settings
    from .probes import ServerAnswer


_SIGN_IN = frozenset(("login", "signin", "sign_in", "sign-in", "_signin", "oauth2", "sso", "saml"))
_USES = {"git": "git", "publish": "publish"}
_OPTIONS = ("git", "index", "publish")  # kinds that `check` has an option for


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

    async def credential(
        self,
        service: Service,
        credential: Credential,
        wanted: Place | None = None,
        *,
        source: str = "given",
        perhaps_git: bool = False,
    ) -> CheckResult:
        """Try one credential at its own service, without asking the sources.

        `wanted` is the place that a person wants to use it for, which is tried first. `source` is
        where the credential is from, "given" if a person just typed it. With `perhaps_git`, a
        server that accepts it is asked whether the service is a repository.
        """
        result = CheckResult(service, "service")
        result.username = credential.username
        given = Try(source, credential.username)
        trying = self._try_at_places(result, service, credential, given, wanted)
        result.verdict = await self._timed(result, trying)
        if perhaps_git and result.verdict.state == State.ACCEPTED:
            result.is_repository = await self._is_repository(service, credential)
        return result

    async def _is_repository(self, service: Service, credential: Credential) -> bool:
        """Whether Git can fetch from a service; without an answer in time it counts as none."""
        result = CheckResult(service, "git")
        url = service.realm + service.path.rstrip("/")
        try:
            with anyio.fail_after(self._options.timeout):
                async with self._client(result, bare=True) as http:
                    header = {"Authorization": authorization(credential)}
                    return await is_repository(http, url, header)
        except (UvxError, TimeoutError, httpx.HTTPError, httpx.StreamError, OSError):
            return False

    async def _timed(self, result: CheckResult, work: Coroutine[Any, Any, Verdict]) -> Verdict:
        """The verdict of a check; an error or the time limit gives one, too."""
        seconds, since = self._options.timeout, monotonic()
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
        # Connecting has a shorter limit of its own.
        waited = min(seconds, monotonic() - since)
        return unreachable(fault, result.kind, authority, waited, clear=scheme == "http")

    def _client(
        self,
        result: CheckResult,
        *,
        use: str = "url",
        bare: bool = False,
        lookups: Lookups | None = None,
    ) -> AsyncClient:
        return async_client(
            settings=self._settings,
            lookups=lookups,
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
            question = await anyio.to_thread.run_sync(self._question, result, target)
            if question.whole is None:
                return Verdict(State.UNKNOWN, "ssh", [why_unsent(question)])
            target = as_git_asks(target, question)
        use = _USES.get(target.kind, "url")
        of_uv = UvLookups(self._settings, use=use, warn=result.warnings.append)
        lookups: Lookups | None = None if target.kind == "git" else of_uv
        asked = target.username
        if target.kind == "git" and asked is not None and target.is_login_name:
            lookups = AccountLookups(self._settings, result.warnings.append, asked)
            target = replace(target, username=None)
        async with self._client(result, use=use, lookups=lookups) as http:
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
        facts.asked = asked
        if facts.used is not None and facts.used.source == "store" and answer.sent is not None:
            secret = answer.sent.credential.secret
            await anyio.to_thread.run_sync(self._add_entry, facts, result, secret)
        if facts.used is not None and facts.without is None:
            url = str(result.hops[-1].url)
            async with self._client(result, bare=True) as http:
                bare = await as_kind(http, target.kind, url)
            result.bare = facts.bare = bare.status
        verdict = judge(facts)
        if verdict.reason == "missing" and of_uv.fault:
            return why_uv_has_none(of_uv.fault, target.service, of_uv.index)
        if verdict.reason == "missing":
            explanation = await anyio.to_thread.run_sync(self._explained, target)
            return await anyio.to_thread.run_sync(self._missing, result, explanation, verdict)
        return verdict

    def _explained(self, target: CheckTarget) -> Explanation:
        """What each source has for a target."""
        name = None if target.username is None else target.username.decode()
        use = "git" if target.kind == "service" else _USES.get(target.kind, "url")
        found = explain(str(target.service), username=name, use=use, settings=self._settings)
        question = found.question
        of_ssh = question is not None and question.service is None
        if found.elsewhere is None and not of_ssh:
            return found
        # The credential of another host must not go to this one.
        packages = explain(str(target.service), username=name, use="url", settings=self._settings)
        if of_ssh and question is not None:
            packages.notes.append(why_unsent(question))
        return packages

    def _missing(self, result: CheckResult, explanation: Explanation, verdict: Verdict) -> Verdict:
        """The verdict if no credential was found: with the reason, if it is known.

        A login would not help if the store cannot be read, if several accounts could answer, or
        if a credential must not be sent over plain http.
        """
        try:
            entries = SharedStore(self._settings).entries().entries
        except UvxError as error:
            answers = [step.answer for step in explanation.steps if step.source == "store"]
            same = {answer.warning for answer in answers if answer is not None}
            result.warnings = [one for one in result.warnings if one not in same]
            return Verdict(State.UNKNOWN, "store", [str(error)])
        if explanation.ambiguous:
            rivals = candidates(entries, explanation.query.service, None)
            names = sorted({who(entry.as_stored.username) for entry in rivals})
            several = f"there are several accounts: {', '.join(names)}"
            option = [f"--{result.kind}"] if result.kind in _OPTIONS else []
            again = command("check", *option, service=explanation.query.service, username=b"NAME")
            choosing = advice_to_choose(rivals[0])
            if result.kind in ("index", "publish"):
                choosing = advice_to_name(result.service)
            advice = f"'{again}' tries one; {choosing}"
            return Verdict(State.MISSING, "missing", [verdict.words[0], several, advice])
        if explanation.kept_back_reason:
            return Verdict(
                State.MISSING, "missing", [verdict.words[0], explanation.kept_back_reason]
            )
        return verdict

    def _others(self, service: Service) -> list[str]:
        """A note if the store has several accounts of a service."""
        try:
            return note_of_accounts(SharedStore(self._settings).entries().entries, service)
        except UvxError:
            return []  # the look-up reports it

    def _question(self, result: CheckResult, target: CheckTarget) -> GitQuestion:
        """What Git asks its helpers, with notes about what Git does not get from this one."""
        question = GitQuestions(self._settings).question(target.remote())
        service = question.service
        if service is None:
            return question
        if question.reason:
            result.notes.append(why_unasked(question))
        result.notes += question.notes
        try:
            entries = SharedStore(self._settings).entries().entries
        except UvxError:
            return question  # the look-up reports it
        result.notes += notes_of_paths(question, [entry.service for entry in entries])
        if question.username is None and target.username is None:
            result.notes += note_of_accounts(entries, service)
        for entry in candidates(entries, service, None):
            if entry.hidden:
                restore = command_for(entry, "restore")
                result.notes.append(
                    f"{whose(entry.as_stored.username)} is hidden from Git, because the server "
                    f"refused it; 'git-credential-uvx check --all' tries it, '{restore}' ends that"
                )
        return question

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
            login=service_from_url(f"{hop.url.scheme}://{hop.url.netloc.decode('ascii')}"),
        )
        if answer.sent is not None:
            result.username = answer.sent.credential.username
            use = "git" if result.kind == "git" else "index"
            _add_credential_facts(facts, result.service, answer.sent.credential, use)
        return facts

    def _add_entry(self, facts: Facts, result: CheckResult, secret: Secret) -> None:
        """Let the advice be about the entry that was sent, which can be one for a path."""
        asked = service_from_url(str(result.hops[-1].url))
        try:
            entries = SharedStore(self._settings).entries().entries
        except UvxError:
            return  # the look-up reports it
        covering = [] if asked is None else best_first(candidates(entries, asked, None))
        services = (entry.service for entry in covering if entry.as_stored.secret == secret)
        if service := next(services, None):
            is_asked = service.path.rstrip("/") == result.service.path.rstrip("/")
            facts.login, facts.check = service, None if is_asked else service

    async def _check_service(self, result: CheckResult, target: CheckTarget) -> Verdict:
        """Try the credential of a whole service at the places that may ask for it."""
        service, username = target.service, target.username
        if target.password is not None:
            credential = Credential(username or b"", target.password)
            given = Try("url", username)
            return await self._try_at_places(result, service, credential, given)
        explanation = await anyio.to_thread.run_sync(self._explained, target)
        result.warnings += explanation.warnings
        question = explanation.question
        notes = explanation.notes
        if question is not None and question.reason:
            notes = [why_unasked(question), *(note for note in notes if note != question.reason)]
        result.notes += notes
        if explanation.credential is None:
            login = f"'{command('login', service=service)}' stores one"
            missing = Verdict(State.MISSING, "missing", ["none was found", login])
            return await anyio.to_thread.run_sync(self._missing, result, explanation, missing)
        result.username = explanation.credential.username
        if username is None and (question is None or question.username is None):
            result.notes += await anyio.to_thread.run_sync(self._others, service)
        source, answer = explanation.steps[-1].source, explanation.steps[-1].answer
        place = "" if answer is None else answer.place
        given = Try(source, explanation.credential.username, place=place)
        return await self._try_at_places(result, service, explanation.credential, given)

    async def _try_at_places(
        self,
        result: CheckResult,
        service: Service,
        credential: Credential,
        given: Try,
        wanted: Place | None = None,
    ) -> Verdict:
        """Send a credential to the first place of a service that asks for one.

        A rejected password counts as a failed login, and a few of them can lock an account. So no
        other place gets it, unless the first one answers 403, which is not about the password.
        """
        header = {"Authorization": authorization(credential)}
        verdicts = []
        async with self._client(result, bare=True) as http:
            for place in places(service, os.urandom(8).hex(), wanted):
                url = service.realm + place.path
                bare = await at_place(http, url)
                sent = [Try(status=bare.status)]
                answer = bare
                status, headers = bare.status, bare.headers
                if is_challenge(status, headers) and not is_unspoken(status, headers):
                    answer = await at_place(http, url, header)
                    sent.append(replace(given, status=answer.status))
                result.hops.append(Hop(httpx.URL(url), tries=sent))
                facts = Facts(
                    place.kind,
                    service.host,
                    sent,
                    headers=answer.headers,
                    now=int(time()),
                    login=service,
                )
                use = "git" if place.path.endswith(ADVERTISEMENT) else "index"
                _add_credential_facts(facts, service, credential, use)
                verdicts.append(probed(facts))
                if len(sent) > 1 and verdicts[-1].reason != "forbidden":
                    break
        return best(verdicts)


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

"""Stores that are wrong on purpose, each in one thing."""

from __future__ import annotations

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.query import ANY_ACCOUNT_NAMES, Query, SourceAnswer
from git_credential_uvx.urls.service import Service
from tests.support.stores import MemoryStore

Row = tuple[Service, Credential]


class AnswersAnything(MemoryStore):
    def find(self, query: Query, now: int) -> SourceAnswer:
        return SourceAnswer(Credential(b"alice", Secret(b"CANARY-3f9c")), exact=True)


class FindsNothing(MemoryStore):
    def find(self, query: Query, now: int) -> SourceAnswer:
        return SourceAnswer(reason="the store has no entry for this service")


class SecondsAnswerDiffers(MemoryStore):
    def find(self, query: Query, now: int) -> SourceAnswer:
        found = super().find(query, now)
        self._rows.clear()
        return found


class _Matches(MemoryStore):
    """Which rows are for a service is decided anew."""

    def covers(self, mine: Service, asked: Service) -> bool:
        return mine.covers(asked)

    def accepts(self, mine: Credential, username: bytes | None) -> bool:
        return username in (None, mine.username)

    def rank(self, row: Row) -> int:
        return -len(row[0].path)

    def _matching(self, service: Service, username: bytes | None) -> list[Row]:
        rows = [row for row in self._rows if self.covers(row[0], service)]
        named = [row for row in rows if self.accepts(row[1], username)]
        if not named and username in ANY_ACCOUNT_NAMES:
            named = rows
        return sorted(named, key=self.rank)


class MatchesTheEndOfAHost(_Matches):
    def covers(self, mine: Service, asked: Service) -> bool:
        host = mine.host if asked.host.endswith(mine.host) else asked.host
        return mine.covers(Service(asked.scheme, host, asked.port, asked.path))


class IgnoresThePort(_Matches):
    def covers(self, mine: Service, asked: Service) -> bool:
        return mine.covers(Service(asked.scheme, asked.host, mine.port, asked.path))


class IgnoresTheScheme(_Matches):
    def covers(self, mine: Service, asked: Service) -> bool:
        return mine.covers(Service(mine.scheme, asked.host, asked.port, asked.path))


class MatchesPathsByCharacters(_Matches):
    def covers(self, mine: Service, asked: Service) -> bool:
        return str(asked).startswith(str(mine))


class IgnoresTheUsername(_Matches):
    def accepts(self, mine: Credential, username: bytes | None) -> bool:
        return True


class ComparesUsernamesWithoutCase(_Matches):
    def accepts(self, mine: Credential, username: bytes | None) -> bool:
        name = mine.username or b""
        return username is None or username.lower() == name.lower()


class ShortestPathFirst(_Matches):
    def rank(self, row: Row) -> int:
        return len(row[0].path)


class NewestAccountFirst(_Matches):
    def _matching(self, service: Service, username: bytes | None) -> list[Row]:
        return list(reversed(super()._matching(service, username)))


class KnowsNoNameForAnyAccount(_Matches):
    def _matching(self, service: Service, username: bytes | None) -> list[Row]:
        rows = super()._matching(service, username)
        return [row for row in rows if username in (None, row[1].username)]


class SendsOverPlainHttp(IgnoresTheScheme):
    """It says of everything that it is stored for exactly what is asked."""


class NotExact(MemoryStore):
    def find(self, query: Query, now: int) -> SourceAnswer:
        found = super().find(query, now)
        found.exact = False
        return found


class TellsTheSecret(MemoryStore):
    def find(self, query: Query, now: int) -> SourceAnswer:
        found = super().find(query, now)
        if found.credential is not None:
            found.place = f"the secret {found.credential.secret.reveal().decode()}"
        return found


class _Alters(MemoryStore):
    def altered(self, secret: bytes) -> bytes:
        return secret

    def apply(self, service: Service, credential: Credential, now: int) -> None:
        secret = Secret(self.altered(credential.secret.reveal()))
        altered = Credential(
            credential.username,
            secret,
            authtype=credential.authtype,
            expires=credential.expires,
            refresh=credential.refresh,
        )
        super().apply(service, altered, now)


class StripsBlanks(_Alters):
    def altered(self, secret: bytes) -> bytes:
        return secret.strip()


class DropsControlCharacters(_Alters):
    def altered(self, secret: bytes) -> bytes:
        return bytes(byte for byte in secret if byte >= 32)


class DecodesUtf8(_Alters):
    def altered(self, secret: bytes) -> bytes:
        return secret.decode(errors="replace").encode()


class IgnoresTheEnd(MemoryStore):
    def find(self, query: Query, now: int) -> SourceAnswer:
        return super().find(query, 0)


class KeepsTheOldSecret(MemoryStore):
    def apply(self, service: Service, credential: Credential, now: int) -> None:
        self._rows.append((service, credential))


class ListsOneAccountAHost(MemoryStore):
    def listed(self) -> list[Row]:
        return list({service.host: (service, found) for service, found in self._rows}.values())


class AlwaysWrites(MemoryStore):
    def planned(self, service: Service, credential: Credential, now: int) -> object:
        return True


class RemovesNothing(MemoryStore):
    def remove(self, *_: object) -> None:
        return


class RemovesTheWholeHost(MemoryStore):
    def remove(self, service: Service, *_: object) -> None:
        self._rows = [row for row in self._rows if row[0].host != service.host]


class RemovesAnySecret(MemoryStore):
    def remove(
        self,
        service: Service,
        username: bytes | None,
        secret: Secret | None,
        authtype: bytes | None,
        now: int,
    ) -> None:
        super().remove(service, username, None, authtype, now)


class RemovesOneAccountAtATime(MemoryStore):
    def remove(
        self,
        service: Service,
        username: bytes | None,
        secret: Secret | None,
        authtype: bytes | None,
        now: int,
    ) -> None:
        for row in self._matching(service, username)[:1]:
            self._rows.remove(row)


class ForgetsTheRefreshToken(MemoryStore):
    def apply(self, service: Service, credential: Credential, now: int) -> None:
        bare = Credential(credential.username, credential.secret, expires=credential.expires)
        super().apply(service, bare, now)


class GivesEverybodyASchemeAndToken(MemoryStore):
    def find(self, query: Query, now: int) -> SourceAnswer:
        return super().find(Query(query.service, query.username, any_authtype=True), now)


class LosesTheFirstOfMany(MemoryStore):
    def apply(self, service: Service, credential: Credential, now: int) -> None:
        self._rows = self._rows[-3:]
        super().apply(service, credential, now)

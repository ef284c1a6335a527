"""TLS contexts with the certificates that the environment and the options name.

By default these are certifi's; with system certificates, truststore uses the system's.
`SSL_CERT_FILE` and `SSL_CERT_DIR` replace both: if the file or folder is missing or empty, nothing
is trusted.
"""

from __future__ import annotations

import os
import ssl

from ..errors import HttpError, ServiceError, TlsError, printable
from ..system.files import File, failure
from ..system.settings import truth
from ..urls.parts import typed_host
from ..urls.service import Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Trust:
    """Which certificates are trusted.

    `insecure` are pairs: `host` or `host:port`, and whether a trusted place names it. If a
    project's file names it, requests go there, but no credential does. `system_certs` is None for
    what the environment says. Raises TlsError.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        system_certs: bool | None = None,
        insecure: Iterable[tuple[str, bool]] = (),
    ) -> None:
        if system_certs is None:
            system_certs = _flag("UV_SYSTEM_CERTS", environ) or _flag("UV_NATIVE_TLS", environ)
        self._system = system_certs
        self._file = environ.get("SSL_CERT_FILE") or None
        self._folders = [f for f in environ.get("SSL_CERT_DIR", "").split(os.pathsep) if f]
        self._client = environ.get("SSL_CLIENT_CERT") or None
        self._insecure = [(*_host(text), trusted) for text, trusted in insecure]

    def unverified(self, authority: str) -> bool | None:
        """None if the certificate of `host[:port]` is checked, else whether a trusted place says
        that it is not."""
        if not self._insecure:
            return None
        host, colon, digits = authority.rpartition(":")
        if not colon or authority.endswith("]"):
            host, digits = authority, "443"
        said = [t for name, port, t in self._insecure if name == host and port in (None, digits)]
        return any(said) if said else None

    @property
    def nothing(self) -> bool:
        """Whether the variables leave no certificate authority that is trusted."""
        replaced = self._file is not None or bool(self._folders)
        return replaced and not self._roots().get_ca_certs()

    def context(self, *, verified: bool = True) -> ssl.SSLContext:
        """A context for connections. Raises TlsError."""
        context = self._roots() if verified else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if not verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self._client is not None:
            _load_identity(context, self._client)
        return context

    def _roots(self) -> ssl.SSLContext:
        if self._file is not None or self._folders:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            for path in [*([self._file] if self._file else []), *self._files()]:
                _load_roots(context, path)
            return context
        if self._system:
            import truststore

            return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        import certifi

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(certifi.where())
        return context

    def _files(self) -> list[str]:
        """All files of the folders. OpenSSL itself finds only files named after a hash."""
        found = []
        for folder in self._folders:
            try:
                names = sorted(os.listdir(folder))
            except OSError:
                continue
            found += [os.path.join(folder, name) for name in names]
        return found


def _flag(variable: str, environ: Mapping[str, str]) -> bool:
    said = truth(environ.get(variable) or "0")
    if said is None:
        raise TlsError(f"{variable} is neither true nor false")
    return said


def _host(text: str) -> tuple[str, str | None]:
    bare = text.removeprefix("https://").removesuffix("/")
    try:
        name, port = typed_host(bare)
    except ServiceError as error:
        fault = error.about(host="it")
        raise TlsError(f"an insecure host is not 'host' or 'host:port': {fault}") from None
    return name, None if port is None else str(port)


def _load_roots(context: ssl.SSLContext, path: str) -> None:
    """Trust the certificates of a file. A file that is missing or has none adds nothing."""
    try:
        context.load_verify_locations(path)
    except (OSError, ssl.SSLError):
        pass


def _load_identity(context: ssl.SSLContext, path: str) -> None:
    """Use the client certificate of a file, in which its key follows."""
    place = f"'{printable(path)}' of SSL_CLIENT_CERT"
    try:
        with File(path) as file:
            data = file.read(1024 * 1024)
    except OSError as error:
        raise TlsError(
            f"{failure('cannot read', printable(path), error)}, of SSL_CLIENT_CERT"
        ) from None
    for mark, what in ((b"CERTIFICATE-----", "certificate"), (b"PRIVATE KEY-----", "private key")):
        if b"-----BEGIN " not in data or mark not in data:
            raise TlsError(
                f"{place} has no {what} in PEM format; it needs the certificate, then its key"
            )
    if b"ENCRYPTED" in data:
        raise TlsError(f"the private key in {place} has a passphrase, which is not supported")
    try:
        # Without the last argument, OpenSSL would prompt in the terminal.
        context.load_cert_chain(path, password=lambda: b"")
    except (OSError, ssl.SSLError, ValueError):
        raise TlsError(
            f"the certificate and the private key in {place} do not belong together"
        ) from None


def allowed_in_clear(names: Iterable[str]) -> frozenset[str]:
    """The `host[:port]` that credentials may be sent to over plain http, as a URL has them."""
    found = set()
    for name in names:
        try:
            host, port = typed_host(name, "http")
        except ServiceError as error:
            fault = error.about(host="it")
            raise HttpError(f"a host for http is not 'host' or 'host:port': {fault}") from None
        found.add(Service("http", host, None if port == 80 else port).authority)
    return frozenset(found)

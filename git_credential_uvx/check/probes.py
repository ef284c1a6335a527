"""The requests of `check`: as Git asks, as a client of an index asks, and an empty upload.

Only the beginning of an answer is read.
"""

from __future__ import annotations

import socket
import ssl
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from ..git.packets import DELIMITER, lines_of, list_of, packet_of
from ..http.hop import sent_with
from .targets import ADVERTISEMENT
from .verdict import HEADERS, is_challenge

if TYPE_CHECKING:
    from ..http import AsyncClient
    from ..http.flow import Attempt

_LITTLE = 64 * 1024  # bytes of an answer that are read, and bytes that they may unpack to
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_GIT = {"Accept": "*/*", "Git-Protocol": "version=2"}
_AGENT = b"agent=git-credential-uvx\n"
_SIMPLE = (
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.1"
)
_FORM = b"--nothing--\r\n"
_FORM_TYPE = "multipart/form-data; boundary=nothing"


@dataclass(slots=True, eq=False)
class ServerAnswer:
    """What a server answered last: the status, some headers and the start of the body.

    `sent` is the credential that the request carried. `spoken` is whether the answer is in Git's
    own protocol.
    """

    url: str = field(repr=False)
    status: int
    sent: Attempt | None
    headers: dict[str, str] = field(repr=False)
    type: str
    body: bytes = field(repr=False)
    spoken: bool = False

    @property
    def certificate(self) -> bool:
        """Whether nginx says that the client has sent no certificate."""
        return self.status == 400 and b"SSL certificate was" in self.body


async def as_git(http: AsyncClient, url: str) -> ServerAnswer:
    """Send the first request of `git ls-remote`; the URL ends in ADVERTISEMENT.

    Raises httpx's errors.
    """
    return await _send(http, http.build_request("GET", url, headers=_GIT))


async def as_kind(http: AsyncClient, kind: str, url: str) -> ServerAnswer:
    """Ask a URL as Git ("git"), as an upload ("publish") or as a client of an index."""
    if kind == "git":
        return await as_git(http, url)
    if kind == "publish":
        headers = {"Accept": "*/*", "Content-Type": _FORM_TYPE}
        return await _send(http, http.build_request("POST", url, headers=headers, content=_FORM))
    return await _send(http, http.build_request("GET", url, headers={"Accept": _SIMPLE}))


async def at_place(
    http: AsyncClient, url: str, header: dict[str, str] | None = None
) -> ServerAnswer:
    """Ask a URL itself, following no redirect, perhaps with a header."""
    wanted = _GIT if url.endswith(ADVERTISEMENT) else {"Accept": _SIMPLE}
    request = http.build_request("GET", url, headers={**wanted, **(header or {})})
    return await _send(http, request, follow=False)


async def is_repository(http: AsyncClient, url: str, header: dict[str, str]) -> bool:
    """Whether Git can fetch from a URL, or from the same with `.git`, to which some hosts redirect.

    The header is one that the server accepts. It is sent only where the server asks for it.
    """
    for base in (url, f"{url}.git"):
        answer = await at_place(http, base + ADVERTISEMENT)
        if is_challenge(answer.status, answer.headers):
            answer = await at_place(http, base + ADVERTISEMENT, header)
        if answer.status == 200 and (await speaks_git(http, answer, on=False)).spoken:
            return True
    return False


async def _send(http: AsyncClient, request: httpx.Request, *, follow: bool = True) -> ServerAnswer:
    request.headers["Accept-Encoding"] = "identity"
    response = await http.send(request, stream=True, follow_redirects=follow)
    body = b""
    try:
        # The raw bytes, because httpx unpacks without a limit.
        async for part in response.aiter_raw():
            body += part
            if len(body) >= _LITTLE:
                break
    finally:
        await response.aclose()
    return ServerAnswer(
        str(response.request.url),
        response.status_code,
        sent_with(response),
        {
            name: ", ".join(response.headers.get_list(name))[:4096]
            for name in HEADERS
            if name in response.headers
        },
        response.headers.get("content-type", "").partition(";")[0],
        _unpacked(body[:_LITTLE], response.headers),
    )


def _unpacked(body: bytes, headers: httpx.Headers) -> bytes:
    """The beginning of a body, unpacked if the server packed it although it was asked not to.

    It is b"" if the packing is neither gzip's nor zlib's.
    """
    if headers.get("content-encoding", "identity").strip().lower() == "identity":
        return body
    try:
        return zlib.decompressobj(_GZIP_OR_ZLIB).decompress(body, _LITTLE)
    except zlib.error:
        return b""


async def speaks_git(http: AsyncClient, answer: ServerAnswer, *, on: bool) -> ServerAnswer:
    """Go on after an advertisement as `git ls-remote` does.

    In version 2 of the protocol the refs need another request, and its answer is returned. Without
    `on`, only the advertisement is looked at.
    """
    end = ADVERTISEMENT.partition("?")[0]
    base = answer.url.partition("?")[0]
    if answer.type != "application/x-git-upload-pack-advertisement" or not base.endswith(end):
        return answer
    capabilities = lines_of(answer.body)
    if not on or b"version 2" not in capabilities:
        answer.spoken = bool(capabilities)
        return answer
    request = http.build_request(
        "POST",
        base.removesuffix(end) + "/git-upload-pack",
        headers={
            "Accept": "application/x-git-upload-pack-result",
            "Content-Type": "application/x-git-upload-pack-request",
            "Git-Protocol": "version=2",
        },
        content=_question(capabilities),
    )
    refs = await _send(http, request, follow=False)
    refs.spoken = refs.type == "application/x-git-upload-pack-result" and not any(
        line.startswith(b"ERR ") for line in lines_of(refs.body)
    )
    return refs


def _question(capabilities: list[bytes]) -> bytes:
    """A request for HEAD (https://git-scm.com/docs/protocol-v2#_ls_refs)."""
    formats = [line for line in capabilities if line.startswith(b"object-format=")]
    lines = [b"command=ls-refs\n", _AGENT, *(line + b"\n" for line in formats[:1])]
    return b"".join(map(packet_of, lines)) + DELIMITER + list_of([b"ref-prefix HEAD"])


_UNTRUSTED = {10: "tls-expired", 62: "tls-name", 64: "tls-name"}  # X509_V_ERR_* of OpenSSL


def fault_of(error: BaseException | None) -> str:
    """Why a server gave no answer: a key or words for `messages.unreachable`."""
    fault = "broken"
    for _ in range(10):
        match error:
            case None:
                break
            case ssl.SSLCertVerificationError():
                return _UNTRUSTED.get(error.verify_code, "tls-untrusted")
            case ssl.SSLError():
                asked = "CERTIFICATE_REQUIRED" in (error.reason or "")
                return "tls-client" if asked or "HANDSHAKE" in (error.reason or "") else "tls-none"
            case socket.gaierror():
                return "dns"
            case httpx.ProxyError():
                return "the proxy did not connect to it"
            case httpx.ConnectError() | ConnectionRefusedError():
                fault = "connection"
            case _:
                pass
        error = error.__cause__ or error.__context__
    return fault

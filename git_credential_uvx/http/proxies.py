"""Which proxy a request goes through, by the usual variables. Pure.

These are `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`; a name in lower case wins. They
come from the environment of the process alone. A proxy's own credentials go to that proxy only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from ..errors import HttpError, ServiceError
from ..urls.parts import Userinfo, has_odd_port, origin, split_userinfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_SCHEMES = ("http", "https", "socks5", "socks5h")


@dataclass(slots=True, eq=False)
class Proxy:
    """A proxy's URL without userinfo, and that userinfo."""

    url: str
    userinfo: Userinfo | None = field(repr=False)


class Proxies:
    """The proxies of an environment. Raises HttpError, which names the variable."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._by_scheme: dict[str, Proxy] = {}
        everything = _proxy("ALL_PROXY", environ)
        for scheme in ("http", "https"):
            # In a CGI program, the header `Proxy` of a request becomes this variable.
            forged = scheme == "http" and "REQUEST_METHOD" in environ
            named = _proxy(f"{scheme.upper()}_PROXY", environ, small_only=forged)
            if (proxy := named or everything) is not None:
                self._by_scheme[scheme] = proxy
        self._direct = [
            entry.strip().lower()
            for entry in (environ.get("no_proxy") or environ.get("NO_PROXY") or "").split(",")
            if entry.strip()
        ]

    def for_url(self, scheme: str, authority: str) -> Proxy | None:
        """The proxy for a scheme and `host[:port]` in lower case; None for none."""
        proxy = self._by_scheme.get(scheme)
        if proxy is None or any(_matches(entry, authority) for entry in self._direct):
            return None
        return proxy


def _proxy(name: str, environ: Mapping[str, str], *, small_only: bool = False) -> Proxy | None:
    text = environ.get(name.lower()) or ("" if small_only else environ.get(name, ""))
    if not text:
        return None
    url = text if "://" in text else f"http://{text}"
    if origin(url)[0] not in _SCHEMES:
        raise HttpError(f"{name} is neither an http, https nor socks5 URL")
    try:
        clean, userinfo = split_userinfo(url)
    except ServiceError:
        raise HttpError(f"{name} has a username or password that cannot be read") from None
    if has_odd_port(origin(clean)[1]):
        raise HttpError(f"the port in {name} is not a number from 1 to 65535")
    return Proxy(clean, userinfo)


def _matches(entry: str, authority: str) -> bool:
    """Whether an entry of NO_PROXY names this host, a domain or network of it, or its port."""
    if entry == "*" or entry == authority:
        return True
    bracketed = authority.endswith("]") or ":" not in authority
    host = (authority if bracketed else authority.rpartition(":")[0]).strip("[]")
    try:
        address = ip_address(host)
    except ValueError:
        name = entry.removeprefix("*").removeprefix(".")
        return host == name or host.endswith(f".{name}")
    try:
        return address in ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return False

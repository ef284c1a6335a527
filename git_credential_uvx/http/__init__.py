"""HTTP requests that carry the right credential, and only to the right server.

>>> from git_credential_uvx.http import client
>>> with client() as http:  # doctest: +SKIP
...     page = http.get("https://packages.example.com/simple/")
"""

# Loaded on first use: the pure modules below need no httpx, and it takes long to import.
_PUBLIC = {
    "AsyncClient": "clients",
    "Client": "clients",
    "Hop": "hop",
    "ResolverAuth": "auth",
    "Try": "hop",
    "async_client": "clients",
    "client": "clients",
    "hops": "hop",
}

__all__ = [
    "AsyncClient",
    "Client",
    "Hop",
    "ResolverAuth",
    "Try",
    "async_client",
    "client",
    "hops",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .auth import ResolverAuth
    from .clients import AsyncClient, Client, async_client, client
    from .hop import Hop, Try, hops


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)

"""One credential store for Git and Python packaging.

>>> from git_credential_uvx import resolve
>>> resolve("https://git.example.com/team/private.git")  # doctest: +SKIP
Credential(username=b'alice', secret=Secret('****'))
"""

# The public names load on first use: Git operations import this package and need none of them.
_PUBLIC = {
    "Credential": "credential",
    "Secret": "credential",
    "Service": "urls",
    "UvxError": "errors",
    "explain": "questions",
    "redact": "urls",
    "resolve": "questions",
    "service_from_stored": "urls",
}

__all__ = [
    "Credential",
    "Secret",
    "Service",
    "UvxError",
    "explain",
    "redact",
    "resolve",
    "service_from_stored",
]
__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .credential import Credential, Secret
    from .errors import UvxError
    from .questions import explain, resolve
    from .urls import Service, redact, service_from_stored


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)

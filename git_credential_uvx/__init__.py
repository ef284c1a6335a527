"""One credential store for Git and Python packaging.

>>> from git_credential_uvx import resolve
>>> resolve("https://git.example.com/team/private.git")  # doctest: +SKIP
Credential(username=b'alice', secret=Secret('****'))
"""

# The public names load on first use: Git operations import this package and need none of them.
_PUBLIC = {
    "Credential": "credential",
    "Secret": "credential",
    "Service": "urls.service",
    "UvxError": "errors",
    "explain": "explanation",
    "redact": "sanitize.redact",
    "resolve": "explanation",
    "sanitize_bytes": "sanitize.text",
    "sanitize_requirement": "sanitize.requirements",
    "sanitize_url": "sanitize.requirements",
    "service_from_url": "urls.service",
}

__all__ = [
    "Credential",
    "Secret",
    "Service",
    "UvxError",
    "explain",
    "redact",
    "resolve",
    "sanitize_bytes",
    "sanitize_requirement",
    "sanitize_url",
    "service_from_url",
]
__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .credential import Credential, Secret
    from .errors import UvxError
    from .explanation import explain, resolve
    from .sanitize.redact import redact
    from .sanitize.requirements import sanitize_requirement, sanitize_url
    from .sanitize.text import sanitize_bytes
    from .urls.service import Service, service_from_url


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)

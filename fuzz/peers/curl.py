"""How libcurl reads a URL: its own parser, in this process."""

from __future__ import annotations

import ctypes
from functools import cache

_URL, _SCHEME, _HOST, _PORT = 0, 1, 5, 6  # CURLUPart
_DEFAULT_PORT, _FOREIGN_SCHEMES, _GUESS_SCHEME = 1 << 0, 1 << 3, 1 << 9  # flags of CURLU

# Git for Debian is built with the second.
_NAMES = ("libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.4.dylib")

Realm = tuple[str, str, int]  # scheme, host in lower case, port


@cache
def _library() -> ctypes.CDLL | None:
    for name in _NAMES:
        try:
            library = ctypes.CDLL(name)
            library.curl_url.restype = ctypes.c_void_p
        except (OSError, AttributeError):
            continue
        library.curl_url_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p]
        library.curl_url_set.argtypes += [ctypes.c_uint]
        library.curl_url_get.argtypes = [ctypes.c_void_p, ctypes.c_int]
        library.curl_url_get.argtypes += [ctypes.POINTER(ctypes.c_void_p), ctypes.c_uint]
        library.curl_url_cleanup.argtypes = [ctypes.c_void_p]
        library.curl_free.argtypes = [ctypes.c_void_p]
        return library
    return None


def missing() -> str:
    """Why libcurl cannot be asked, "" if it can."""
    return "" if _library() else f"none of {', '.join(_NAMES)} is installed"


def realm(url: bytes) -> Realm | None:
    """Where libcurl would connect to; None if it would not, or cannot be asked."""
    library = _library()
    if library is None or b"\0" in url:
        return None
    handle = library.curl_url()
    try:
        # What curl_easy_perform() sets for CURLOPT_URL.
        if library.curl_url_set(handle, _URL, url, _GUESS_SCHEME | _FOREIGN_SCHEMES):
            return None
        scheme, host = (_part(library, handle, part, 0) for part in (_SCHEME, _HOST))
        port = _part(library, handle, _PORT, _DEFAULT_PORT)
    finally:
        library.curl_url_cleanup(handle)
    if not scheme or not host or not port:
        return None
    return scheme.lower(), host.lower(), int(port)


def _part(library: ctypes.CDLL, handle: int, part: int, flags: int) -> str:
    found = ctypes.c_void_p()
    if library.curl_url_get(handle, part, ctypes.byref(found), flags) or not found.value:
        return ""
    try:
        return ctypes.string_at(found.value).decode("utf-8", "backslashreplace")
    finally:
        library.curl_free(found)

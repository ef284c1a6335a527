"""Which realm an index's name stands for, so that no checkout can point it elsewhere.

Variables with secrets are named after an index, and a project's file says what the URL of that
index is. The first realm that a name is used for on this machine is remembered. In a CI job, where
every use would be the first, it is not. Names that share their variables, such as `a-b` and `a.b`,
count as one.

The file has a line for each, with realm and name: `https://example.com CORP`.
"""

from __future__ import annotations

from ..errors import BindingError, StoreError, UnboundError, printable
from ..query import variable_name
from ..system.files import Folder, Lock, make_folder, read
from .indexes import PIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

FILE = "index-bindings"

_TIMEOUT = 10.0  # seconds; a process that has the lock writes one small file


class Bindings:
    """The remembered bindings. Their folder is made with the first one.

    With `any_owner` the folder may belong to another user, as for `files.Folder`.
    """

    __slots__ = ("_any_owner", "_path")

    def __init__(self, folder: str, *, any_owner: bool = False) -> None:
        self._path = folder
        self._any_owner = any_owner

    def check(
        self,
        name: str,
        realm: str,
        accept: Collection[str],
        *,
        pinned: str | None = None,
        first: bool = True,
    ) -> None:
        """Make sure that an index's secrets may go to a realm, and remember the realm.

        `accept` are the names that may point to a new realm. `pinned` is the realm that a trusted
        place gives to the name; it takes precedence over the remembered one. `first` is whether a
        name may be used for the first time. Raises BindingError and UnboundError, and StoreError if
        the file cannot be read or written.
        """
        key = variable_name(name)
        accepted = any(variable_name(other) == key for other in accept)
        if pinned is not None and pinned != realm and not accepted:
            raise BindingError(name, pinned, realm, pinned=True)
        make_folder(self._path, any_owner=self._any_owner)
        with Folder(self._path, any_owner=self._any_owner) as folder:
            if _known(folder).get(key) == realm:
                return
            with Lock(folder, f"{FILE}.lock", exclusive=True, timeout=_TIMEOUT, required=True):
                known = _known(folder)
                if key not in known and not first and not accepted and pinned is None:
                    raise UnboundError(name, realm, PIN.format(key))
                before = known.get(key, realm)
                if before != realm and not accepted and pinned is None:
                    raise BindingError(name, before, realm)
                known[key] = realm
                from ..system.replace import replace

                replace(folder, FILE, build(known))


def _known(folder: Folder) -> dict[str, str]:
    data = read(folder, FILE)
    try:
        return parse(data or b"")
    except ValueError as error:
        path = printable(folder.describe(FILE))
        raise StoreError(
            f"cannot read '{path}', line {error.args[0]}: it is not a line that this program wrote"
        ) from None


def parse(data: bytes) -> dict[str, str]:
    """Realms by the names of the variables. Raises ValueError with the number of a line
    that is not of the form."""
    known = {}
    for number, line in enumerate(data.split(b"\n")[:-1] if data else (), 1):
        realm, blank, key = line.partition(b" ")
        text = line.decode("ascii", "replace")
        if not blank or not text.isascii() or not text.isprintable() or b"://" not in realm:
            raise ValueError(number)
        known[key.decode()] = realm.decode()
    if data and not data.endswith(b"\n"):
        raise ValueError(data.count(b"\n") + 1)
    return known


def build(known: dict[str, str]) -> bytes:
    """The file of these bindings."""
    return "".join(f"{realm} {key}\n" for key, realm in sorted(known.items())).encode()

"""Every error of this package. This module imports nothing.

UvxError
├── ProtocolError     what a caller of a Git operation sent breaks the wire format
├── ServiceError      a URL or host name is none that a credential can be for
└── StoreError        a store cannot be read or written
    ├── DocumentError what a store's file holds is not what its format allows
    └── LockError     somebody else kept the store locked for too long

A message is one line in lower case without a full stop, fault first. It names the
key, the file and the line, and never a value: values can be secrets.
"""


class UvxError(Exception):
    """Anything that this package reports instead of answering."""


class ProtocolError(UvxError):
    """A request breaks the credential helper protocol."""


class ServiceError(UvxError):
    """A URL, host or path does not name a service."""


class StoreError(UvxError):
    """A store cannot be read or written."""


class DocumentError(StoreError):
    """A store's file does not hold what its format allows.

    `line` is the line (from 1) of the fault where it is known, else 0.
    """

    def __init__(self, fault: str, line: int = 0) -> None:
        super().__init__(fault)
        self.line = line


class LockError(StoreError):
    """The lock of a store could not be had in time."""

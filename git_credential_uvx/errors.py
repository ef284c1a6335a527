"""Every error of this package. This module imports nothing.

UvxError
├── ProtocolError     what a caller of a Git operation sent breaks the wire format
├── ServiceError      a URL or host name is none that a credential can be for
├── StoreError        a store cannot be read or written
│   ├── DocumentError what a store's file holds is not what its format allows
│   └── LockError     somebody else kept the store locked for too long
├── ConfigError       the configuration cannot be used
├── IndexesError      a file with uv's indexes cannot be used
├── BindingError      an index's name points to another realm than before
├── ProgramError      a program could not be run, or did not answer as it should
│   └── SlowError     a program did not answer in time
└── AnswerError       what a program answered is no secret

A message is one line in lower case without a full stop, fault first. It names the
key, the file and the line, and never a value: values can be secrets.
"""


def printable(text: str) -> str:
    """A text for a terminal, with control characters as escapes: names and paths hold any."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


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


class ConfigError(UvxError):
    """The configuration cannot be read, or says what it cannot."""


class IndexesError(UvxError):
    """A file or variable that names indexes cannot be used."""


class BindingError(UvxError):
    """An index's name points to another realm than before.

    `name` is the index, `known` the realm that it meant and `realm` the one that it means now.
    """

    def __init__(self, name: str, known: str, realm: str) -> None:
        super().__init__(
            f"index '{name}' was {known} and is now {realm}; "
            f"'--accept-index {name}' or the configuration can accept it"
        )
        self.name = name
        self.known = known
        self.realm = realm


class ProgramError(UvxError):
    """A program could not be run, or did not answer as it should."""


class SlowError(ProgramError):
    """A program did not answer in time, and was stopped."""


class AnswerError(UvxError):
    """What a program answered holds no secret that can be used."""

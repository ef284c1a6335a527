"""Every error of this package. This module imports nothing.

UvxError
├── ProtocolError      what Git sent breaks the format of a protocol
├── ServiceError       a URL, host or path does not name a service
│   └── FormError      a URL is not an http or https URL in normal form
├── StoreError         a store cannot be read or written
│   ├── DocumentError  a store's file is not in its format
│   └── LockError      somebody else kept the store locked for too long
├── ConfigError        the configuration cannot be used
├── VariableError      an environment variable with a credential cannot be used
├── IndexesError       a file or variable that names uv's indexes cannot be used
├── BindingError       an index's name points to another realm than before
├── UnboundError       an index's name is used first in a CI job
├── PolicyError        an index's policy forbids credentials, or requires some
├── QueryError         a question contradicts itself or uv's configuration
├── HttpError          a request cannot be sent as it was asked for
│   ├── RedirectError  a redirect leads where no request goes
│   └── TlsError       certificates that were named cannot be used
├── AccountError       a login, or what was said about an account, cannot be used
├── GitError           Git's own configuration cannot be read or changed
├── RefusedError       a URL may have a secret that cannot be taken out safely
├── BaselineError      a baseline of the sanitizer cannot be used
├── ProgramError       a program could not be run, or did not answer as it should
│   ├── NoProgramError there is no such program
│   └── SlowError      a program did not answer in time
├── AnswerError        the output of a program has no secret
├── SourceError        a file to import from cannot be read or changed
└── AddError           what is to be added cannot be added, or not safely

A message is one line in lower case without a full stop, fault first. It names the key, the file and
the line. It quotes only values that cannot be secrets: a host, a port, the name of an index.
"""


def printable(text: str) -> str:
    """A text for a terminal, with control characters as escapes: names and paths can have any."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


NO_FOLDER = "the working directory is gone; 'cd' to another"


def system_fault(error: OSError) -> str:
    """What the system said, in our own form, with the path if it names one."""
    reason = error.strerror or "input/output error"
    place = f" ('{error.filename}')" if isinstance(error.filename, str) else ""
    return f"{reason[0].lower()}{reason[1:]}{place}"


def unexpected(error: BaseException) -> str:
    """What to say about an error that nobody foresaw: never its text, which can hold a secret."""
    return f"failed unexpectedly ({type(error).__name__})"


class UvxError(Exception):
    """Anything that this package reports instead of answering."""

    @property
    def parts(self) -> tuple[str, str]:
        """The fault, and the advice that follows it; "" if there is none."""
        fault, _, advice = str(self).partition("; ")
        return fault, advice


class ProtocolError(UvxError):
    """What Git sent breaks the credential helper protocol or the filter protocol."""


class ServiceError(UvxError):
    """A URL, host or path does not name a service.

    A `{}` in `fault` stands for `subject`, the key of Git's protocol that is wrong, with `value` if
    that cannot be a secret.
    """

    def __init__(self, fault: str, subject: str = "", value: str = "") -> None:
        self.fault = fault
        self.subject = subject
        self.value = printable(value)
        super().__init__(self.about())

    def about(self, **names: str) -> str:
        """The message with other names for keys, for a person who never saw the protocol."""
        if not self.subject:
            return self.fault
        if self.value:
            return self.fault.replace("{}", f"{self.subject} '{self.value}'", 1)
        return self.fault.replace("{}", names.get(self.subject, f"'{self.subject}'"), 1)


class FormError(ServiceError):
    """A URL is not an http or https URL in normal form."""


class StoreError(UvxError):
    """A store cannot be read or written."""


class DocumentError(StoreError):
    """A store's file is not in its format.

    `line` is the line (from 1) of the fault where it is known, else 0.
    """

    def __init__(self, fault: str, line: int = 0) -> None:
        super().__init__(fault)
        self.line = line


class LockError(StoreError):
    """The lock of a store could not be had in time."""


class ConfigError(UvxError):
    """The configuration cannot be read, or says what it cannot."""


class VariableError(UvxError):
    """An environment variable for a credential cannot be used."""


class IndexesError(UvxError):
    """A file or variable that names uv's indexes cannot be used."""


class BindingError(UvxError):
    """An index's name points to another realm than before.

    `name` is the index, `known` the realm that it meant and `realm` the one that it means now;
    `pinned` if the user's own configuration says what it means.
    """

    def __init__(self, name: str, known: str, realm: str, *, pinned: bool = False) -> None:
        fault = f"index '{name}' was {known} but is now {realm}"
        accept = f"'git-credential-uvx explain URL --accept-index {name}'"
        advice = f"{accept} accepts the change"
        if pinned:
            fault = f"your configuration or environment says that index '{name}' is at {known}"
            advice = f"a project's file says {realm}; correct one, or use {accept}"
        super().__init__(f"{fault}; {advice}")
        self.name = name
        self.known = known
        self.realm = realm


class UnboundError(UvxError):
    """In a CI job, only a project's file says which realm an index's name means.

    `variable` is the one that could say it.
    """

    def __init__(self, name: str, realm: str, variable: str) -> None:
        super().__init__(
            f"only a project's file says that index '{name}' is at {realm}, and this is a CI job; "
            f"if that is right, set {variable}={realm} in the job's configuration"
        )


class PolicyError(UvxError):
    """An index's policy forbids credentials, or requires some where there are none."""


class QueryError(UvxError):
    """What somebody asks contradicts itself or uv's configuration."""


class HttpError(UvxError):
    """A request cannot be sent with what it would carry, or must not be sent without."""


class RedirectError(HttpError):
    """A redirect leads where no request goes, or would take along what it must not."""


class TlsError(HttpError):
    """Certificates that somebody named cannot be used."""


class AccountError(UvxError):
    """What somebody said about an account cannot be understood or used."""


class GitError(UvxError):
    """Git's own configuration cannot be read or changed."""


class RefusedError(UvxError):
    """Programs do not agree where the secret of a URL begins and ends."""


class BaselineError(UvxError):
    """A baseline of the sanitizer is not what it writes."""


class ProgramError(UvxError):
    """A program could not be run, or did not answer as it should."""


class NoProgramError(ProgramError):
    """There is no program of this name, on PATH or at its absolute path."""


class SlowError(ProgramError):
    """A program did not answer in time, and was stopped."""


class AnswerError(UvxError):
    """The output of a program has no secret that can be used."""


class SourceError(UvxError):
    """A file that credentials are imported from cannot be read or changed."""


class AddError(UvxError):
    """What is to be added cannot be added, or not safely."""

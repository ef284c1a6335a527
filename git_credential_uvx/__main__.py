"""Where Git enters: get, store and erase go straight to the helper, all else to the command line.

For Git operations, only this module touches arguments, standard streams and the exit status. Every
`git fetch` waits for what it imports.
"""

import os
import sys


def _leave_working_folder() -> None:
    """Remove the working folder, and relative entries of PYTHONPATH, from `sys.path`."""
    if not sys.flags.safe_path:
        del sys.path[0]
    paths = "" if sys.flags.ignore_environment else os.environ.get("PYTHONPATH", "")
    for entry in paths.split(os.pathsep) if paths else ():
        if not os.path.isabs(entry):
            folder = os.path.abspath(entry)
            sys.path[:] = [path for path in sys.path if path not in (entry, folder)]


if __name__ == "__main__":  # the modules of this package are found without `sys.path`
    _leave_working_folder()

from . import system  # noqa: E402
from .errors import UvxError, printable, system_fault  # noqa: E402
from .system import platform  # noqa: E402

_OPERATIONS = ("get", "store", "erase", "capability")
_VERBOSE = ("-v", "--verbose")
_MANNERS = (*_VERBOSE, "-q", "--quiet")  # an operation prints no more than it must anyway
_INTERRUPTED = 130  # what shells say of a command that Ctrl-C ended
_WAITING = (
    "reading a request, as Git sends it: 'protocol=https', 'host=...', and an empty line; "
    "people use 'git-credential-uvx token HOST'"
)
_PIPE = 65_536  # bytes that a pipe holds: a request comes in one read


def main() -> int:
    """Run the command; the exit status."""
    arguments = sys.argv[1:]
    if arguments[:1] != ["exec"]:  # which holds no secret, and whose command has its own limits
        platform.forbid_core_dumps()
    # Options stand before the operation, as in `credential.helper = uvx -v`.
    *options, operation = arguments or [""]
    if operation in _OPERATIONS and all(option in _MANNERS for option in options):
        is_verbose = any(option in _VERBOSE for option in options)
        if is_verbose or system.TRACE in os.environ or system.GIT_TRACE in os.environ:
            status = _traced(operation, verbose=is_verbose)
        else:
            status = _git_operation(operation)
        # Nothing is left to flush, and tearing the interpreter down takes a tenth of the time.
        os._exit(status)
    if sys.flags.no_site:
        # Unlike Git's operations, commands for people use other packages, which can be anywhere.
        import site

        site.main()
    try:
        # Ctrl-C can come while this import takes its tenth of a second.
        from .cli import main as command_line

        return command_line(arguments, sys.argv[0])
    except KeyboardInterrupt:
        return _INTERRUPTED


def _traced(operation: str, *, verbose: bool) -> int:
    """Answer Git, and trace how."""
    try:
        from .system import trace
        from .tracing import about, clean

        trace.begin(os.environ, _trace_line, clean, about(), verbose=verbose)
    except Exception as error:  # a trace must not make a fetch fail
        print_error(f"no trace is possible ({type(error).__name__})")
        return _git_operation(operation)
    status = _git_operation(operation)
    trace.end(status)
    return status


def _trace_line(text: str) -> None:
    _print(f"trace: {text}")


def _git_operation(operation: str) -> int:
    """Answer Git. The status is 0 even after a failure, so that Git asks others or the user."""
    try:
        os.umask(0o077)
        output, warnings = _answer(operation)
        for warning in warnings:
            print_error(warning)
        _write(1, output)
        if system.tracer is not None:
            from .tracing import outcome

            system.tracer(outcome(operation, output))
    except UvxError as error:
        print_error(str(error))
    except BrokenPipeError:
        pass
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:
        print_error(f"'{operation}' failed: {system_fault(error)}")
    except Exception as error:  # a traceback could show what is being handled
        print_error(f"'{operation}' failed unexpectedly ({type(error).__name__})")
    return 0


def _answer(operation: str) -> tuple[bytes, list[str]]:
    if operation == "capability":
        from .helper import CAPABILITIES

        return CAPABILITIES, []
    from .protocol import parse

    request = parse(_request())
    if system.tracer is not None:
        from .tracing import described

        system.tracer(described(operation, request))
    from time import time

    from .helper import answer
    from .resolver import Resolver
    from .system.settings import GUARD, from_process

    settings = from_process()
    if GUARD in settings.environ:
        # A command of ours runs this Git and waits for it, so asking us again could hang.
        return b"", []
    return answer(operation, request, Resolver(settings), int(time()))


def _request() -> bytes:
    """Standard input up to the blank line that ends a request, or a little further."""
    from .protocol import REQUEST_LIMIT, complete

    if os.isatty(0):
        print_error(_WAITING)
    data = b""
    while len(data) <= REQUEST_LIMIT and not complete(data):
        part = os.read(0, _PIPE)
        if not part:
            break
        data += part
    return data


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def print_error(fault: str) -> None:
    """Report a fault in one line on standard error, and in the trace."""
    if system.tracer is not None:
        system.tracer(fault)
    _print(fault)


def _print(text: str) -> None:
    # A path can hold any character.
    try:
        _write(2, f"git-credential-uvx: {printable(text)}\n".encode(errors="backslashreplace"))
    except OSError:
        pass


if __name__ == "__main__":
    sys.exit(main())

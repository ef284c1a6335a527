"""uv's package indexes: what configures them, and which one a URL belongs to.

Git operations do not use them, because these read no file of the working directory or its parents.
Values are taken as they are: variables in them are not expanded. An index from a project's file is
marked as not trusted. It counts for names and policies, but before the secret of a variable goes
there, the caller asks `bindings`.

Pure; `discovery` finds the files.
"""

from __future__ import annotations

from ..errors import DocumentError, FormError, IndexesError, ServiceError, printable
from ..query import variable_name
from ..toml.values import Values, read_values
from ..urls.parts import UrlParts
from ..urls.service import Service, root_of, service_from_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..credential import Secret

POLICIES = ("auto", "always", "never")
PIN = "UVX_INDEX_{}_URL"  # which realm the user gives to the index of that name

_ODD_NAME = "has other characters than letters, digits, '-', '_', '.'"
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


class Index:
    """A package index.

    `name` is None for an index without one. `service` is its URL. `root` is the URL without a last
    segment `simple` or `+simple`; it covers the URLs that belong to the index. `policy` is "auto",
    "always" or "never". `publish` is where packages are uploaded to. `where` is the file and line,
    or the variable. `trusted` is False for an index of a project's file, and `pinned` is then the
    realm that a trusted place gives to an index with the same variables. `username` and `password`
    are those of its URL.
    """

    __slots__ = (
        "name",
        "password",
        "pinned",
        "policy",
        "publish",
        "root",
        "service",
        "trusted",
        "username",
        "where",
    )

    def __init__(
        self,
        service: Service,
        where: str,
        *,
        name: str | None = None,
        policy: str = "auto",
        publish: Service | None = None,
        trusted: bool = True,
        username: bytes | None = None,
        password: Secret | None = None,
    ) -> None:
        self.service = service
        self.root = root_of(service)
        self.where = where
        self.name = name
        self.policy = policy
        self.publish = publish
        self.trusted = trusted
        self.pinned: str | None = None
        self.username = username
        self.password = password

    def is_for(self, service: Service) -> bool:
        """Whether the user's own configuration says that this index is at a service's realm.

        A project's file alone does not count.
        """
        if not self.trusted:
            return self.pinned == service.realm
        return service.realm in (self.service.realm, self.publish and self.publish.realm)

    def __repr__(self) -> str:
        return f"Index({self.name!r}, {str(self.service)!r}, policy={self.policy!r})"


def index_of(service: Service, indexes: Iterable[Index]) -> Index | None:
    """The index that a URL belongs to: the one with the longest root that covers it.

    If several have the same root, the strictest policy counts, then the first. uv 0.13 takes any
    index that covers the URL.
    """
    best: Index | None = None
    for index in indexes:
        if index.root.covers(service) and (best is None or _rank(index) > _rank(best)):
            best = index
    return best


def _rank(index: Index) -> tuple[int, int]:
    return len(index.root.path), POLICIES.index(index.policy)


def by_name(name: str, indexes: Iterable[Index]) -> Index | None:
    """The index of exactly this name."""
    return next((index for index in indexes if index.name == name), None)


def never_fault(index: Index) -> str:
    """The message for credentials in a URL of an index with the policy "never"."""
    return f'credentials in a URL of {_called(index)}, which says authenticate = "never"'


def always_fault(index: Index) -> str:
    """The message if no source answers for an index with the policy "always"."""
    from shlex import quote  # the URL can be from a project's file, and the command gets pasted

    return (
        f'no credentials for {_called(index)}, which says authenticate = "always"; '
        f"run: uv auth login {quote(str(index.root))}"
    )


def _called(index: Index) -> str:
    name = f"index '{index.name}'" if index.name is not None else f"the index {index.root.realm}"
    return f"{name} ({index.where})"


class Layer:
    """What one place says, a file or the environment.

    `indexes` are names and indexes in their order, with None for a URL that is no web service. Of
    `index_url` and `pip_index_url` only the first place that has one counts. `insecure` are hosts
    whose certificates are not verified. `pins` are the realms that it gives to names of variables.
    `trusted` is whether the user chose the place.
    """

    __slots__ = ("index_url", "indexes", "insecure", "pins", "pip_index_url", "trusted")

    def __init__(self, *, trusted: bool = True) -> None:
        self.trusted = trusted
        self.indexes: list[tuple[str | None, Index | None]] = []
        self.insecure: list[str] = []
        self.pins: dict[str, str] = {}
        self.index_url: Index | None = None
        self.pip_index_url: Index | None = None


def combined(layers: Iterable[Layer]) -> list[Index]:
    """All indexes of several places, which are in order of precedence.

    If several have the same name, the first counts, as in uv.
    """
    layers = list(layers)
    seen: set[str] = set()
    found: list[Index] = []
    pins = {key: realm for layer in layers for key, realm in layer.pins.items()}
    for name, index in (pair for layer in layers for pair in layer.indexes):
        if index is not None and name is not None and index.trusted:
            pins.setdefault(variable_name(name), index.service.realm)
        if index is not None and (name is None or name not in seen):
            found.append(index)
        if name is not None:
            seen.add(name)
    for index in found:
        if index.name is not None and not index.trusted:
            index.pinned = pins.get(variable_name(index.name))
    for key in ("index_url", "pip_index_url"):
        found += [i for layer in layers if (i := getattr(layer, key)) is not None][:1]
    return found


def from_environ(environ: Mapping[str, str]) -> Layer:
    """What the environment says. Raises IndexesError, which names the variable."""
    layer = Layer()
    default = environ.get("UV_DEFAULT_INDEX")
    named = [("UV_DEFAULT_INDEX", default)] if default else []
    # uv splits each of these three lists in a different way.
    for variable, text in named + [("UV_INDEX", t) for t in environ.get("UV_INDEX", "").split()]:
        name, equals, url = text.partition("=")
        if not equals or ":" in name:
            layer.indexes.append((None, _from_variable(text, variable)))
        elif not _NAME.issuperset(name):
            raise IndexesError(f"cannot read {variable}: a name {_ODD_NAME}")
        else:
            layer.indexes.append((name, _from_variable(url, variable, name)))
    for variable, separator in (("UV_EXTRA_INDEX_URL", " "), ("UV_FIND_LINKS", ",")):
        for text in environ.get(variable, "").split(separator):
            layer.indexes.append((None, _from_variable(text, variable)))
    layer.index_url = _from_variable(environ.get("UV_INDEX_URL", ""), "UV_INDEX_URL")
    layer.insecure = environ.get("UV_INSECURE_HOST", "").split()
    layer.pins = _pins(environ)
    return layer


def _pins(environ: Mapping[str, str]) -> dict[str, str]:
    """The realms that variables give to indexes, by the variable's own spelling of the name."""
    before, after = PIN.split("{}")
    pins = {}
    for variable, url in environ.items():
        key = variable.removeprefix(before).removesuffix(after)
        if url and variable == PIN.format(key) and key == variable_name(key):
            try:
                service = service_from_url(url)
            except ServiceError:
                service = None
            if service is None:
                raise IndexesError(f"cannot read {variable}: it is not an http or https URL")
            pins[key] = service.realm
    return pins


def _from_variable(text: str, variable: str, name: str | None = None) -> Index | None:
    try:
        return _index(text, variable, name=name)
    except ServiceError as error:
        raise IndexesError(f"cannot read {variable}: {error.about(url='a URL')}") from None


def from_file(data: bytes, path: str, *, trusted: bool) -> Layer | None:
    """What a uv.toml says, or the `[tool.uv]` of a pyproject.toml; None for one without that.

    `path` is the file's, for its kind and for messages. Raises IndexesError with file and line.
    """
    try:
        values = read_values(data)
    except DocumentError as error:
        raise IndexesError(_unreadable(path, error.line, str(error))) from None
    prefix: tuple[str, ...] = ()
    tree: object = values.tree
    if path.rpartition("/")[2] == "pyproject.toml":
        prefix = ("tool", "uv")
        for key in prefix:
            tree = tree.get(key) if isinstance(tree, dict) else None
        if tree is None:
            return None
    reader = _TableReader(values, path, trusted)
    return reader.layer(reader.table(tree, *prefix), prefix)


def setting(data: bytes, path: str, key: str) -> str | None:
    """A setting of a uv.toml that is a string; None if it is not there. Raises IndexesError."""
    try:
        values = read_values(data)
    except DocumentError as error:
        raise IndexesError(_unreadable(path, error.line, str(error))) from None
    value = values.tree.get(key)
    if value is None:
        return None
    return _TableReader(values, path, trusted=True).text(value, key)


class _TableReader:
    """Checks and reads the values of one file."""

    __slots__ = ("path", "trusted", "values")

    def __init__(self, values: Values, path: str, trusted: bool) -> None:
        self.values = values
        self.path = path
        self.trusted = trusted

    def fault(self, text: str, *path: str | int) -> IndexesError:
        return IndexesError(_unreadable(self.path, self.values.line(*path), text))

    def table(self, value: object, *path: str | int) -> dict[str, object]:
        if not isinstance(value, dict):
            raise self.fault(f"'{path[-1]}' is not a table", *path)
        return value

    def array(self, value: object, *path: str | int) -> list[object]:
        if not isinstance(value, list):
            raise self.fault(f"'{path[-1]}' is not an array", *path)
        return value

    def text(self, value: object, *path: str | int) -> str:
        if not isinstance(value, str):
            key = next(part for part in reversed(path) if isinstance(part, str))
            raise self.fault(f"'{key}' has other values than strings", *path)
        return value

    def layer(self, tree: dict[str, object], prefix: tuple[str, ...]) -> Layer:
        layer = Layer(trusted=self.trusted)
        entries = self.array(tree.get("index", []), *prefix, "index")
        for number, entry in enumerate(entries):
            layer.indexes.append(self.entry(entry, *prefix, "index", number))
        layer.index_url = self.lists(layer, tree, prefix)
        if "pip" in tree:
            pip = self.table(tree["pip"], *prefix, "pip")
            layer.pip_index_url = self.lists(layer, pip, (*prefix, "pip"))
        key = "allow-insecure-host"
        for number, value in enumerate(self.array(tree.get(key, []), *prefix, key)):
            layer.insecure.append(self.text(value, *prefix, key, number))
        return layer

    def entry(self, value: object, *path: str | int) -> tuple[str | None, Index | None]:
        if not isinstance(value, dict):
            raise self.fault("an index is not a table", *path)
        if "url" not in value:
            raise self.fault("an index has no 'url'", *path)
        name = self.text(value["name"], *path, "name") if "name" in value else None
        if name is not None and not _NAME.issuperset(name):
            raise self.fault(f"'name' {_ODD_NAME}", *path, "name")
        policy = value.get("authenticate", "auto")
        if policy not in POLICIES:
            at = (*path, "authenticate")
            raise self.fault("'authenticate' is neither auto nor always nor never", *at)
        index = self.index(value["url"], *path, "url", name=name, policy=str(policy))
        if index is not None and "publish-url" in value:
            target = self.index(value["publish-url"], *path, "publish-url")
            index.publish = None if target is None else target.service
        return name, index

    def lists(self, layer: Layer, tree: dict[str, object], prefix: tuple[str, ...]) -> Index | None:
        """Put the extra indexes of a table into the layer; the table's main one."""
        for key in ("extra-index-url", "find-links"):
            for number, value in enumerate(self.array(tree.get(key, []), *prefix, key)):
                layer.indexes.append((None, self.index(value, *prefix, key, number)))
        return self.index(tree.get("index-url", ""), *prefix, "index-url")

    def index(
        self, value: object, *path: str | int, name: str | None = None, policy: str = "auto"
    ) -> Index | None:
        key = next(part for part in reversed(path) if isinstance(part, str))
        text = self.text(value, *path)
        where = f"{printable(self.path)}, line {self.values.line(*path)}"
        try:
            return _index(text, where, name=name, policy=policy, trusted=self.trusted)
        except ServiceError as error:
            raise self.fault(error.about(url=f"'{key}'"), *path) from None


def _index(
    text: str, where: str, *, name: str | None = None, policy: str = "auto", trusted: bool = True
) -> Index | None:
    """The index of a URL; None for a path, a name, or a URL that no request of ours could be for.

    Raises ServiceError.
    """
    text = text.strip()
    if not text.lower().startswith(("https:", "http:")):
        return None
    if not text.isprintable():
        raise ServiceError("{} has a control character", "url")
    try:
        parts = UrlParts(text)
    except FormError:
        # Nobody can ask about it, so no credential is sent. But a "never" must not get lost.
        if policy != "never":
            return None
        fault = "{} is a URL that programs read differently"
        raise ServiceError(fault, "url") from None
    return Index(
        parts.service,
        where,
        name=name,
        policy=policy,
        trusted=trusted,
        username=parts.username,
        password=parts.password,
    )


def _unreadable(path: str, line: int, fault: str) -> str:
    return f"cannot read '{printable(path)}'{f', line {line}' if line else ''}: {fault}"

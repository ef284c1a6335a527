"""One text for each format that carries URLs, with secrets wherever the format carries one.

`{u:CANARY@}` and the like mark what has to go.
"""

from __future__ import annotations

H = "0" * 64

PYPROJECT = """\
[project]
name = "demo"
version = "1"
dependencies = [
  "a @ git+https://{CANARY-0123456789@}git.test/o/a@v1#subdirectory=x",
  "b[x,y]@https://{u:CANARY@}h.test/b-1.whl?k=v{&token=CANARY};python_version<'3.13'",
  'c @ https://{oauth2:CANARY@}h.test/c.zip ; sys_platform == "linux"',
  # "old @ git+https://{__token__:CANARY@}h.test/o/old.git",
  "d @ git+ssh://git@github.com/o/d",
  "e @ https://${TOKEN}@h.test/e.whl", "f>=1 ; python_version < '4'",
]
[project.optional-dependencies]
x = ["g @ https://h.test/g.whl?X-Amz-Date=1{&X-Amz-Signature=CANARY}#sha256=00"]
[dependency-groups]
dev = ["h @ hg+https://{CANARY-0123456789@}h.test/h", {include-group = "lint"}]
[build-system]
requires = ["i @ https://{u:CANARY@}h.test/i.whl"]
[tool.uv.sources]
a = { git = "https://{u:CANARY@}h.test/o/a.git", rev = "v1" }
b = {url="https://{CANARY-0123456789@}h.test/b.whl"}
[[tool.uv.index]]
name = "corp"
url = "https://{u:p%40CANARY@}h.test:8443/simple/"
publish-url = 'https://{CANARY-0123456789@}h.test/upload'
[tool.uv]
find-links = ["https://{u:CANARY@}h.test/links"]
[tool.poetry.dependencies]
j = { git = "https://{u:CANARY@}h.test/o/j.git" }
[[tool.poetry.source]]
url = "https://{u:CANARY@}h.test/simple"
[[tool.pdm.source]]
url = "https://${PDM_U}:${PDM_P}@h.test/simple"
[tool.pdm.scripts]
x = "pip download -i https://{u:CANARY@}h.test/simple a"
[tool.hatch.envs.default.env-vars]
PIP_INDEX_URL = "https://{env:U}:{env:P}@h.test/simple"
UV_INDEX_URL = "https://{u{env:U}:CANARY@}h.test/simple"
"""

UV = """\
index-url = "https://{u:CANARY@}h.test/simple"
extra-index-url = ["https://{CANARY-0123456789@}i.test/simple", "https://j.test/simple"]
# find-links = ["https://{u:CANARY@}h.test"]
[[index]]
url = "https://{u:CANARY@}h.test/simple"
"""

UV_LOCK = f"""\
version = 1
[[package]]
name = "a"
source = {{ git = "https://{{CANARY-0123456789@}}git.test/o/a?rev=v1#{"a" * 40}" }}
[[package]]
name = "b"
source = {{ registry = "https://{{u:CANARY@}}h.test/simple" }}
wheels = [
    {{ url = "https://{{u:CANARY@}}h.test/b-1.whl", hash = "sha256:{H}", size = 1 }},
    {{ url = "https://files.pythonhosted.org/b-2.whl", hash = "sha256:{H}" }},
]
[package.metadata]
requires-dist = [{{ name = "c", url = "https://h.test/c.zip?a=1{{&private_token=CANARY}}" }}]
"""

PYLOCK = f"""\
lock-version = "1.0"
created-by = "uv"
[[packages]]
name = "a"
vcs = {{ type = "git", url = "https://{{u:CANARY@}}h.test/o/a.git", commit-id = "{"a" * 40}" }}
[[packages]]
name = "b"
index = "https://{{u:CANARY@}}h.test/simple"
archive = {{ url = "https://{{CANARY-0123456789@}}h.test/b.zip", hashes = {{ sha256 = "{H}" }} }}
"""

POETRY_LOCK = """\
[[package]]
name = "a"
[package.source]
type = "git"
url = "https://{u:CANARY@}h.test/o/a.git"
reference = "v1"
[[package]]
name = "b"
[package.source]
type = "legacy"
url = "https://{CANARY-0123456789@}h.test/simple"
"""

PDM_LOCK = """\
[[package]]
name = "a"
git = "https://{CANARY-0123456789@}h.test/o/a.git"
[[package]]
name = "b"
url = "https://{u:CANARY@}h.test/b.whl"
files = [{url = "https://{u:CANARY@}h.test/b.whl", hash = "sha256:00"}]
"""

PIPFILE = """\
[[source]]
url = "https://{u:CANARY@}h.test/simple"
verify_ssl = true
name = "corp"
[[source]]
url = "https://$U:${P}@h.test/simple"
[packages]
a = {git = "https://{CANARY-0123456789@}h.test/o/a.git", ref = "v1"}
b = {file = "https://h.test/b.zip{?access_token=CANARY}"}
"""

PIPFILE_LOCK = r"""{
    "_meta": {"sources": [{"name": "corp", "url": "https://{u:CANARY@}h.test/simple"}]},
    "default": {
        "a": {"git": "https:\/\/{CANARY-0123456789@}h.test\/o\/a.git", "ref": "00"},
        "b": {"file": "https://h.test/b.zip?a=1{\u0026token=CANARY}\u0026b=2", "x": "a@b.test"}
    }, "develop": {}, "n": 1e3
}
"""

REQUIREMENTS = """\
# pip-compile --index-url=https://{u:CANARY@}h.test/simple
--index-url https://{u:CANARY@}h.test/simple
--extra-index-url=https://{CANARY-0123456789@}i.test/simple
-i https://{u:CANARY@}h.test/simple
-f https://{u:CANARY@}h.test/links
--trusted-host h.test:8443
-e git+https://{CANARY-0123456789@}git.test/o/r.git@v1#egg=r
a @ https://{u:CANARY@}h.test/a.whl ; python_version < "3.13" \\
    --hash=sha256:00
https://{u:CANARY@}h.test/b.whl --hash=sha256:00
# -e git+https://{u:CANARY@}h.test/o/r
c==1.0  # from https://{u:CANARY@}h.test/simple, mail a@b.test
-e git+ssh://git@github.com/o/d.git
"""

SETUP_CFG = """\
[options]
install_requires =
    a @ git+https://{CANARY-0123456789@}h.test/o/a
    b @ https://{u:CANARY@}h.test/b.whl ; python_version < '4'
dependency_links = https://{u:CANARY@}h.test/links
; c @ https://{u:CANARY@}h.test/c.whl
[easy_install]
index_url = https://{u:CANARY@}h.test/simple
"""

ENVIRONMENT_YML = """\
channels:
  - https://{u:CANARY@}h.test/channel
  - https://h.test/t/keep/channel
  # - https://{u:CANARY@}h.test/old
dependencies: [python, {pip: ["-i https://{u:CANARY@}h.test/simple"]}]
variables: {A: https://{u:CANARY@}h.test, B: c}
"""

GITMODULES = """\
[submodule "a"]
\tpath = a
\turl = https://{CANARY-0123456789@}git.test/o/a.git
[submodule "b"]
\turl = git@github.com:o/b.git
"""

GIT_CONFIG = """\
[remote "origin"]
\turl = https://{x-access-token:CANARY@}github.com/o/r
\tpushurl = ssh://git@github.com/o/r
\tfetch = +refs/heads/*:refs/remotes/origin/*
[url "https://{u:CANARY@}h.test/"]
\tinsteadOf = h:
[http "https://h.test/"]
\tproxy = http://{u:CANARY@}proxy.test:3128
;\turl = "https://{u:CANARY@}h.test/"
"""

SCRIPT = '''\
#!/usr/bin/env -S uv run --script
# /// script
# dependencies = [
#   "a @ git+https://{CANARY-0123456789@}git.test/o/a",
# ]
# [[tool.uv.index]]
# url = "https://{u:CANARY@}h.test/simple"
# ///
"""Mail a@b.test, see https://h.test/."""
print(f"https://{user}:{password}@{host}/")
'''

DOCKERFILE = """\
FROM r.test/img:tag@sha256:00
ARG PIP_INDEX_URL=https://{u:CANARY@}h.test/simple
RUN pip install -i "https://{CANARY-0123456789@}h.test/simple" \\
    'a @ https://{u:CANARY@}h.test/a.whl' && \\
    git clone https://{oauth2:CANARY@}gitlab.com/o/r.git && curl https://${TOKEN}@h.test/x
# RUN git clone https://{u:CANARY@}h.test/r
ADD https://h.test/x.tgz{?sig=CANARY}&se=1 /x
LABEL mail="a@b.test" url="https://h.test/"
"""

FILES = {
    "pyproject.toml": PYPROJECT,
    "uv.toml": UV,
    "uv.lock": UV_LOCK,
    "pylock.toml": PYLOCK,
    "pylock.dev.toml": PYLOCK.replace("vcs =", "vcs="),
    "poetry.lock": POETRY_LOCK,
    "pdm.lock": PDM_LOCK,
    "Pipfile": PIPFILE,
    "Pipfile.lock": PIPFILE_LOCK,
    "requirements.txt": REQUIREMENTS,
    "requirements.in": REQUIREMENTS.replace("\n", "\r\n"),
    "setup.cfg": SETUP_CFG,
    "environment.yml": ENVIRONMENT_YML,
    ".gitmodules": GITMODULES,
    ".git/config": GIT_CONFIG,
    "script.py": SCRIPT,
    "Dockerfile": DOCKERFILE,
}

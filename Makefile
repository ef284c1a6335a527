# Everything runs in a virtual environment of the checkout's own, made on first use.

PYTHON ?= python3
BIN := .venv/bin

# For each harness of `make fuzz`.
SECONDS ?= 20

# Where CI is set, `make test` runs all tests, otherwise all but the slow ones; it also decides how
# often a property is tried (tests/support/budget.py).
PYTEST = $(BIN)/pytest -n auto --dist worksteal
SELECTED := $(if $(CI),,-m "not slow")

# What uses other packages: the command line (click), HTTP (httpx, anyio, certifi, truststore),
# dulwich, editing of TOML (tomlkit), requirements (packaging), gh's YAML (pyyaml) and folders (platformdirs).
USE_OTHERS = tests/http tests/cli/test_check.py tests/cli/test_prompts.py tests/cli/test_setup.py \
  tests/cli/test_streams.py tests/cli/test_verify.py tests/cli/test_add.py \
  tests/cli/test_export.py tests/cli/test_completion.py \
  tests/peers/test_dulwich.py tests/add/test_plan.py tests/transfer/test_readers.py \
  tests/config/test_own.py tests/http/test_pool.py tests/integrations/test_urllib3_pool.py

.PHONY: demo test lowest programs properties fuzz lint audit bench faults soak man screenshots lock clean

demo: .venv/demo ## a private clone on this machine, step by step
	@$(BIN)/python -m scripts.demo

test: programs .venv/test ## the tests
	$(PYTEST) $(SELECTED)

lowest: programs .venv-lowest/made ## what uses other packages, with the lowest versions allowed
	.venv-lowest/bin/pytest -n auto --dist worksteal -m "not slow" $(USE_OTHERS)

programs: ## installs the programs that the tests need (as root), or names those that are missing
	@$(PYTHON) scripts/programs.py

properties: .venv/test ## the property tests, each with thousands of new examples
	HYPOTHESIS_PROFILE=long $(PYTEST) -m hypothesis

fuzz: .venv/fuzz ## every fuzzing harness for SECONDS each, by default 20
	$(BIN)/python -m fuzz --seconds $(SECONDS)

lint: .venv/lint .venv/test ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

audit: .venv/audit .venv/test .venv/lint ## known vulnerabilities and licences of what is used
	$(BIN)/python -m scripts.audit
	$(BIN)/python -m scripts.licences

bench: .venv/test ## times and memory against the peers, into docs/
	$(BIN)/python -m scripts.bench

faults: .venv/test ## a fault at every system call of every command that writes (needs cc)
	$(BIN)/python -m faults

soak: .venv/test ## 500 processes on one store for a minute (needs cc)
	$(BIN)/python -m faults.soak

man: .venv/test ## the manual page, from the help texts
	$(BIN)/python -m scripts.manpage

screenshots: .venv/screenshots ## pictures of the main commands, into docs/screenshots/
	$(BIN)/python -m scripts.screenshots

lock: .venv/audit ## requirements/ and the bill of materials, from pyproject.toml
	$(BIN)/python -m scripts.lock
	$(BIN)/python -m scripts.sbom

clean:
	rm -rf .venv .venv-lowest

# The pip that comes with Python may be too old to read the other lock files.
.venv/pip: requirements/pip.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement $<
	@touch $@

.venv-lowest/made: requirements/lowest.txt requirements/pip.txt pyproject.toml
	$(PYTHON) -m venv --clear .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --require-hashes --requirement requirements/pip.txt
	.venv-lowest/bin/python -m pip install --quiet --require-hashes --requirement $<
	.venv-lowest/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# A stamp for each group: made anew when what it is made of changes. Every file that pip takes is
# pinned by its hash, and so is what builds the package.
.venv/demo .venv/test .venv/lint .venv/screenshots .venv/audit .venv/fuzz: .venv/%: requirements/%.txt pyproject.toml .venv/pip
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/$*.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

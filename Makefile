# Everything runs in a virtual environment of the checkout's own, made on first use.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint bench faults soak man screenshots clean

demo: .venv/demo ## a private clone on this machine, step by step
	@$(BIN)/python -m scripts.demo

test: .venv/test ## all tests
	$(BIN)/pytest -n auto

lint: .venv/lint .venv/test ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/test ## times and memory against the peers, into docs/
	$(BIN)/python -m scripts.bench

faults: .venv/test ## a fault at every system call of every command that writes (needs cc)
	$(BIN)/python -m faults

soak: .venv/test ## 500 processes on one store for a minute (needs cc)
	$(BIN)/python -m faults.soak

man: .venv/test ## the manual page, from the help texts
	$(BIN)/git-credential-uvx man >man/git-credential-uvx.1.new
	mv man/git-credential-uvx.1.new man/git-credential-uvx.1

screenshots: .venv/screenshots ## pictures of the main commands, into docs/screenshots/
	$(BIN)/python -m scripts.screenshots

clean:
	rm -rf .venv

# A stamp for each group: made anew when the project's dependencies change.
.venv/demo .venv/test .venv/lint .venv/screenshots: .venv/%: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable . --group $*
	@touch $@

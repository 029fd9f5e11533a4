# The commands of the project. `make demo` and `make test` are all a new user needs.

PYTHON ?= python3
VENV := .venv
TEST_VENV := .venv-test
OLDEST_VENV := .venv-oldest
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: help demo test lint types oldest golden docs bench clean

help:
	@echo "make demo     install into $(VENV), convert, train and verify the quickstart"
	@echo "make test     fresh environment, lint, types, the whole test suite"
	@echo "make oldest   the runtime's tests on the oldest supported scikit-learn and numpy"
	@echo "make golden   rewrite the golden conversions and outputs of fixtures/"
	@echo "make docs     regenerate the tables in docs/ from the code"
	@echo "make bench    run the benchmarks behind the README's figures"

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e .
	touch $@

demo: $(VENV)/installed
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" bash examples/demo.sh

test:
	$(PYTHON) -m venv --clear $(TEST_VENV)
	$(TEST_VENV)/bin/pip install --quiet --disable-pip-version-check -e '.[test]'
	$(MAKE) lint types
	$(ONE_THREAD) $(TEST_VENV)/bin/pytest -n auto --dist worksteal

lint:
	$(TEST_VENV)/bin/ruff format --check .
	$(TEST_VENV)/bin/ruff check .

types:
	$(TEST_VENV)/bin/mypy

# Oldest supported: what SecretFlow's environment brings, as far as we run there.
oldest:
	$(PYTHON) -m venv --clear $(OLDEST_VENV)
	$(OLDEST_VENV)/bin/pip install --quiet --disable-pip-version-check -e . -r tests/oldest.txt
	$(ONE_THREAD) $(OLDEST_VENV)/bin/pytest -n auto --dist worksteal tests/runtime

golden: $(VENV)/installed
	$(ONE_THREAD) $(VENV)/bin/python fixtures/regenerate.py

docs: $(VENV)/installed
	$(VENV)/bin/python -m fedmigrate.docs

bench: $(VENV)/installed
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	$(VENV)/bin/python benchmarks/cli_speed.py
	$(VENV)/bin/python benchmarks/secure_sum.py
	$(VENV)/bin/python benchmarks/secure_aggregation_peers.py
	$(VENV)/bin/python benchmarks/privacy.py
	$(VENV)/bin/python benchmarks/estimators.py
	$(VENV)/bin/python benchmarks/tool_speed.py
	$(VENV)/bin/python benchmarks/real_scripts.py --run --whole --jobs 2

clean:
	rm -rf $(VENV) $(TEST_VENV) $(OLDEST_VENV) demo

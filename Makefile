# The commands of the project. `make demo` and `make test` are all a new user needs.

PYTHON ?= python3
VENV := .venv
TEST_VENV := .venv-test
OLDEST_VENV := .venv-oldest
PYTHON310 ?= python3.10
SIMULATION_VENV := .venv-secretflow-simulation
PRODUCTION_VENV := .venv-secretflow-production
OURS := click cryptography jinja2 rich tomli pytest hypothesis
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
WORKERS = $$(( $$(getconf _NPROCESSORS_ONLN) + 1 ))  # one more than cores, since tests of deployments mostly wait

.PHONY: help demo demo-flower test lint types oldest test-secretflow golden docs bench clean

help:
	@echo "make demo     install into $(VENV), convert, train and verify the quickstart"
	@echo "make demo-flower   deploy the quickstart on Flower, on this machine; needs Python 3.11"
	@echo "make test     fresh environment, lint, types, the whole test suite"
	@echo "make oldest   what depends on scikit-learn, on its oldest supported version"
	@echo "make test-secretflow   the runtime on SecretFlow; needs Python 3.10 and 3 GB"
	@echo "make golden   rewrite the golden conversions and outputs of fixtures/"
	@echo "make docs     regenerate the tables in docs/ from the code"
	@echo "make bench    run the benchmarks behind the README's figures"

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e .
	touch $@

demo: $(VENV)/installed
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" bash examples/demo.sh

demo-flower: $(VENV)/installed
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -e '.[flower]'
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" bash examples/flower/demo.sh

test:
	$(PYTHON) -m venv --clear $(TEST_VENV)
	$(TEST_VENV)/bin/pip install --quiet --disable-pip-version-check -e '.[test]'
	$(MAKE) lint types
	$(ONE_THREAD) $(TEST_VENV)/bin/pytest -n $(WORKERS) --dist worksteal

lint:
	$(TEST_VENV)/bin/ruff format --check .
	$(TEST_VENV)/bin/ruff check .

types:
	$(TEST_VENV)/bin/mypy

# What depends on no library's version: who takes part, how it is masked, and how rows are dealt.
INDEPENDENT := $(addprefix --ignore=tests/runtime/,aggregation crypto dropouts engines hosting privacy \
	shares vertical/test_alignment.py vertical/test_logistic_on_shares.py \
	vertical/test_products_across_columns.py vertical/test_vertical_refusals.py \
	estimators/private estimators/test_invariance.py estimators/test_vanishing_in_fits.py)

# Oldest supported: what SecretFlow's environment brings, as far as we run there.
oldest:
	$(PYTHON) -m venv --clear $(OLDEST_VENV)
	$(OLDEST_VENV)/bin/pip install --quiet --disable-pip-version-check -e . -r tests/oldest.txt
	$(ONE_THREAD) $(OLDEST_VENV)/bin/pytest -n auto --dist worksteal tests/runtime $(INDEPENDENT)

# SecretFlow pins a pandas that is older than our metadata allows, hence --no-deps.
$(SIMULATION_VENV)/installed: constraints/secretflow-simulation.txt pyproject.toml
	$(PYTHON310) -m venv --clear $(SIMULATION_VENV)
	$(SIMULATION_VENV)/bin/pip install --quiet --disable-pip-version-check -c $< $(OURS) \
		secretflow-lite ray secretflow-rayfed interconnection
	$(SIMULATION_VENV)/bin/pip install --quiet --disable-pip-version-check -c $< --no-deps secretflow
	$(SIMULATION_VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(PRODUCTION_VENV)/installed: constraints/secretflow-production.txt pyproject.toml
	$(PYTHON310) -m venv --clear $(PRODUCTION_VENV)
	$(PRODUCTION_VENV)/bin/pip install --quiet --disable-pip-version-check -c $< $(OURS) secretflow
	$(PRODUCTION_VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

test-secretflow:
	@$(PYTHON310) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' || { \
		echo "SecretFlow needs Python 3.10: make test-secretflow PYTHON310=/path/to/python3.10" >&2; \
		exit 2; }
	$(MAKE) $(SIMULATION_VENV)/installed $(PRODUCTION_VENV)/installed
	$(ONE_THREAD) $(SIMULATION_VENV)/bin/pytest tests/secretflow/simulation
	$(ONE_THREAD) $(PRODUCTION_VENV)/bin/pytest tests/secretflow/production
	$(ONE_THREAD) $(SIMULATION_VENV)/bin/pytest tests/secretflow/production/test_secretflow_same_script.py

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
	rm -rf $(VENV) $(TEST_VENV) $(OLDEST_VENV) $(SIMULATION_VENV) $(PRODUCTION_VENV) demo demo-flower

# Jangbu: the verbs. Python 3.11, pip, git and make are all that a machine needs.
PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check
PORT ?= 8000
WORKERS ?= 2
THREADS ?= 4
TEST_PROCESSES ?= 3
TEST_OPTIONS ?=
SETUP = test -x $(RUN) || $(PYTHON) -m venv $(VENV)
EDITABLE = $(PIP) --no-deps --no-build-isolation -e .

.PHONY: help demo serve worker test lint bench bench-quick lock schema screenshots clean

help:  ## say what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## / {gsub(/\$$\(PORT\)/, "$(PORT)"); printf "  make %-12s %s\n", $$1, $$2}' Makefile

$(VENV)/base.stamp: requirements/base.lock pyproject.toml
	@$(SETUP)
	$(PIP) --require-hashes -r requirements/base.lock
	$(EDITABLE)
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock pyproject.toml
	@$(SETUP)
	$(PIP) --require-hashes -r requirements/dev.lock
	$(EDITABLE)
	@touch $(VENV)/base.stamp $@

demo: $(VENV)/base.stamp  ## set up, run the whole flow on a demo store, print its report
	$(RUN) manage.py demo

serve: $(VENV)/base.stamp  ## open the admin on http://127.0.0.1:$(PORT)/admin/
	$(RUN) manage.py prepare_server --port $(PORT)
	DJANGO_SETTINGS_MODULE=project.settings.prod $(RUN) manage.py collectstatic --no-input --verbosity 0
	DJANGO_SETTINGS_MODULE=project.settings.prod PROMETHEUS_MULTIPROC_DIR=$${JANGBU_DATA_DIR:-var}/metrics \
	$(VENV)/bin/granian --interface wsgi --host 127.0.0.1 --port $(PORT) --workers $(WORKERS) --blocking-threads $(THREADS) --respawn-failed-workers project.wsgi:application

worker: $(VENV)/base.stamp  ## run one Celery worker (needs CELERY_BROKER_URL)
	PROMETHEUS_MULTIPROC_DIR=$${JANGBU_DATA_DIR:-var}/metrics $(VENV)/bin/celery -A project worker --concurrency $(WORKERS) --loglevel WARNING --hostname jangbu-$$$$@%h

test: $(VENV)/dev.stamp  ## set up, run every test (DATABASE_URL and TEST_BROKER_URL choose the engines)
	$(RUN) -m pytest -n $(TEST_PROCESSES) --dist load $(TEST_OPTIONS)

lint: $(VENV)/dev.stamp  ## style, types and floors
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/lint-imports && $(VENV)/bin/mypy

bench: $(VENV)/dev.stamp  ## the benches that exist so far, each beside its yardstick
	$(RUN) scripts/bench_span.py
	$(RUN) scripts/bench_upsert.py
	$(RUN) scripts/bench_admin_pages.py
	$(RUN) scripts/bench_match_engine.py
	$(RUN) scripts/bench_disclosure.py
	$(RUN) scripts/bench_template_render.py
	$(RUN) scripts/bench_comparison_table.py
	$(RUN) scripts/bench_cluster_builder.py
	$(RUN) scripts/bench_refresh_queue.py
	$(RUN) scripts/bench_package.py

bench-quick: $(VENV)/dev.stamp  ## the count budgets and a reduced comparison with the parent commit, inside 3 minutes
	$(RUN) scripts/bench_quick.py

lock: $(VENV)/dev.stamp  ## renew the hashed lock files from requirements/*.in
	$(VENV)/bin/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 requirements/dev.in -o requirements/dev.lock
	$(VENV)/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -c requirements/dev.lock requirements/base.in -o requirements/base.lock

schema: $(VENV)/dev.stamp  ## renew docs/openapi.yaml
	$(RUN) manage.py spectacular --file docs/openapi.yaml --validate --fail-on-warn

screenshots: $(VENV)/dev.stamp  ## renew docs/screenshots from a running server (see the README)
	$(RUN) scripts/take_screenshots.py

clean:  ## remove the environment and everything that was built or stored
	rm -rf $(VENV) var

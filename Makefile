# Two commands do all the set-up: `make run` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
export UV_SYSTEM_CERTS ?= 1
export DO_NOT_TRACK := 1

.PHONY: run refresh test test-fast test-builds test-builds-1 test-builds-2 test-builds-3 test-browser test-clients test-lake test-spark spark-up spark-down clients fuzz lint audit bench ui lock clean

run: .venv/run.stamp
	@$(BIN)/outcomes run --from sample

refresh: .venv/run.stamp
	@$(BIN)/outcomes refresh

ui: .venv/run.stamp
	@$(BIN)/outcomes ui

test: test-fast test-builds

test-fast: .venv/dev.stamp
	@$(BIN)/python -m pytest -m "not end_to_end and not lake and not spark" -n 2 --dist loadfile

# Whole builds wait for disks and processes now and then: three at once keep two cores busy. Tests that look at the same
# build are in one process.
BUILDS_1 := $(addprefix tests/end_to_end/,test_vintages.py test_another_place.py)
LONG_BUILDS := test_kill.py
BUILDS_2 := $(addprefix tests/end_to_end/,$(LONG_BUILDS) test_disk_run.py test_reconciliations.py test_mirror_run.py)
test-builds: .venv/dev.stamp
	@$(MAKE) --no-print-directory -j3 --output-sync=target test-builds-1 test-builds-2 test-builds-3

test-builds-1:
	@$(BIN)/python -m pytest $(BUILDS_1)

test-builds-2:
	@$(BIN)/python -m pytest $(BUILDS_2)

test-builds-3:
	@$(BIN)/python -m pytest -m end_to_end $(addprefix --ignore=,tests/end_to_end/test_kill.py $(BUILDS_1) $(BUILDS_2))

# The scorecard in Chromium (or CHROMIUM); OUTCOMES_SAMPLE_HOME names a sample build to look at, else one is made.
test-browser: .venv/dev.stamp
	@$(BIN)/python -m pytest -m browser

# The mart in a DuckLake (docs/lake.md). Needs Debian's package postgresql; OUTCOMES_SAMPLE_HOME as above.
test-lake: .venv/dev.stamp .venv/lake.stamp .venv/s3.stamp
	@$(BIN)/python -m pytest -m lake

# Programs that read what is published, each in an environment of its own. Those that are not made are skipped by `make test`.
CLIENTS := csvw duckdb_earlier duckdb_oldest frames node sqlalchemy
clients: .venv/dev.stamp $(CLIENTS:%=.venv/clients/%.stamp)

test-clients: clients
	@$(BIN)/python -m pytest -m clients

# Damaged files through the gate and the readers, each in a process that may die of it. It prints its first seed;
# FUZZ="--first SEED --only DATASET" makes the same again, --keep DIR keeps the files of defects.
FUZZ_SECONDS ?= 600
OUTCOMES_PUBLISHED_DIR ?= ../shared/published
fuzz: .venv/dev.stamp
	@$(BIN)/python -m tests.faults.fuzzing --seconds $(FUZZ_SECONDS) --published $(OUTCOMES_PUBLISHED_DIR) $(FUZZ)

lint: .venv/dev.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python .ci/locks.py requirements/*.txt requirements/clients/*.txt tests/clients/node/package-lock.json

# Known vulnerabilities of everything that is locked, but for the clients that are old on purpose; one package may have
# another version in the lock of a client. Its tool has an environment of its own.
audit: .venv/audit.stamp
	@$(BIN)/python .ci/audit.py .venv/audit/bin/pip-audit requirements/dev.txt requirements/uv.txt requirements/audit.txt
	@$(BIN)/python .ci/audit.py .venv/audit/bin/pip-audit requirements/spark.txt
	@for client in csvw frames sqlalchemy; do \
		$(BIN)/python .ci/audit.py .venv/audit/bin/pip-audit requirements/clients/$$client.txt || exit 1; done
	@$(BIN)/python .ci/audit.py .venv/audit/bin/pip-audit requirements/lake.txt
	@$(BIN)/python .ci/audit.py .venv/audit/bin/pip-audit requirements/s3.txt
	@$(BIN)/python .ci/audit.py .venv/audit/bin/pip-audit requirements/bench.txt

# A Spark cluster on this machine (docs/spark.md), and the mart of both engines compared row by row.
spark-up: .venv/spark.stamp
	@$(BIN)/python -m orchestration.spark.cluster up

spark-down: .venv/spark.stamp
	@$(BIN)/python -m orchestration.spark.cluster down

test-spark: .venv/spark.stamp
	@$(BIN)/python -m pytest -m spark $(SPARK_TESTS)

bench: .venv/dev.stamp .venv/bench.stamp
	@$(BIN)/python -m benchmarks

# Lock files: hashes, and no index lines (the registry is the machine's own business).
lock:
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		requirements/uv.in -o requirements/uv.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		requirements/audit.in -o requirements/audit.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		-c requirements/run.txt requirements/bench.in -o requirements/bench.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		-c requirements/dev.txt requirements/lake.in -o requirements/lake.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		requirements/s3.in -o requirements/s3.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra spark -c requirements/dev.txt pyproject.toml -o requirements/spark.txt
	for client in requirements/clients/*.in; do $(BIN)/uv pip compile -q --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header $$client -o $${client%.in}.txt || exit 1; done
	npm install --prefix tests/clients/node --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

.venv/uv.stamp: requirements/uv.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.txt
	@touch $@

.venv/run.stamp: .venv/uv.stamp requirements/run.txt pyproject.toml
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/run.txt
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements/dev.txt
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

# DuckDB's extensions as packages: what `outcomes lake` needs beside the rest.
.venv/lake.stamp: .venv/run.stamp requirements/lake.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/lake.txt
	@touch $@

.venv/s3.stamp: .venv/uv.stamp requirements/s3.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv/s3
	$(BIN)/uv pip install --quiet --compile-bytecode --python .venv/s3/bin/python --require-hashes -r requirements/s3.txt
	@touch $@

.venv/spark.stamp: .venv/dev.stamp requirements/spark.txt
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/spark.txt
	@touch $@

.venv/audit.stamp: .venv/uv.stamp requirements/audit.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv/audit
	$(BIN)/uv pip install --quiet --python .venv/audit/bin/python --require-hashes -r requirements/audit.txt
	@touch $@

# What the project is compared with: dlt, in an environment of its own.
.venv/bench.stamp: .venv/uv.stamp requirements/bench.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv/bench
	$(BIN)/uv pip install --quiet --compile-bytecode --python .venv/bench/bin/python --require-hashes -r requirements/bench.txt
	@touch $@

.venv/clients/node.stamp: tests/clients/node/package-lock.json tests/clients/node/package.json
	@mkdir -p .venv/clients/node
	cp $^ .venv/clients/node
	@npm ci --prefix .venv/clients/node --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

.venv/clients/%.stamp: .venv/uv.stamp requirements/clients/%.txt
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv/clients/$*
	@$(BIN)/uv pip install --quiet --compile-bytecode --python .venv/clients/$*/bin/python --require-hashes -r requirements/clients/$*.txt
	@touch $@

clean:
	rm -rf .venv dbt_project/target dbt_project/logs

# talbuk: `make help` lists what can be done.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SHARED := ../shared
REDOCLY := 2.77.0
CONTRACT := build/contract
MALICE := build/malice
BENCH := build/bench
SBOM := build/sbom
N ?= 100000
SIZES ?= 2500 25000 250000
ROUNDS ?= 5
ENGINE ?= sqlite
EXAMPLES ?= 200
CASES ?= 20000
STEPS ?= 10000
JOBS ?= auto
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup serve test check lint types data docs bench bench-smoke bench-growth bench-bulk bench-profile bench-writes fuzz model faults slow malice clients sbom lock node clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "make %-13s %s\n", $$1, $$2}'

setup: $(READY) ## make the environment in .venv from the hash-pinned lock

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "talbuk needs Python 3.11, 3.12 or 3.13; there is no $(PYTHON) here. Name one: make setup PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { echo "talbuk needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is $$($(PYTHON) -V 2>&1). Name another: make setup PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "talbuk needs Python's venv module with pip, which $(PYTHON) lacks. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $(READY)

serve: $(READY) ## load fixtures/ into talbuk.db and serve it at http://127.0.0.1:8000
	$(BIN)/talbuk load --sync fixtures
	@exec $(BIN)/talbuk serve $(if $(BIND),--bind $(BIND)) $(if $(WORKERS),--workers $(WORKERS))

test: $(READY) ## run the tests, on all cores (JOBS=1)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

check: lint types data ## lint, types, fixtures, locators against the articles where they are at hand

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

data: $(READY)
	$(BIN)/talbuk check
	@if [ -d $(SHARED)/articles ]; then \
		mkdir -p build && rm -f build/check.db* && \
		$(BIN)/talbuk load --database build/check.db fixtures && \
		$(BIN)/talbuk verify --database build/check.db $(SHARED)/articles && \
		$(BIN)/talbuk ledger verify --database build/check.db && \
		$(PYTHON) $(SHARED)/tools/copied_text.py . ; \
	else echo "skipped: locators against the articles, which are not at hand"; fi

docs: $(READY) ## make again what is generated: openapi.json, the fixtures' JSON Schema, examples, README's answers
	$(BIN)/python -m tests.generated
	$(BIN)/python -m tests.guide

bench: $(READY) $(BENCH)/.ready ## measure beside bare Flask, Datasette and FastAPI (needs wrk; an hour; N=10000 ENGINE=postgresql ROUNDS=3)
	$(BIN)/python -m tests.bench.bench --events $(N) --engine $(ENGINE) --rounds $(ROUNDS)

bench-smoke: $(READY) $(BENCH)/.ready ## hold what is measured to answer the same, over 1,000 records (needs wrk)
	$(BIN)/python -m tests.bench.bench --smoke

bench-growth: $(READY) $(BENCH)/.ready ## measure what growth costs (needs wrk; an hour and 40 GB; SIZES="2500 25000")
	$(BIN)/python -m tests.bench.growth --events $(SIZES) --engine $(ENGINE) --rounds $(ROUNDS)

bench-bulk: $(READY) $(BENCH)/.ready ## measure loading, streaming and the start (needs sqlite3; N=10000)
	$(BIN)/python -m tests.bench.bulk --events $(N)

bench-profile: $(READY) $(BENCH)/.ready ## show where the time goes of each kind of answer, of loading and of the start (N=10000)
	$(BIN)/python -m tests.bench.costs --events $(N)

bench-writes: $(READY) $(BENCH)/.ready ## measure writes a second beside a view that inserts one row (needs wrk; N=10000 ROUNDS=3)
	$(BIN)/python -m tests.bench.writes --events $(N) --rounds $(ROUNDS)

fuzz: $(READY) $(CONTRACT)/.ready ## hold 20,000 and more answers to openapi.json (ENGINE=postgresql EXAMPLES=20 CASES=0 SEED=1)
	$(BIN)/python -m tests.contract.fuzz --engine $(ENGINE) --examples $(EXAMPLES) --at-least $(CASES) $(if $(PHASES),--phases $(PHASES)) $(if $(SEED),--seed $(SEED))

malice: $(READY) $(CONTRACT)/.ready $(MALICE)/.ready ## put a million bad inputs to it in five ways, then sqlmap (an hour and more; COUNT=1000 SEED=2 ENGINE=postgresql)
	PYTHONPATH=$(MALICE)/site $(BIN)/python -m tests.security.malice --engine $(ENGINE) $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))
	PYTHONPATH=$(MALICE)/site $(BIN)/python -m tests.security.injection --engine $(ENGINE)

model: $(READY) ## hold 10,000 random writes against a simple model of writing (ENGINE=postgresql STEPS=1000 SEED=7)
	MODEL_STEPS=$(STEPS) MODEL_SEED=$(or $(SEED),1) $(BIN)/python -m pytest tests/api/test_write_model.py -s -k $(ENGINE)

faults: $(READY) ## kill, cut off and interrupt it, and write what held to tests/faults/RESULTS.md (an hour; ONLY=kills SEED=7 TIMES=20)
	$(BIN)/python -m tests.faults.run $(foreach part,$(ONLY),--only $(part)) $(if $(SEED),--seed $(SEED)) $(if $(TIMES),--times $(TIMES))

slow: $(READY) ## attack the shipped proxy with slow clients, and the bare server (needs haproxy, slowhttptest; ONLY="slow-body mixed")
	$(BIN)/python -m tests.security.slow $(if $(ONLY),--only $(ONLY))

clients: $(READY) $(CONTRACT)/.ready $(CONTRACT)/typescript/.ready ## make clients in TypeScript and Python of openapi.json, and use them (needs npm)
	$(BIN)/python -m tests.contract.clients

sbom: $(READY) $(SBOM)/.ready ## write build/sbom.json (CycloneDX): what runs with talbuk, each as the lock has it
	$(BIN)/python -m tests.sbom.runtime > $(SBOM)/requirements.txt
	$(SBOM)/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --validate \
		--output-file build/sbom.json $(SBOM)/requirements.txt

$(SBOM)/.ready: tests/sbom/requirements.lock
	$(PYTHON) -m venv --clear $(SBOM)
	$(SBOM)/bin/python -m pip install --quiet --require-hashes -r tests/sbom/requirements.lock
	@touch $@

$(BENCH)/.ready: tests/bench/requirements.lock
	$(PYTHON) -m venv --clear $(BENCH)/venv
	$(BENCH)/venv/bin/python -m pip install --quiet --require-hashes -r tests/bench/requirements.lock
	@touch $@

$(CONTRACT)/.ready: tests/contract/requirements.lock
	$(PYTHON) -m venv --clear $(CONTRACT)
	$(CONTRACT)/bin/python -m pip install --quiet --require-hashes -r tests/contract/requirements.lock
	@touch $@

$(MALICE)/.ready: tests/security/malice-requirements.lock
	$(BIN)/python -m pip install --quiet --upgrade --target $(MALICE)/site --require-hashes -r tests/security/malice-requirements.lock
	@touch $@

$(CONTRACT)/typescript/.ready: tests/contract/package.json tests/contract/package-lock.json | $(CONTRACT)/.ready
	mkdir -p $(CONTRACT)/typescript
	cp tests/contract/package.json tests/contract/package-lock.json $(CONTRACT)/typescript
	npm ci --silent --no-fund --no-audit --prefix $(CONTRACT)/typescript
	@touch $@

lock: ## pin the dependencies again, with hashes (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --extra postgresql --extra limits --group dev \
		--no-header --no-annotate --no-emit-index-url --quiet pyproject.toml --output-file requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --extra postgresql --extra limits --constraint requirements.lock \
		--no-header --no-annotate --no-emit-index-url --quiet pyproject.toml --output-file deploy/requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--quiet tests/contract/requirements.in --output-file tests/contract/requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--quiet tests/bench/requirements.in --output-file tests/bench/requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--quiet tests/sbom/requirements.in --output-file tests/sbom/requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--quiet tests/security/malice-requirements.in --output-file tests/security/malice-requirements.lock
	cd tests/contract && npm install --package-lock-only --omit-lockfile-registry-resolved --silent && \
		node -p 'const lock = require("./package-lock.json"); Object.values(lock.packages).forEach(p => delete p.funding); JSON.stringify(lock, null, 2)' > lock.json && mv lock.json package-lock.json

node: ## install redocly for the test that lints openapi.json (needs npm)
	npm install --silent --no-save --no-package-lock --no-fund --no-audit @redocly/cli@$(REDOCLY)

clean: ## remove the environment and all that is built
	rm -rf $(VENV) build dist node_modules *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

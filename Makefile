# make run      the hub with a simulated fleet; HUB_… variables are passed on
# make test     everything a change has to pass       make check   the linters alone
# make venv     .venv with what the hub needs         make build   the dashboard
# make lock     the lock files anew (UPGRADE=1: newest versions)
# make clean    all that is made, but not ./data

.DEFAULT_GOAL := run
.PHONY: venv dev build run check test lock generate packages clean
.DELETE_ON_ERROR:
.NOTPARALLEL:

SOURCES := dashboard/index.html dashboard/vite.config.ts dashboard/tsconfig.json \
	$(shell find dashboard/src dashboard/public -not -name '*.test.ts' -not -name '*.test.tsx' 2>/dev/null)

venv: .venv/.run
dev: .venv/.dev
build: hub/static/index.html

.venv/.run: requirements.txt pyproject.toml
	@scripts/venv run

.venv/.dev: requirements-dev.txt requirements.txt pyproject.toml
	@scripts/venv dev

dashboard/node_modules/.package-lock.json: dashboard/package-lock.json dashboard/package.json dashboard/.npmrc | venv
	@scripts/node
	@PATH="$(CURDIR)/.venv/bin:$$PATH" npm --prefix dashboard ci --silent
	@touch $@

hub/static/index.html: $(SOURCES) dashboard/node_modules/.package-lock.json
	@scripts/build

run: venv build
	@exec .venv/bin/hub demo $(ARGS)

check: dev dashboard/node_modules/.package-lock.json
	@scripts/check

test: packages dev dashboard/node_modules/.package-lock.json
	@scripts/test $(ARGS)

packages:
	@scripts/packages

generate: dev
	@.venv/bin/python scripts/generate.py

lock: dev
	@scripts/lock

clean:
	rm -rf .venv hub/static dashboard/node_modules dashboard/dist dashboard/coverage dist
	rm -rf .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

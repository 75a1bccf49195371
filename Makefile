# Trimaran. Every target sets up what it needs, says what it does, and works on a fresh machine. `make` lists them: what
# follows a `##` is what the list says.

.DEFAULT_GOAL := help
.PHONY: help demo test data test-clients conformance hostile fuzz lint bench docs debugger package release-check python kotlin swift native program programs spec clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: python kotlin swift program ## one real WebAssembly program from Python, Kotlin and Swift
	tools/demo

test: data debugger kotlin swift program programs spec ## every suite of every language, and one summary
	tools/test

data: python ## pandas, polars, pyarrow, duckdb and tqdm, for the tests of Python
	target/python/venv/bin/pip install --disable-pip-version-check --quiet -r tests/python/requirements-data.txt

debugger:
	tools/setup-debugger

test-clients: python kotlin ## packages that were written for wasmtime-py, a notebook, Dask and Spark: the large ones as well
	TRIMARAN_ALL_CLIENTS=1 target/python/venv/bin/python -m pytest -v tests/clients -p no:cacheprovider

conformance: python kotlin swift spec ## the official WebAssembly suite in every language, on both engines
	tools/conformance

hostile: python kotlin swift ## guests and callers that mean harm, in a process each, in every language
	tests/hostile/run

COUNT ?= 1000
FIRST ?= 1000
SECONDS ?= 60

fuzz: python kotlin swift spec ## random bytes, objects and modules (SECONDS=60 COUNT=1000 FIRST=1000)
	TRIMARAN_FUZZ_SECONDS=$(SECONDS) cargo test --release --locked --workspace --test seeds
	tools/conformance --fuzz $(COUNT) $(FIRST)
	tools/fuzz $(SECONDS)

spec:
	tools/spec

native: ## the native library alone, in target/native
	tools/native

python: native ## the wheel, in dist
	tools/python

kotlin: native ## the jar, in dist and in the local Maven repository
	tools/kotlin

swift: native ## the Swift package, built
	tools/setup-swift
	tools/swift swift build --package-path examples/swift
	tools/swift swift build --package-path examples/swift --product trimaran

package: python kotlin swift ## all packages of this machine as they would be published, in target/shipping/packages
	tools/kotlin package
	tools/release native
	tools/release assemble

release-check: package ## those packages, checked, and used as a stranger would: pip, Maven, Gradle, SwiftPM, on other systems too
	tools/release verify
	tools/release sizes
	tools/release lint --all
	tools/smoke/consumers target/shipping/packages
	tools/smoke/systems target/shipping/packages

program:
	tools/program

programs:
	tests/programs/fetch

lint: python swift ## the formatters and linters of every language
	tools/test lint

bench: python kotlin swift ## the speed in every language, beside wasmtime-py and Chicory
	tools/bench

docs: python kotlin swift ## the site: guides, and the API reference of every language, in target/docs
	tools/docs

clean: ## removes what was built
	rm -rf target dist

# Trimaran. Every target sets up what it needs, says what it does, and works on a fresh machine.
#
#   make demo       the same WebAssembly program from Python, Kotlin and Swift
#   make test       every suite of every language, and one summary
#   make python     the wheel       → dist/trimaran-*.whl
#   make kotlin     the jar         → dist/trimaran-*.jar
#   make swift      the Swift package, built
#   make test-clients  packages that were written for wasmtime-py, the large ones as well
#   make conformance  the official WebAssembly suite in every language, on both engines, and one table
#   make hostile    guests and callers that mean harm, in a process each, in every language
#   make fuzz       bytes into every entry and objects in any order (SECONDS=60 each), modules that nobody wrote
#                   (COUNT=1000 FIRST=1000)
#   make lint       formatters and linters of every language
#   make docs       the API reference of every language → target/docs
#   make package    all packages

.PHONY: demo test hostile test-clients programs conformance fuzz spec bench lint docs package python kotlin swift native rust program clean

demo: python kotlin swift program
	tools/demo

test: python kotlin swift program programs spec
	tools/test

test-clients: python
	TRIMARAN_ALL_CLIENTS=1 target/python/venv/bin/python -m pytest -v tests/clients -p no:cacheprovider

conformance: python kotlin swift spec
	tools/conformance

hostile: python kotlin swift
	tests/hostile/run

COUNT ?= 1000
FIRST ?= 1000
SECONDS ?= 60

fuzz: python kotlin swift spec
	TRIMARAN_FUZZ_SECONDS=$(SECONDS) cargo test --release --locked --workspace --test seeds
	tools/conformance --fuzz $(COUNT) $(FIRST)
	tools/fuzz $(SECONDS)

spec:
	tools/spec

native:
	tools/native

python: native
	tools/python

kotlin: native
	tools/kotlin

swift: native
	tools/setup-swift
	tools/swift swift build --package-path examples/swift
	tools/swift swift build --package-path examples/swift --product trimaran

package: python kotlin swift

program:
	tools/program

programs:
	tests/programs/fetch

lint: python swift
	tools/test lint

bench: python kotlin swift
	tools/bench

docs: python kotlin swift
	tools/docs

clean:
	rm -rf target dist

# Two commands: `make run` starts an invented branch with its head office, `make test` runs every test.
# Both install what they lack by name, show progress, and can be repeated.

DEMO ?= target/demo
BRANCHBOX = target/release/branchbox

.PHONY: run test build lint deny clean-demo test-model

run: build
	@exec $(BRANCHBOX) demo --folder $(DEMO) --speech-model tests/fixtures/estate-test-q5_0.bin --meeting tests/fixtures/meeting.wav

build:
	@.ci/packages build
	cargo build --release --locked

test:
	@.ci/packages test
	cargo test --locked --no-fail-fast

# Formatting and lints, where the toolchain has them (rustup component add rustfmt clippy).
lint:
	@if cargo fmt --version >/dev/null 2>&1; then cargo fmt --check; else echo "rustfmt is not installed: skipped"; fi
	@if cargo clippy --version >/dev/null 2>&1; then cargo clippy --all-targets --locked -- -D warnings; else echo "clippy is not installed: skipped"; fi

# Licences, bans and sources of every crate (cargo install cargo-deny).
deny:
	cargo deny check licenses bans sources

# Forgets the demonstration: its listings, its recordings, its keys.
clean-demo:
	rm -rf $(DEMO)

# The speech model of the tests, from nothing (hours; see models/test-model/README.md).
test-model:
	$(MAKE) -C models/test-model

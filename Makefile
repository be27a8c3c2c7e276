# Everything by one name; hosted CI runs the same targets. Longer steps are scripts in tests/bin/.
.DEFAULT_GOAL := help
.PHONY: help run test check bench build deploy logs

help: ## Show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Release: measured cold, 306 s of processor time to 443 s of a debug build, whose dependencies are
# optimised for the tests; the demo then stands in 0.6 s instead of 3 s.
run: ## Serve: without Spotify credentials, the demo
	cargo run --release -p reprise -- serve

test: ## Install what the tests need, then run all of them
	tests/bin/setup
	tests/bin/all

check: ## Formatting, lints, documentation, walls, advisories
	tests/bin/check

bench: ## Measure against the simulator and beside a plain script
	tests/bench/run

build: ## The release binary, target/release/reprise, and the functions for AWS
	cargo build --release -p reprise
	infra/bin/build

deploy: ## Build the functions and deploy them to AWS (docs/DEPLOY.md)
	infra/bin/deploy

logs: ## What the functions on AWS logged in the last hour; TAIL=1 goes on
	infra/bin/logs

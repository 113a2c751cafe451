# `just` alone lists these. They only spell out commands; nothing needs just.

[private]
default:
    @just --list

# Serve everything on this machine, on http://127.0.0.1:7070.
run *options:
    cargo run -- {{ options }}

# The main job from end to end, on a memory stack of its own.
tour:
    cargo run -- tour

# What README names; needs no network and no service.
test *options:
    cargo test --workspace {{ options }}

# All that has to hold before a change lands.
ci:
    bash .ci/run

# Pictures of every page and screen, into screenshots/.
screenshots:
    cargo build -p manifold-local
    tests/browser/run.sh target/debug/manifold screenshots

# Ratios against floors; nothing is timed in a test.
bench *options:
    bash tests/bench/run.sh {{ options }}

# The engines that one would pick instead, over the same pages: installs them from PyPI into a folder of their own.
bench-peers *options:
    bash tests/bench/peers.sh {{ options }}

# Write infra/openapi.json and the other golden files anew, then look at the difference.
openapi:
    UPDATE_GOLDEN=1 cargo test -p manifold-tests openapi
    git diff --stat

# Check the template, its rules, and that the checks bite.
template:
    python -B tests/aws/template.py

# Build the functions for Lambda (cargo-lambda and ziglang from PyPI, aws-sam-cli).
sam-build *options:
    sam build {{ options }}

# Deploy what sam-build made; infra/deploy.md tells the first time.
deploy *options: sam-build
    sam deploy {{ options }}

# Connect, sync, read and disconnect through `sam local`: containers on an engine of its own (root, docker.io, debootstrap).
sam-local:
    bash tests/aws/sam_local.sh

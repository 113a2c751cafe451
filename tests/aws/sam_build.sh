#!/usr/bin/env bash
# `sam build` as infra/deploy.md has it, for this machine's processor and without the long link: what the judges of
# this folder run. The result is in .aws-sam/build.
#
#   tests/aws/sam_build.sh         needs aws-sam-cli, cargo-lambda and ziglang on the PATH
set -euo pipefail
cd "$(dirname "$0")/../.."
case $(uname -m) in aarch64) machine=arm64 ;; *) machine=x86_64 ;; esac
# SAM asks for a region, and for nothing else of AWS.
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-central-1
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1
# All binaries at once before, in the way that sam does it for one after the other: it is quicker, and cargo's own
# words are seen, which sam cuts off.
flags=()
[ "$machine" = x86_64 ] || flags=(--arm64)
(cd functions && cargo lambda build --release --bins "${flags[@]}")
sam build --parameter-overrides "Architecture=$machine"

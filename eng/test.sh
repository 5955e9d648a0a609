#!/usr/bin/env bash
# Runs every test, and ends with one line: N passed, N failed, N skipped.
#
#   eng/test.sh [TIER]...     unit transcripts peers command drivers kills guests demo fuzz   (default: all of them)
#
# Tiers that need what is not here say so and count as skipped. VIADUCT_PEERS names a folder with the kernel's VFIO selftests
# (built from tools/testing/selftests/vfio), LIBVFIO_USER one with libvfio-user's source, LIBVFN and SPDK built
# trees of those (see docs/testing.md); FUZZ_SECONDS (20) is the time that random programs get,
# KILLS (200) the number of servers that are killed.
set -uo pipefail
cd "$(dirname "$0")/.."
root=$PWD
tiers=("$@"); [ ${#tiers[@]} -gt 0 ] || tiers=(unit transcripts peers command drivers kills guests demo fuzz)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

say() { printf '\n== %s\n' "$*"; }
count() { passed=$((passed + $1)); failed=$((failed + $2)); skipped=$((skipped + ${3:-0})); }
check() { # name, command...: one test
  local name=$1; shift
  if "$@" >"$work/out" 2>&1; then echo "ok   $name"; count 1 0; else echo "FAIL $name"; tail -40 "$work/out"; count 0 1; fi
}

. eng/test-unit.sh
. eng/test-programs.sh

eng/install-test-tools.sh || { echo '0 passed, 1 failed'; exit 1; }
for tier in "${tiers[@]}"; do
  case $tier in
    unit) test_unit ;;
    transcripts) prepare_command && test_transcripts ;;
    peers) prepare_command && test_peers ;;
    command) prepare_command && test_command ;;
    drivers) prepare_command && test_drivers ;;
    guests) prepare_command && test_guests ;;
    kills) prepare_command && test_kills ;;
    demo) prepare_command && test_demo ;;
    fuzz) prepare_command && test_fuzz ;;
    *) echo "there is no tier '$tier': $(sed -n '4s/^# *//p' eng/test.sh)"; exit 2 ;;
  esac
done
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

#!/usr/bin/env bash
# Makes the goldens again: has a KVM guest on a real kernel make the calls of lists/ and some random ones.
#
#   regenerate.sh RUNNER
#
# RUNNER is a command that boots a POWER machine (QEMU's pseries, -cpu power10, kernel pages of 64 KiB) where PCI device 0000:00:00.0 is
# bound to vfio-pci, alone in group 0, and KVM-HV is there; it carries files into the program's directory and runs a static ppc64le program:
#   RUNNER -e TRACE -x FILE -- PROGRAM ARG...
# The program's standard output is the runner's; QEMU's events spapr_iommu_pci_put and _get go to TRACE. The goldens came from Linux 7.3.
# Wants powerpc64le-linux-gnu-gcc with a static libc.
set -euo pipefail
cd "$(dirname "$0")"
runner=${1:-}
[ -n "$runner" ] || { sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
steps=1000
seeds=(1 2 3 4 5 6 7)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
powerpc64le-linux-gnu-gcc -static -O2 -Wall -Wextra -o "$work/hypercalls" hypercalls.c
run() { # golden's name, list or nothing, arguments
	local name=$1 list=$2
	shift 2
	# Word splitting is wanted: RUNNER is a command with options.
	# shellcheck disable=SC2086
	$runner -e "$work/trace" ${list:+-x "$list"} -- "$work/hypercalls" "$@" >"$work/out"
	tr -d '\r' <"$work/out" | awk -f merge.awk "$work/trace" - >"$work/golden"
	tail -n 1 "$work/golden" | grep -qx end || { echo "$name: did not come to its end:" >&2; tail -n 3 "$work/golden" >&2; exit 1; }
	case $name in
	random*) gzip -9n <"$work/golden" >"golden/$name.txt.gz" ;;
	*) cp "$work/golden" "golden/$name.txt" ;;
	esac
	echo "$name: $(grep -cE '^(get|put|stuff|indirect) ' "$work/golden") calls"
}
mkdir -p golden
for list in lists/*.txt; do
	run "$(basename "$list" .txt)" "$PWD/$list" "$(basename "$list")"
done
for seed in "${seeds[@]}"; do
	run "random$seed" "" -s "$seed" "$steps"
done

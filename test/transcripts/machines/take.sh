#!/usr/bin/env bash
# Takes the faces of QEMU's cards again, for the replicas that config_sweep runs on: NAME.config, NAME.resource, NAME.writable.
#
#   take.sh RUNNER [NAME]...        RUNNER as for ../regenerate.sh
set -euo pipefail
cd "$(dirname "$0")"
runner=${1:?a command that runs a program on a real kernel; see ../regenerate.sh}
shift
names=("$@")
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(../build.sh --machines config_sweep)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${CC:-gcc}" -O1 -static -Wall -Wextra -o "$work/dump" dump.c
for name in "${names[@]}"; do
	# Word splitting is wanted: both are commands with options.
	# shellcheck disable=SC2046,SC2086
	${runner% --} $(../build.sh --machine real config_sweep "$name") -- "$work/dump" >"$work/out"
	for part in config resource writable; do
		sed -n "/^== $part\$/,/^==/p" "$work/out" | grep -v '^==' >"$name.$part"
	done
	echo "$name: $(wc -l <"$name.config") lines"
done

#!/usr/bin/env bash
# Takes the faces of QEMU's cards again, for the replicas that config_sweep runs on: NAME.config, NAME.resource, NAME.writable.
#
#   take.sh RUNNER [NAME]...        RUNNER as for ../regenerate.sh
set -euo pipefail
cd "$(dirname "$0")"
runner=${1:?a command that runs a program on a real kernel; see ../regenerate.sh}
shift
names=("$@")
[ ${#names[@]} -gt 0 ] || { mapfile -t names < <(../build.sh --machines config_sweep); names+=(pci-serial igbvf); }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${CC:-gcc}" -O1 -static -Wall -Wextra -o "$work/dump" dump.c
for name in "${names[@]}"; do
	case $name in
	igbvf) machine="-d igb" options=-v ;;
	pci-serial) machine="-d pci-serial" options= ;;
	*) machine=$(../build.sh --machine real config_sweep "$name") options= ;;
	esac
	# Word splitting is wanted: all are commands with options.
	# shellcheck disable=SC2086
	${runner% --} $machine -- "$work/dump" $options >"$work/out"
	for part in config resource writable; do
		sed -n "/^== $part\$/,/^==/p" "$work/out" | grep -v '^==' >"$name.$part"
	done
	echo "$name: $(wc -l <"$name.config") lines"
done

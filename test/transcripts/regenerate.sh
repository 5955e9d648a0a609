#!/usr/bin/env bash
# Makes the goldens again: builds each program, runs it on a real Linux kernel, and writes what it prints to
# golden/NAME.txt.
#
#   regenerate.sh RUNNER [NAME]...        NAME: a program, or PROGRAM.MACHINE
#   KERNEL_RUNNER=RUNNER regenerate.sh
#
# RUNNER is a command (with its own options) that runs the static program given after it, with that program's
# arguments, as root on a machine where QEMU's edu device sits at 0000:00:05.0, bound to vfio-pci, behind an IOMMU,
# alone in its group, with RLIMIT_MEMLOCK unlimited; its standard output must be the program's. The goldens came from
# Linux 7.3 in qemu-system-x86_64 -M q35,kernel-irqchip=split -device intel-iommu,intremap=on,caching-mode=on -device
# edu,addr=5. On such a machine itself RUNNER is simply `env`:
#
#   cd test/transcripts && sudo ./regenerate.sh env
#
# Some programs want other machines: `./build.sh --machines NAME` lists them and `./build.sh --machine real NAME [MACHINE]` prints
# the devices of one, each as -d QEMU-DEVICE, where addr= and bus= place a device (all are bound to vfio-pci but bridges and
# pci-serial, which has a driver of the host's). -n stands for an IOMMU without interrupt remapping, -c for a word on the kernel's
# command line, -i for a machine without an IOMMU, and -u for enable_unsafe_noiommu_mode, set before devices are bound. RUNNER is then called as RUNNER -d ... -- NAME.
#
# Where those options begin with the word `power`, the real machine is a pSeries: the program is built for ppc64le (build.sh --power)
# and POWER_RUNNER, a command like RUNNER, runs it as root with RLIMIT_MEMLOCK unlimited. Its kernel has 64 KiB pages, VFIO's sPAPR TCE
# back-end with both types, KVM-HV (nested) with its VFIO device, and one device on its first host bridge, at 0000:00:00.0, bound to
# vfio-pci, alone in its group. The goldens came from Linux 7.3 in qemu-system-ppc64 -M pseries,x-vof=on,cap-nested-hv=on -cpu POWER9
# -m 2048 -device nvme. What follows `power` goes in front of `--`: -D stands for a host bridge without dynamic windows
# (-global spapr-pci-host-bridge.ddw=off), and -d for one more QEMU device, bound to vfio-pci too if it is a PCI function.
# Where they begin with the word `powernv`, it is POWERNV_RUNNER that is asked, for a machine without a hypervisor whose only device
# behind a root port is at 0000:01:00.0; run-powernv.sh is one. RUNNER is not asked for either:
#
#   POWER_RUNNER=... POWERNV_RUNNER=... ./regenerate.sh - spapr_map
#
# A name with a dot and nothing behind it, `spapr_map.`, is the machine without a name alone.
#
# Every program runs twice; an output that is not the same both times is an error and leaves the golden alone.
set -euo pipefail
cd "$(dirname "$0")"
runner=${1:-${KERNEL_RUNNER:-}}
[ $# -gt 0 ] && shift
[ -n "$runner" ] || { sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
programs=("$@")
[ ${#programs[@]} -gt 0 ] || mapfile -t programs < <(./build.sh --list)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
./build.sh "$work" "${programs[@]%%.*}"
failed=0
# The command that runs a program on the machine with these options; a program for POWER is built for it first.
command_for() { # program, options
	local command=$runner kind=${2%% *}
	case $kind in
	power | powernv)
		command=POWER_RUNNER
		[ "$kind" = power ] || command=POWERNV_RUNNER
		[ -n "${!command:-}" ] || { echo "$1: set $command" >&2; return 1; }
		command=${!command}
		./build.sh --power "$work/power" "$1" || return 1
		echo "${command% --} ${2#"$kind"} -- $work/power/$1"
		;;
	"") echo "$command $work/$1" ;;
	*) echo "${command% --} $2 -- $work/$1" ;;
	esac
}
regenerate() { # program, machine or nothing
	local program=$1 name=$1${2:+.$2} ok=1 round command
	command=$(command_for "$program" "$(./build.sh --machine real "$@")") || { failed=1; return; }
	for round in 1 2; do
		# Word splitting is wanted: RUNNER is a command with options.
		# shellcheck disable=SC2086
		$command --quiet-console >"$work/$name.$round" || {
			echo "$name: the runner failed with status $?" >&2
			ok=0
			break
		}
	done
	if [ $ok = 1 ] && ! tail -n 1 "$work/$name.1" | grep -qx '== end'; then
		echo "$name: did not come to its end:" >&2
		tail -n 3 "$work/$name.1" >&2
		ok=0
	fi
	if [ $ok = 1 ] && ! diff -u "$work/$name.1" "$work/$name.2" >&2; then
		echo "$name: two runs differ" >&2
		ok=0
	fi
	if [ $ok = 0 ]; then
		failed=1
		return
	fi
	mkdir -p golden
	cp "$work/$name.1" "golden/$name.txt"
	echo "golden/$name.txt: $(grep -c ' = ' "golden/$name.txt") calls"
}
for name in "${programs[@]}"; do
	machines=("${name#*.}")
	[[ $name == *.* ]] || mapfile -t machines < <(./build.sh --machines "$name")
	[ ${#machines[@]} -gt 0 ] || machines=("")
	for machine in "${machines[@]}"; do
		regenerate "${name%%.*}" $machine
	done
done
exit $failed

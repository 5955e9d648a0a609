#!/usr/bin/env bash
# Runs a static ppc64le program as root on Linux in qemu-system-ppc64 -M powernv9, where every function behind a root port is bound to
# vfio-pci: an NVMe controller at 0000:01:00.0, behind pnv-phb4's first root port. A POWERNV_RUNNER for regenerate.sh.
#
#   run-powernv.sh KERNEL QEMU BUSYBOX CPIO [-d QEMU-DEVICE]... -- PROGRAM [ARG]...
#
# KERNEL is a ppc64le vmlinux with CONFIG_PPC_POWERNV; QEMU the qemu-system-ppc64 command, with skiboot.lid where it finds it; BUSYBOX
# a static one for ppc64le; CPIO a command like `cpio` or `busybox cpio`. The words of each are split. -d is one more device; pcie.1 to
# pcie.5 are the other root ports' buses. MACHINE is powernv9 unless set, LIMIT 170 seconds. The firmware's own lines are left out of
# the output.
set -euo pipefail
[ $# -ge 5 ] || { sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
kernel=$1 qemu=$2 busybox=$3 cpio=$4
shift 4
devices=(-device nvme,serial=a,bus=pcie.0)
while getopts d: option; do
	[ "$option" = d ] || exit 2
	devices+=(-device "$OPTARG")
done
shift $((OPTIND - 1))
[ "${1-}" = -- ] && shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,proc,sys,dev,tmp,run}
cp "$busybox" "$root/bin/busybox"
cp "$1" "$root/run/program"
chmod +x "$root/run/program"
shift
cat >"$root/init" <<EOF
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev; mount -t debugfs d /sys/kernel/debug; mount -t tmpfs t /tmp
for d in \$(ls /sys/bus/pci/devices); do
	case \$(cat /sys/bus/pci/devices/\$d/class) in 0x0604*) continue;; esac
	[ -e /sys/bus/pci/devices/\$d/driver ] && echo \$d >/sys/bus/pci/devices/\$d/driver/unbind
	echo vfio-pci >/sys/bus/pci/devices/\$d/driver_override; echo \$d >/sys/bus/pci/drivers_probe
done
ulimit -l unlimited; cd /run; stty -onlcr; dmesg -n 1
echo "--8<-- begin"
./program $* 2>&1; echo "--8<-- end \$?"
poweroff -f
EOF
chmod +x "$root/init"
# Word splitting is wanted: these are commands with options.
# shellcheck disable=SC2086
(cd "$root" && find . | $cpio -o -H newc 2>/dev/null | gzip -1 >"$work/initrd.gz")
# shellcheck disable=SC2086
timeout "${LIMIT:-170}" $qemu -vga none -M "${MACHINE:-powernv9}" -smp 1 -accel tcg,thread=multi -m 2048 -kernel "$kernel" \
	-initrd "$work/initrd.gz" -append "console=hvc0 quiet panic=-1" "${devices[@]}" -display none -serial "file:$work/log" \
	-no-reboot -nic none </dev/null >&2 || echo "run-powernv.sh: QEMU stopped with status $?" >&2
sed -n '/--8<-- begin/,/--8<-- end/p' "$work/log" | sed '1d;$d' | tr -d '\r' | sed '/^\[ *[0-9]*\.[0-9]*,[0-9]\] /d'
status=$(sed -n 's/.*--8<-- end \([0-9]*\).*/\1/p' "$work/log" | tail -1)
[ -n "$status" ] || { echo "run-powernv.sh: the guest did not finish:" >&2; tail -20 "$work/log" >&2; exit 124; }
exit "$status"

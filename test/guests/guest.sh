#!/usr/bin/env bash
# Boots Linux in QEMU with devices of ours, and runs a script in it.
#
#   test/guests/guest.sh [-a x86_64|ppc64] [-k] [-m memfd|ram|default] [-c CPUS] [-s MIB] [-t SECONDS] [-d QEMU-DEVICE]... SCRIPT [-- QEMU-ARG]...
#
#   -a   the guest's architecture (x86_64: q35; ppc64: pseries)
#   -k   on the host's KVM
#   -m   its memory: memfd (shared with the server, and sealed), ram (shared, not sealed), default (private: DMA by messages)
#   -c   processors (4)        -s   memory in MiB (768)        -t   give up after so many seconds (300)
#   -d   a device in QEMU's syntax, or the path of a vfio-user socket
#   SCRIPT is the guest's init, for busybox's sh; it finds proc, sys, dev and tmp mounted and 8 MiB of random bytes in /seed, and powers off
#        with 'poweroff -f'.
#
# The guest's console goes to stdout. VIADUCT_GUESTS names a folder with tools/qemu-system and oracle/ (kernels, busybox).
set -euo pipefail
arch=x86_64 memory=memfd cpus=4 size=768 limit=300 devices=() accelerator=tcg,thread=multi
while getopts a:km:c:s:t:d: option; do case $option in
  a) arch=$OPTARG ;; k) accelerator=kvm ;; m) memory=$OPTARG ;; c) cpus=$OPTARG ;; s) size=$OPTARG ;; t) limit=$OPTARG ;; d) devices+=("$OPTARG") ;;
  *) sed -n 2,15p "$0" >&2; exit 2 ;;
esac; done
shift $((OPTIND - 1))
[ $# -ge 1 ] || { sed -n 2,15p "$0" >&2; exit 2; }
script=$1; shift
[ "${1-}" = -- ] && shift
given=${VIADUCT_GUESTS:-$(cd "$(dirname "$0")/../.." && pwd)/../shared}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

mkdir -p "$work"/root/{bin,proc,sys,dev,tmp}
head -c 8M /dev/urandom >"$work/root/seed"
{ echo '#!/bin/busybox sh'
  echo '/bin/busybox --install -s /bin'
  echo 'mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev; mount -t tmpfs tmp /tmp; stty -onlcr'
  cat "$script"; } >"$work/root/init"
chmod +x "$work/root/init"

case $arch in
  x86_64)
    cp "$given/oracle/busybox-x86_64" "$work/root/bin/busybox"
    kernel=$given/oracle/linux-7.3-x86_64.bzImage console=ttyS0 machine=q35
    more=(-cpu max) ; [ "$accelerator" != kvm ] || more=(-cpu host) ;;
  ppc64)
    cp "$given/oracle/busybox-ppc64le" "$work/root/bin/busybox"
    xz -dc "$given/oracle/linux-7.3-ppc64le.vmlinux.xz" >"$work/vmlinux"
    kernel=$work/vmlinux console=hvc0 machine=pseries,x-vof=on,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off
    more=(-nodefaults -vga none -cpu POWER9) ;;
  *) echo "guest.sh: there is no guest for $arch" >&2; exit 2 ;;
esac
case $memory in
  memfd) more+=(-object "memory-backend-memfd,id=ram,size=${size}M,share=on"); machine+=,memory-backend=ram ;;
  ram) more+=(-object "memory-backend-ram,id=ram,size=${size}M,share=on"); machine+=,memory-backend=ram ;;
  default) ;;
  *) echo "guest.sh: there is no memory '$memory'" >&2; exit 2 ;;
esac
for device in "${devices[@]}"; do
  case $device in
    /*) more+=(-device "{\"driver\":\"vfio-user-pci\",\"socket\":{\"type\":\"unix\",\"path\":\"$device\"}}") ;;
    *) more+=(-device "$device") ;;
  esac
done

(cd "$work/root" && find . | "$given/oracle/busybox-$(uname -m | sed 's/ppc64$/ppc64le/')" cpio -o -H newc 2>/dev/null | gzip -1 >"$work/initrd.gz")
timeout --foreground "$limit" "$given/tools/qemu-system" "$arch" -M "$machine" -accel "$accelerator" -m "${size}M" -smp "$cpus" \
  -kernel "$kernel" -initrd "$work/initrd.gz" -append "console=$console quiet panic=-1 ${GUEST_APPEND-}" \
  -display none -serial stdio -monitor none -nic none "${more[@]}" "$@" </dev/null

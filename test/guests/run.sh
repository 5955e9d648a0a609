#!/usr/bin/env bash
# Linux in QEMU with NVMe disks of ours: partitions, a GiB of checksums, resets under load, errors, a reboot.
#
#   test/guests/run.sh VIADUCT [KIND]...      KIND: x86_64-memfd x86_64-default ppc64-memfd ppc64-spapr ppc64-spapr32
#                                                   x86_64-kvm x86_64-kvm-iommufd x86_64-kvm-intx   (default: all)
#
# The disks are vfio-user servers', but for spapr: there QEMU itself runs under `viaduct run --iommu spapr` and has the disk by vfio-pci, through
# an sPAPR container with a dynamic DMA window, or (spapr32) with the 32-bit window only. With kvm QEMU runs under `viaduct run` too, and the guest
# on the host's KVM: by group and container, by an iommufd, and without MSI. Where no guest can run on /dev/kvm these are skipped.
#
# VIADUCT is the command, with blanks between its words. The last line is 'guests: N passed, N failed, N skipped'. As root one disk is on a file
# system that is full; others cannot mount one, and go without that disk.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { sed -n 2,14p "$0" >&2; exit 2; }
read -ra viaduct <<<"$1"; shift
kinds=("$@"); [ ${#kinds[@]} -gt 0 ] || kinds=(x86_64-memfd x86_64-default ppc64-memfd ppc64-spapr ppc64-spapr32 x86_64-kvm x86_64-kvm-iommufd x86_64-kvm-intx)
work=$(mktemp -d) server=
cleanup() { [ -z "$server" ] || kill "$server" 2>/dev/null; wait 2>/dev/null; umount "$work/full" 2>/dev/null; rm -rf "$work"; }
trap cleanup EXIT
passed=0 failed=0 skipped=0
guest_checks=6 # of nvme.init with one disk

report() { # kind, checks expected, what else ended, its status, its messages
  local kind=$1 good bad
  good=$(tr -d '\r' <"$work/console" | grep -c '^ok '); bad=$(tr -d '\r' <"$work/console" | grep -c '^FAIL ')
  tr -d '\r' <"$work/console" | grep -E '^(ok|FAIL) ' | sed "s/^/     $kind: /"
  grep -q '^guest done' <(tr -d '\r' <"$work/console") || { echo "FAIL $kind: the guest did not come to its end"; bad=$((bad + 1)); }
  [ "$good" -ge "$2" ] || { echo "FAIL $kind: $good of $2 checks"; bad=$((bad + 1)); }
  [ "$4" = 0 ] || { echo "FAIL $kind: $3 ended with $4"; bad=$((bad + 1)); }
  if [ "$bad" -gt 0 ]; then grep -v 'File exists' "$work/console" | tail -30; tail -20 "$5"; fi
  passed=$((passed + good)) failed=$((failed + bad))
}

spapr_guest() { # kind
  local more=() status
  [ "${1##*-}" != spapr32 ] || more=(-- -global spapr-pci-host-bridge.ddw=off)
  "${viaduct[@]}" run --quiet --iommu spapr --device nvme,size=1300M,addr=0000:01:00.0 -- \
    "$here/guest.sh" -a ppc64 -t 600 -d vfio-pci,host=0000:01:00.0 "$here/nvme.init" "${more[@]}" >"$work/console" 2>"$work/run.err"
  status=$?
  report "$1" "$guest_checks" 'viaduct run' "$status" "$work/run.err"
}

why_no_kvm() { # prints the reason, or nothing
  if [ ! -e /dev/kvm ]; then echo 'there is no /dev/kvm'
  elif ! (: >/dev/kvm) 2>/dev/null; then echo '/dev/kvm cannot be opened for writing'
  elif ! grep -qwE 'vmx|svm' /proc/cpuinfo; then echo 'the processor has neither VMX nor SVM, and /dev/kvm runs no ordinary guest'
  fi
}

kvm_guest() { # kind
  local device=vfio-pci,host=0000:01:00.0 more=() append= status why
  why=$(why_no_kvm)
  if [ -n "$why" ]; then echo "skip $1: $why"; skipped=$((skipped + guest_checks + 1)); return; fi
  case $1 in
    *-iommufd) device+=,iommufd=iommufd; more=(-- -object iommufd,id=iommufd) ;;
    *-intx) append=pci=nomsi ;;
  esac
  GUEST_APPEND=$append "${viaduct[@]}" run --quiet --device nvme,size=1300M,addr=0000:01:00.0 -- \
    "$here/guest.sh" -k -t 600 -d "$device" "$here/nvme.init" "${more[@]}" >"$work/console" 2>"$work/run.err"
  status=$?
  # QEMU warns of a KVM-VFIO device that does not take its group, and of much else that has 'vfio' in it.
  if grep -i vfio "$work/run.err"; then echo "FAIL $1: QEMU complains"; failed=$((failed + 1)); else echo "ok   $1: no word from QEMU"; passed=$((passed + 1)); fi
  report "$1" "$guest_checks" 'viaduct run' "$status" "$work/run.err"
}

guest() { # kind
  local kind=$1 arch=${1%-*} memory=${1#*-} disks=() sockets=() expected=$guest_checks name line
  rm -f "$work"/*.img "$work"/*.sock; mkdir -p "$work/full"
  disks+=("nvme,file=$work/main.img,size=1300M"); sockets+=("$work/main.sock")
  if mount -t tmpfs -o size=8M viaduct-test "$work/full" 2>/dev/null; then
    disks+=("nvme,file=$work/full/disk.img,size=64M"); sockets+=("$work/full.sock"); expected=$((expected + 3))
  elif [ "$arch" = ppc64 ]; then
    # QEMU 11's pseries takes one vfio-user device for a kernel's and aborts; of two it does not.
    disks+=(edu); sockets+=("$work/edu.sock")
  fi
  if [ "$arch" = x86_64 ] && [ ${#disks[@]} -eq 2 ]; then
    truncate -s 64M "$work/read.img"; disks+=("nvme,file=$work/read.img,readonly=on"); sockets+=("$work/read.sock"); expected=$((expected + 1))
  fi
  local arguments=() devices=() i
  for i in "${!disks[@]}"; do arguments+=(--device "${disks[i]}" --socket-path "${sockets[i]}"); devices+=(-d "${sockets[i]}"); done
  "${viaduct[@]}" serve "${arguments[@]}" >"$work/serve.out" 2>"$work/serve.err" &
  server=$!
  for i in $(seq 300); do [ -S "${sockets[-1]}" ] && break; sleep 0.1; done
  "$here/guest.sh" -a "$arch" -m "$memory" -t 600 "${devices[@]}" "$here/nvme.init" >"$work/console" 2>&1
  kill -TERM "$server"; wait "$server"; local status=$?; server=
  umount "$work/full" 2>/dev/null
  report "$kind" "$expected" 'the server' "$status" "$work/serve.err"
}

for kind in "${kinds[@]}"; do
  before=$((passed + failed + skipped))
  case $kind in
    *-kvm*) kvm_guest "$kind" ;;
    *-spapr*) spapr_guest "$kind" ;;
    *) guest "$kind" ;;
  esac
  [ $((passed + failed + skipped)) -gt "$before" ] || { echo "FAIL $kind: nothing was checked"; failed=$((failed + 1)); }
done
echo "guests: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]

#!/usr/bin/env bash
# libvfn's own tests and examples, unmodified, against our nvme controller: libvfn.sh FOLDER
#
# LIBVFN names a checkout of https://github.com/OpenMPDK/libvfn (81e9da3 was tried) that was built: each folder build* of it runs, one by groups where
# <linux/vfio.h> knew no iommufd, one by nodes and iommufd where it did. VIADUCT names the command (default: ./viaduct). FOLDER may be written by who
# runs this. Ends with "libvfn: N passed, N failed". Status 77: no checkout.
set -uo pipefail
[ $# -eq 1 ] || { echo "usage: libvfn.sh FOLDER" >&2; exit 2; }
if [ -z "${LIBVFN-}" ]; then
  echo 'skip: set LIBVFN to a built checkout of libvfn (git clone https://github.com/OpenMPDK/libvfn; meson setup build; ninja -C build)'
  exit 77
fi
folder=$(readlink -f "$1")
viaduct=${VIADUCT:-$(dirname "$0")/../../viaduct}
bdf=0000:01:00.0 passed=0 failed=0

verdict() { # name, status
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else echo "FAIL $1"; tail -n 5 "$folder/out" "$folder/err"; failed=$((failed + 1)); fi
}

run() { # device, program...
  local device=$1; shift
  timeout 120 "$viaduct" run --device "$device" -- "$@" >"$folder/out" 2>"$folder/err"
}

# Every test in TAP says ok and nothing else, no transfer faults, and a build that can goes by iommufd.
tap() { # build, test, plan, argument...
  local build=$1 test=$2 plan=$3; shift 3
  run nvme "$build/tests/device/$test" -d "$bdf" "$@" && [ "$(grep -c '^ok ' "$folder/out")" = "$plan" ] && ! grep -qE '^not ok|# skip' "$folder/out" &&
    grep -qE 'DMA faults +│ +0 ' "$folder/err" && grep -q "$call" "$folder/err"
  verdict "$build: $test" $?
}

# A block goes to a file and comes back by another run.
round_trip() { # build
  local disk="nvme,file=$folder/disk,size=16M,block=4096"
  rm -f "$folder/disk"; head -c 4096 /dev/urandom >"$folder/in"
  run "$disk" "$1/examples/io" -d "$bdf" -N 1 -w -z 4096 <"$folder/in" && run "$disk" "$1/examples/io" -d "$bdf" -N 1 -r -z 4096 &&
    cmp "$folder/in" "$folder/out" && cmp -n 4096 "$folder/in" "$folder/disk"
  verdict "$1: io writes and reads" $?
}

speed() { # build, depth
  run nvme "$1/examples/perf" -d "$bdf" -N 1 -t 2 -q "$2" && awk 'END { exit !($1 > 0) }' "$folder/out"
  verdict "$1: perf at depth $2" $?
  echo "     $(basename "$1"), perf at depth $2: $(awk 'END { print $1 }' "$folder/out") reads of a block a second"
}

for build in "$LIBVFN"/build*/; do
  build=${build%/}
  [ -x "$build/tests/device/io" ] || { echo "FAIL $build has no tests/device/io (libnvme-dev?)"; failed=$((failed + 1)); continue; }
  call=VFIO_GROUP_SET_CONTAINER; [ -e "$build/src/libvfn.so" ] && grep -q iommu/iommufd "$build/src/libvfn.so" && call=VFIO_DEVICE_BIND_IOMMUFD
  tap "$build" open 1
  tap "$build" identify 2 -N 1
  tap "$build" flush 2 -N 1
  tap "$build" io 1 -N 1
  tap "$build" aer 1
  tap "$build" timeout 1
  run nvme "$build/examples/identify" -d "$bdf" && grep -q 'vid 0x1af4' "$folder/out"; verdict "$build: identify" $?
  run nvme "$build/examples/regs" -d "$bdf" && grep -qE '^CSTS.RDY +1$' "$folder/out"; verdict "$build: regs" $?
  run nvme "$build/examples/eventfd" -d "$bdf"; verdict "$build: eventfd" $?
  round_trip "$build"
  speed "$build" 1
  speed "$build" 32
done
echo "libvfn: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

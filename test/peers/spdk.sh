#!/usr/bin/env bash
# SPDK's programs, unmodified, on our nvme controller, and our driver on SPDK's vfio-user target: spdk.sh FOLDER
#
# SPDK names a built source tree of https://github.com/spdk/spdk, configured --with-vfio-user (v26.05 with DPDK 26.03 was tried). VIADUCT names the command
# (default: ./viaduct), NVME_DISK samples/NvmeDisk's (without it the target is left out). FOLDER may be written by who runs this. No huge pages are needed.
# Ends with "spdk: N passed, N failed, N skipped". Status 77: no SPDK.
set -uo pipefail
[ $# -eq 1 ] || { echo "usage: spdk.sh FOLDER" >&2; exit 2; }
if [ -z "${SPDK-}" ]; then
  echo 'skip: set SPDK to a built source tree of SPDK (git clone --recursive https://github.com/spdk/spdk; ./configure --with-vfio-user; make)'
  exit 77
fi
folder=$(readlink -f "$1")
viaduct=${VIADUCT:-$(dirname "$0")/../../viaduct}
memory=(--no-huge -s 192) passed=0 failed=0 skipped=0 target=
export XDG_RUNTIME_DIR=$folder
trap '[ -z "$target" ] || { kill "$target"; wait "$target"; } 2>/dev/null' EXIT

verdict() { # name, status
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else echo "FAIL $1"; tail -n 8 "$folder/out" "$folder/err"; failed=$((failed + 1)); fi
}

# A program that ends well, with nothing of level ERROR, and no transfer that faults.
run() { # device, program, argument...
  local device=$1 program=$SPDK/build/$2; shift 2
  timeout 120 "$viaduct" run --device "$device" -- "$program" "${memory[@]}" "$@" >"$folder/out" 2>"$folder/err" &&
    ! grep -qaF '*ERROR*' "$folder/out" "$folder/err" && grep -qE 'DMA faults +│ +0 ' "$folder/err"
}

perf() { # depth, bytes
  run nvme bin/spdk_nvme_perf -q "$1" -o "$2" -w randrw -M 50 -t 2 && grep -qE '^Total +: +[1-9]' "$folder/out"
  verdict "spdk_nvme_perf, depth $1, $2 bytes" $?
  echo "     spdk_nvme_perf, depth $1, $2 bytes: $(sed -nE 's/^Total +: +([0-9.]+) +([0-9.]+) +([0-9.]+).*/\1 a second, \2 MiB\/s, \3 us/p' "$folder/out")"
}

# Pools as small as this memory.
bdevs='{"subsystem":"iobuf","config":[{"method":"iobuf_set_options","params":{"small_pool_count":512,"large_pool_count":64}}]},
  {"subsystem":"bdev","config":[{"method":"bdev_set_options","params":{"bdev_io_pool_size":2048,"bdev_io_cache_size":64}},'

verify() {
  echo "{\"subsystems\":[$bdevs"'{"method":"bdev_nvme_attach_controller","params":{"name":"N","trtype":"PCIe","traddr":"0000:01:00.0"}}]}]}' >"$folder/disk.json"
  run nvme,size=64M examples/bdevperf -c "$folder/disk.json" -r "$folder/rpc.sock" -q 16 -o 8192 -w verify -t 3 && grep -qaE '(^|[^a-z])Total +: +[1-9]' "$folder/out"
  verdict 'bdevperf verifies what it wrote' $?
}

# The bdev library comes up with the framework, and its pools with it.
copy() {
  echo "{\"subsystems\":[$bdevs"'{"method":"bdev_wait_for_examine"}]},{"subsystem":"accel","config":[
    {"method":"accel_set_options","params":{"task_count":512,"sequence_count":512,"buf_count":512}},{"method":"ioat_scan_accel_module"}]}]}' >"$folder/ioat.json"
  run ioat examples/accel_perf -c "$folder/ioat.json" -r "$folder/rpc.sock" -w copy -o 4096 -q 32 -t 2 -y && grep -qE '^Module: +ioat' "$folder/out" &&
    grep -qE '^Total +[1-9][0-9]* .* 0 +0$' "$folder/out"
  verdict 'accel_perf copies with ioat' $?
  echo "     accel_perf, ioat, 4096 bytes, depth 32: $(awk '/^Total/ { print $2 " a second, " $3 " MiB/s" }' "$folder/out")"
}

start_target() {
  local nqn='"nqn":"nqn.2019-07.io.spdk:cnode0"'
  rm -f "$folder/cntrl" "$folder"/rpc.sock*
  cat >"$folder/target.json" <<END
{"subsystems":[$bdevs
  {"method":"bdev_malloc_create","params":{"name":"M0","num_blocks":65536,"block_size":512}}]},
  {"subsystem":"nvmf","config":[{"method":"nvmf_create_transport","params":{"trtype":"VFIOUSER"}},
  {"method":"nvmf_create_subsystem","params":{$nqn,"allow_any_host":true,"serial_number":"SPDK0"}},
  {"method":"nvmf_subsystem_add_ns","params":{$nqn,"namespace":{"bdev_name":"M0"}}},
  {"method":"nvmf_subsystem_add_listener","params":{$nqn,"listen_address":{"trtype":"VFIOUSER","traddr":"$folder","trsvcid":"0"}}}]}]}
END
  "$SPDK/build/bin/nvmf_tgt" -c "$folder/target.json" -r "$folder/rpc.sock" "${memory[@]}" -m 1 >"$folder/target.log" 2>&1 &
  target=$!
  for _ in $(seq 600); do [ -S "$folder/cntrl" ] && return; kill -0 "$target" 2>/dev/null || break; sleep 0.1; done
  return 1
}

disk() { # what it says, argument...
  local says=$1; shift
  # Word splitting is wanted: a command.
  # shellcheck disable=SC2086
  timeout 120 $NVME_DISK "unix:$folder/cntrl" "$@" >"$folder/out" 2>"$folder/err" && grep -q "$says" "$folder/out"
  verdict "NvmeDisk on SPDK's target: $*" $?
}

run nvme,serial=PEER bin/spdk_nvme_identify && grep -qE 'Serial Number: +PEER' "$folder/out" && grep -q 'Commands Supported and Effects' "$folder/out"
verdict spdk_nvme_identify $?
for depth in 1 32; do perf "$depth" 4096; perf "$depth" 131072; done
run nvme,namespaces=4,size=64M bin/spdk_nvme_identify && [ "$(grep -c '^Namespace ID:' "$folder/out")" = 4 ]; verdict 'spdk_nvme_identify, four namespaces' $?
verify
run nvme examples/abort -r 'trtype:PCIe traddr:0000:01:00.0' -q 16 -o 131072 -t 2 && grep -qE 'I/O completed: [1-9][0-9]*, failed: 0' "$folder/out"; verdict abort $?
copy
if [ -z "${NVME_DISK-}" ]; then
  echo 'skip: NVME_DISK is not set'; skipped=3
elif start_target; then
  disk 'SPDK0' identify
  disk 'all good' verify --blocks 16384 --queues 2 --overwrite
  disk 'all good' verify --blocks 16384 --queues 2 --overwrite --completions msix
else
  echo 'FAIL nvmf_tgt does not serve'; tail -n 5 "$folder/target.log"; failed=$((failed + 1))
fi
echo "spdk: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

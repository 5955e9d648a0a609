# Sourced by test.sh: what runs real programs under the built command, most of it as an ordinary user without capabilities.

# The command and the programs go to a place that such a user can read.
prepare_command() {
  [ -n "${stage:-}" ] && return
  say 'the command'
  if ! ./viaduct devices >"$work/out" 2>&1; then
    cat "$work/out"; echo 'FAIL ./viaduct builds'; count 0 1; return 1
  fi
  echo 'ok   ./viaduct builds'; count 1 0
  stage=$work/stage
  mkdir -p "$stage" && chmod 755 "$work" "$stage"
  cp -r artifacts/viaduct "$stage/viaduct"
  printf '#!/bin/sh\nexport DOTNET_EnableDiagnostics=0 VIADUCT_LAUNCHER=1\nexec dotnet %s/viaduct/viaduct.dll "$@"\n' "$stage" >"$stage/viaduct.sh"
  chmod -R a+rX "$stage"; chmod a+x "$stage/viaduct.sh"
}

# As nobody, where we are root.
ordinary() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all env HOME=/tmp "$@"
  else
    "$@"
  fi
}

test_transcripts() {
  say 'transcripts: the same bytes as the real kernel'
  local as line
  if test/transcripts/coverage.sh >"$work/coverage"; then count 1 0; else cat "$work/coverage"; count 0 1; fi
  for as in root ordinary; do
    [ "$as" = root ] && [ "$(id -u)" != 0 ] && continue
    printf '#!/bin/sh\nexec %s %s/viaduct.sh "$@"\n' \
      "$([ "$as" = ordinary ] && [ "$(id -u)" = 0 ] && echo 'setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all env HOME=/tmp')" \
      "$stage" >"$stage/as-$as"
    chmod 755 "$stage/as-$as"
    test/transcripts/run.sh "$stage/as-$as" >"$work/transcripts" 2>&1
    line=$(grep -E '^transcripts: [0-9]+ passed, [0-9]+ failed' "$work/transcripts" | tail -1)
    if [ -z "$line" ]; then
      echo "FAIL transcripts as $as gave no totals"; tail -30 "$work/transcripts"; count 0 1; continue
    fi
    [[ $line == *' 0 failed'* ]] || tail -60 "$work/transcripts"
    echo "     as $as: $line"
    # shellcheck disable=SC2046
    count $(sed -E 's/.* ([0-9]+) passed, ([0-9]+) failed.*/\1 \2/' <<<"$line")
  done
}

# One program of the kernel's selftests: its own totals count.
peer() { # devices as words, perhaps with options of run between them; program, arguments...
  local devices=() word; for word in $1; do case $word in --*) devices+=("$word") ;; *) devices+=(--device "$word") ;; esac; done
  local program=$2; shift 2
  ordinary timeout 180 "$stage/viaduct.sh" run --quiet "${devices[@]}" -- "$stage/peers/$program" "$@" >"$work/out" 2>&1
  local line; line=$(grep -E '^# Totals:' "$work/out" | tail -1)
  if [ -z "$line" ]; then echo "FAIL $program $* gave no totals"; tail -20 "$work/out"; count 0 1; return; fi
  [[ $line == *' fail:0 '* ]] || grep -vE '^# +(RUN|OK)' "$work/out" | tail -30
  echo "     $program $*: ${line#\# Totals: }"
  # shellcheck disable=SC2046
  count $(sed -E 's/.*pass:([0-9]+) fail:([0-9]+).* skip:([0-9]+).*/\1 \2 \3/' <<<"$line")
}

test_peers() {
  test_selftests
  test_libvfio_user
  test_libvfn
  test_spdk
}

# Totals of a script: its last line of that name.
totals() { # name, status
  local line; line=$(grep -E "^$1: [0-9]+ passed, [0-9]+ failed" "$work/out" | tail -1)
  if [ "$2" = 77 ]; then cat "$work/out"; count 0 0 1; return; fi
  if [ -z "$line" ]; then echo "FAIL $1 gave no totals"; tail -20 "$work/out"; count 0 1; return; fi
  grep -vx "$line" "$work/out"
  # shellcheck disable=SC2046
  count $(sed -E 's/.*: ([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?.*/\1 \2 \4/' <<<"$line")
}

test_libvfn() {
  say "libvfn's NVMe driver, as an ordinary user"
  mkdir -p "$stage/libvfn/out" && cp test/peers/libvfn.sh "$stage/libvfn/" && chmod 1777 "$stage/libvfn/out"
  if [ -n "${LIBVFN-}" ]; then cp -r "$LIBVFN"/build*/ "$stage/libvfn/"; chmod -R a+rX "$stage/libvfn"; fi
  ordinary env LIBVFN="${LIBVFN:+$stage/libvfn}" VIADUCT="$stage/viaduct.sh" "$stage/libvfn/libvfn.sh" "$stage/libvfn/out" >"$work/out" 2>&1
  totals libvfn $?
}

test_spdk() {
  say 'SPDK, as an ordinary user'
  local program disk=
  mkdir -p "$stage/spdk/build/bin" "$stage/spdk/build/examples" "$stage/spdk/out"; cp test/peers/spdk.sh "$stage/spdk/"; chmod 1777 "$stage/spdk/out"
  if [ -n "${SPDK-}" ]; then
    for program in bin/spdk_nvme_identify bin/spdk_nvme_perf bin/nvmf_tgt examples/bdevperf examples/abort examples/accel_perf; do cp "$SPDK/build/$program" "$stage/spdk/build/$program"; done
    dotnet publish samples/NvmeDisk -c Release -o "$stage/spdk/disk" -p:RunAnalyzers=false -v q --nologo >/dev/null && disk="dotnet $stage/spdk/disk/NvmeDisk.dll"
    chmod -R a+rX "$stage/spdk"
  fi
  ordinary env SPDK="${SPDK:+$stage/spdk}" VIADUCT="$stage/viaduct.sh" NVME_DISK="$disk" "$stage/spdk/spdk.sh" "$stage/spdk/out" >"$work/out" 2>&1
  totals spdk $?
}

test_libvfio_user() {
  say "libvfio-user's samples, both ways"
  VIADUCT="$stage/viaduct.sh" test/peers/libvfio-user.sh "$work/libvfio-user" >"$work/out" 2>&1
  totals libvfio-user $?
}

test_selftests() {
  say "the kernel's own selftests, unmodified, as an ordinary user"
  local peers=${VIADUCT_PEERS:-$root/../shared/peers/linux-7.3-vfio-selftests}
  if [ ! -d "$peers" ]; then
    echo "skip: no selftests here; set VIADUCT_PEERS to a folder that has them"; count 0 0 13; return
  fi
  cp -r "$peers" "$stage/peers"; chmod -R a+rX "$stage/peers"
  local mode face bdf=0000:01:00.0
  peer ioat vfio_dma_mapping_test "$bdf"
  peer ioat vfio_dma_mapping_mmio_test "$bdf"
  peer ioat vfio_iommufd_setup_test "$bdf"
  peer ioat vfio_pci_device_test "$bdf"
  cp -r test/transcripts/machines "$stage/machines"; chmod -R a+rX "$stage/machines"
  for face in e1000e igb; do
    peer "replica,config=$stage/machines/$face.config,resource=$stage/machines/$face.resource" vfio_pci_device_test "$bdf"
  done
  peer '--enable-sriov ioat,vfs=4' vfio_pci_sriov_uapi_test "$bdf"
  peer 'ioat ioat ioat' vfio_pci_device_init_perf_test "$bdf" 0000:02:00.0 0000:03:00.0
  for mode in vfio_type1_iommu vfio_type1v2_iommu iommufd_compat_type1 iommufd_compat_type1v2 iommufd; do
    peer ioat vfio_pci_driver_test -v "$mode" "$bdf"
  done
}

test_command() {
  say 'the command, as a new user meets it'
  . eng/test-command.sh
}

# The driver library's suite as a program: its own totals count.
driver_suite() { # name, command...
  local name=$1; shift
  ordinary timeout 300 "$@" >"$work/out" 2>&1
  local line; line=$(grep -E '^driver suite: ' "$work/out" | tail -1)
  if [ -z "$line" ]; then echo "FAIL $name gave no totals"; tail -20 "$work/out"; count 0 1; return; fi
  [[ $line == *' 0 failed'* ]] || grep -A2 FAIL "$work/out"
  echo "     $name: ${line#driver suite: }"
  # shellcheck disable=SC2046
  count $(sed -E 's/.*: ([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped.*/\1 \2 \3/' <<<"$line")
}

test_drivers() {
  say 'drivers in .NET, as an ordinary user'
  local api suite="dotnet $stage/suite/Viaduct.Driver.Suite.dll" disk="dotnet $stage/disk/NvmeDisk.dll" socket=$stage/drivers/n.sock
  check 'the suite and NvmeDisk build' sh -c "dotnet publish test/Viaduct.Driver.Suite -c Release -o $stage/suite -p:RunAnalyzers=false -v q --nologo &&
    dotnet publish samples/NvmeDisk -c Release -o $stage/disk -p:RunAnalyzers=false -v q --nologo"
  chmod -R a+rX "$stage/suite" "$stage/disk"; mkdir -p "$stage/drivers" && chmod 1777 "$stage/drivers"
  for api in group cdev; do
    # Word splitting is wanted: a command.
    # shellcheck disable=SC2086
    driver_suite "viaduct run, --api $api" "$stage/viaduct.sh" run -q --device edu --device nvme,size=64M -- $suite --self-test --api $api
  done
  # Its own number, not that of the shell that starts it as somebody else.
  # shellcheck disable=SC2016
  ordinary sh -c 'echo $$ >"$0"; exec "$@"' "$stage/drivers/pid" \
    "$stage/viaduct.sh" serve -q --device nvme,size=64M -s "$socket" --device edu -s "$stage/drivers/e.sock" &
  for _ in $(seq 100); do [ -S "$stage/drivers/e.sock" ] && break; sleep 0.1; done
  # shellcheck disable=SC2086
  driver_suite 'viaduct serve, by vfio-user' $suite --self-test "unix:$socket" "unix:$stage/drivers/e.sock"
  # shellcheck disable=SC2086
  check 'NvmeDisk keeps what it is given, over a socket' ordinary timeout 100 $disk "unix:$socket" verify --overwrite --queues 3 --completions msix
  kill "$(cat "$stage/drivers/pid")"; wait $! 2>/dev/null
  # shellcheck disable=SC2086
  check 'NvmeDisk says what is wrong with its command line' sh -c "$disk --nonsense; [ \$? -eq 2 ]"
  # shellcheck disable=SC2086
  check 'NvmeDisk overwrites nothing that it was not told to' sh -c "$disk model:nvme,size=1M verify; [ \$? -eq 2 ]"
}

test_guests() {
  say 'Linux in virtual machines, with disks of ours'
  local given=${VIADUCT_GUESTS:-$root/../shared} line
  if [ ! -x "$given/tools/qemu-system" ] || [ ! -d "$given/oracle" ]; then
    echo 'skip: no QEMU and kernels here; set VIADUCT_GUESTS to a folder that has them'; count 0 0 64; return
  fi
  local trace
  for trace in "$given"/data/tce/*.trace.xz; do
    check "every hypercall of $(basename "$trace" .trace.xz) replays as recorded" \
      sh -c "xz -dc '$trace' | $stage/viaduct.sh tce replay - && ! xz -dc '$trace' | sed 's/ret=0$/ret=-4/' | $stage/viaduct.sh tce replay - >/dev/null"
  done
  VIADUCT_GUESTS=$given timeout 1800 test/guests/run.sh "$stage/viaduct.sh" >"$work/guests" 2>&1
  grep -v '^guests:' "$work/guests"
  line=$(grep -E '^guests: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped' "$work/guests" | tail -1)
  [ -n "$line" ] || { echo 'FAIL the guests gave no totals'; count 0 1; return; }
  # shellcheck disable=SC2046
  count $(sed -E 's/guests: ([0-9]+) passed, ([0-9]+) failed, ([0-9]+).*/\1 \2 \3/' <<<"$line")
}

test_kills() {
  say 'servers killed in mid-write, as an ordinary user'
  local program="dotnet $stage/kills/Viaduct.Kills.dll" folder=$stage/killed
  check 'the program that kills builds' \
    dotnet publish test/Viaduct.Kills -c Release -o "$stage/kills" -p:RunAnalyzers=false -v q --nologo
  chmod -R a+rX "$stage/kills"; mkdir -p "$folder" && chmod 1777 "$folder"
  # Word splitting is wanted: a command.
  # shellcheck disable=SC2086
  check "what was flushed is there after ${KILLS:-200} kills" \
    ordinary timeout 600 $program --viaduct "$stage/viaduct.sh" --kills "${KILLS:-200}"
  grep -vE '^FAULT' "$work/out"

  # The kernel keeps what a killed process wrote; that flushes reach the disk, its calls tell.
  # Its own number, not strace's, which a signal would end without it.
  # shellcheck disable=SC2016
  ordinary strace -f -qq -P "$folder/disk" -e trace=pwrite64,pwritev,pwritev2,fsync,fdatasync -o "$folder/trace" \
    sh -c 'echo $$ >"$0"; exec "$@"' "$folder/pid" \
    "$stage/viaduct.sh" serve -q --device "nvme,file=$folder/disk,size=1M" -s "$folder/s" &
  for _ in $(seq 100); do [ -S "$folder/s" ] && break; sleep 0.1; done
  # shellcheck disable=SC2086
  ordinary timeout 100 $program syncs "$folder/s" >"$work/expected" 2>&1
  kill "$(cat "$folder/pid")"; wait $! 2>/dev/null
  sed -i 's/$/s/' "$work/expected" # the server's end is one more
  # A call that another thread's interrupted is in two lines; the second says that it is done.
  awk '/<unfinished/ { next } /fdatasync|fsync/ { printf "s" } /pwrite/ { printf "w" } END { print "" }' "$folder/trace" >"$work/calls"
  check 'each flush, durable write, write without cache and the end is a sync, in its place' diff "$work/expected" "$work/calls"
}

test_demo() {
  say 'the demo'
  check 'viaduct demo copies, verifies and takes its interrupt' ordinary timeout 120 "$stage/viaduct.sh" demo
}

test_fuzz() {
  say 'random programs'
  [ -d test/Viaduct.Fuzz ] || { echo 'skip: not built'; count 0 0 1; return; }
  check "random call sequences for ${FUZZ_SECONDS:-20} s" timeout $((${FUZZ_SECONDS:-20} * 10 + 120)) \
    dotnet run -c Release --project test/Viaduct.Fuzz -- --seconds "${FUZZ_SECONDS:-20}" --viaduct "$stage/viaduct.sh"
  grep -E '^fuzz:' "$work/out" | tail -1
}

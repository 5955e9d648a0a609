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
  [[ $line == *'fail:0 '* ]] || grep -vE '^# +(RUN|OK)' "$work/out" | tail -30
  echo "     $program $*: ${line#\# Totals: }"
  # shellcheck disable=SC2046
  count $(sed -E 's/.*pass:([0-9]+) fail:([0-9]+).* skip:([0-9]+).*/\1 \2 \3/' <<<"$line")
}

test_peers() {
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

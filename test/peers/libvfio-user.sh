#!/usr/bin/env bash
# Our vfio-user client against libvfio-user's sample servers, and its sample client against our server: libvfio-user.sh FOLDER
#
# LIBVFIO_USER names a checkout of https://github.com/nutanix/libvfio-user (efd091b was tried); it is built in FOLDER, with what
# drives it. VIADUCT names the command (default: ./viaduct). Ends with "libvfio-user: N passed, N failed". Status 77: no checkout.
set -uo pipefail
[ $# -eq 1 ] || { echo "usage: libvfio-user.sh FOLDER" >&2; exit 2; }
cd "$(dirname "$0")/../.."
if [ -z "${LIBVFIO_USER-}" ]; then
  echo 'skip: set LIBVFIO_USER to a checkout of libvfio-user (git clone https://github.com/nutanix/libvfio-user), with libjson-c-dev'
  exit 77
fi
mkdir -p "$1"
folder=$(readlink -f "$1")
passed=0 failed=0 server=
trap 'stop' EXIT

stop() {
  [ -z "$server" ] || { kill "$server"; wait "$server"; } 2>/dev/null
  server=
}

serve() { # command...: started, and its socket waited for
  rm -f "$folder/s"
  "$@" >"$folder/server.log" 2>&1 &
  server=$!
  for _ in $(seq 200); do [ -S "$folder/s" ] && return; sleep 0.05; done
  echo "FAIL $1 does not serve"; tail -5 "$folder/server.log"; failed=$((failed + 1))
  return 1
}

ours() { # peer, command of its server...
  local peer=$1 line; shift
  serve "$@" || return
  timeout 120 dotnet "$folder/peers/Viaduct.Peers.dll" "$peer" "$folder/s" >"$folder/out" 2>&1
  line=$(grep -E '^peer .*: [0-9]+ passed, [0-9]+ failed$' "$folder/out")
  stop
  if [ -z "$line" ]; then
    echo "FAIL $peer gave no totals"; tail -20 "$folder/out" "$folder/server.log"; failed=$((failed + 1))
    return
  fi
  grep FAIL "$folder/out"
  echo "     our client, $line"
  read -r _ _ good _ bad _ <<<"$line"
  passed=$((passed + good)) failed=$((failed + bad))
}

# Its client goes through the protocol in one order, moves the device to a second server, which it becomes itself, and ends where anything is not as it
# should be. The second server is the program of that name beside it: ours.
theirs() {
  local line client
  mkdir -p "$folder/theirs"
  ln -sf ../lib/client "$folder/theirs/client"
  cat >"$folder/theirs/server" <<END
#!/usr/bin/env bash
exec ${VIADUCT:-./viaduct} serve --device "$folder/timer/Viaduct.Peers.Timer.dll" --socket-path "\$2"
END
  chmod +x "$folder/theirs/server"
  # Word splitting is wanted: a command.
  # shellcheck disable=SC2086
  serve ${VIADUCT:-./viaduct} serve --device "$folder/timer/Viaduct.Peers.Timer.dll" --socket-path "$folder/s" || return
  rm -f "$folder/s_migrated"
  "$folder/theirs/client" "$folder/s" >"$folder/out" 2>&1 &
  client=$!
  for _ in $(seq 600); do
    grep -qE 'the client ends with|Assertion|mismatch' "$folder/out" && break
    kill -0 "$client" 2>/dev/null || break
    sleep 0.1
  done
  sleep 0.5
  { kill "$client"; wait "$client"; } 2>/dev/null
  stop
  for line in 'num_regions 9, num_irqs 5' 'region_info\[1\] .* size 16384 ' 'region_info\[8\] .* size 0 ' 'IRQ INTx: count=1 flags=0x7' \
    'get_dirty_bitmap: 0-0xfff.0x1$' 'get_dirty_bitmap: 0x1000-0x1fff.0x1$' 'get_dirty_bitmap: 0x2000-0x2fff.0$' \
    'setting device state to stop-and-copy' 'starting destination server' 'the client ends with 0'; do
    if grep -qE "$line" "$folder/out"; then
      passed=$((passed + 1))
    else
      echo "FAIL its client, our server: no line '$line'"; failed=$((failed + 1)); grep client: "$folder/out" | tail -3
    fi
  done
  if [ "$(grep -c 'INTx triggered' "$folder/out")" = 2 ] && ! grep -qE 'refused|gone: ' "$folder/out" && ! grep -qE 'gone: ' "$folder/server.log"; then
    passed=$((passed + 1))
  else
    echo 'FAIL its client, our server: an interrupt on each side of its migration, and nothing that is refused'; failed=$((failed + 1))
    tail -n 5 "$folder/out" "$folder/server.log"
  fi
  echo "     its client, our server: $(grep 'the client ends' "$folder/out")"
}

test/peers/build-libvfio-user.sh "$LIBVFIO_USER" "$folder/lib" || { echo 'libvfio-user: 0 passed, 1 failed'; exit 1; }
for project in Peers:peers Peers.Timer:timer; do
  dotnet publish "test/Viaduct.${project%:*}" -c Release -o "$folder/${project#*:}" -p:RunAnalyzers=false -v q --nologo >"$folder/out" 2>&1 ||
    { cat "$folder/out"; echo 'libvfio-user: 0 passed, 1 failed'; exit 1; }
done
ours gpio "$folder/lib/gpio-pci-idio-16" "$folder/s"
ours timer "$folder/lib/server" "$folder/s"
ours timer-messages "$folder/lib/server" "$folder/s"
theirs
echo "libvfio-user: $passed passed, $failed failed"
[ "$failed" -eq 0 ]

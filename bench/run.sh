#!/usr/bin/env bash
# Measures DESIGN's budgets, each beside its floor in the same run, and prints one table.
#
#   bench/run.sh [--quick] [--write-docs] [--cpu N]
#
#   --quick        fewer turns, no BenchmarkDotNet: under a minute once everything is built
#   --write-docs   put the table into docs/performance.md as well
#   --cpu N        the CPU that clients of the supervisor and the tracer pin themselves to (default: the last one)
#
# VIADUCT names the command to measure (default: ./viaduct at the root); a path that it does not have yet is "not built".
# LIBVFIO_USER names a checkout of libvfio-user, whose sample server is then measured beside ours.
# Status: 0 measured, whether budgets are met or not; 1 a measurement failed; 2 wrong usage or something is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

out=artifacts/bench
docs=docs/performance.md
bench_dll=bench/Viaduct.Bench/bin/Release/net10.0/Viaduct.Bench.dll
bdf=0000:01:00.0
cpu=$(($(nproc) - 1))
quick= write_docs=
failures=0
viaduct=()
viaduct_failed=
ours_failed=
servers=()
declare -A told=() # measurements whose failure has been told

die() { echo "bench/run.sh: $*" >&2; exit 2; }
say() { echo "bench/run.sh: $*" >&2; }

while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=1 ;;
	--write-docs) write_docs=1 ;;
	--cpu) cpu=${2-}; [[ $cpu =~ ^[0-9]+$ ]] || die "--cpu wants a number"; shift ;;
	-h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
	*) die "unknown argument '$1'; --help says what there is" ;;
	esac
	shift
done
if [ -n "$quick" ]; then turns=5 inner=51 few_turns=3 calls=1000; else turns=15 inner=301 few_turns=10 calls=5000; fi

build() {
	command -v "${CC:=cc}" > /dev/null || die "no C compiler: install gcc, or name one in CC"
	command -v dotnet > /dev/null || die "no dotnet: install the .NET 10 SDK"
	command -v taskset > /dev/null || die "no taskset: install util-linux"
	mkdir -p "$out"
	local source
	for source in bench/floor/*.c; do
		"$CC" -std=gnu11 -O2 -Wall -Wextra -o "$out/$(basename "$source" .c)" "$source" || die "$source does not compile"
	done
	dotnet build bench/Viaduct.Bench -c Release -v q --nologo > "$out/build.log" 2>&1 ||
		{ grep -m 10 error "$out/build.log" >&2; die "bench/Viaduct.Bench does not build, see $out/build.log"; }
}

# Finds the command, and lets it build itself before anything is timed.
find_viaduct() {
	if [ -z "${VIADUCT-}" ] && [ ! -x ./viaduct ]; then
		say "there is no ./viaduct yet: what it does is not measured"
		return
	fi
	read -ra viaduct <<< "${VIADUCT:-./viaduct}"
	if ! "${viaduct[@]}" run --quiet -- true > "$out/viaduct.log" 2>&1; then
		say "'${viaduct[*]} run --quiet -- true' fails, so nothing behind it can be measured:"
		tail -n 5 "$out/viaduct.log" >&2
		failures=$((failures + 1))
		viaduct_failed=1
	fi
}

# measure FILE COMMAND...: the command's result lines go to FILE. A command that fails is told once.
measure() {
	local file=$1
	shift
	local command="$*"
	timeout 120 "$@" > "$file" 2> "$file.err" && return
	local status=$?
	failures=$((failures + 1))
	[ -n "${told[$command]-}" ] || { say "failed with status $status: $command"; tail -n 5 "$file.err" >&2; }
	told[$command]=1
	: > "$file"
	return 1
}

# Joins one turn's result lines of floor and ours by name: "key floor ours".
join_turn() {
	awk -v failed="$3" '
		FILENAME == ARGV[1] { floor[$1] = $3; next }
		{ ours[$1] = $3 }
		END {
			for (key in floor) print key, floor[key], key in ours ? ours[key] : failed ? "failed" : "-"
			for (key in ours) if (!(key in floor)) print key, "-", ours[key]
		}' "$1" "$2" >> "$out/results"
}

# A turn of the program under viaduct, if there is one. Sets the third argument of join_turn.
ours() {
	local file=$1
	shift
	: > "$file"
	ours_failed=$viaduct_failed
	[ ${#viaduct[@]} -gt 0 ] && [ -z "$viaduct_failed" ] || return 0
	measure "$file" "${viaduct[@]}" run --quiet "$@" || ours_failed=1
}

supervised() {
	local turn
	for ((turn = 0; turn < turns; turn++)); do
		measure "$out/floor" "$out/supervisor-floor" --cpu "$cpu" --pin same -- \
			"$out/ioctl-client" --cpu "$cpu" --calls "$calls" --path /dev/null || true
		ours "$out/ours" --device edu -- "$out/ioctl-client" --cpu "$cpu" --calls "$calls"
		join_turn "$out/floor" "$out/ours" "$ours_failed"

		measure "$out/floor" "$out/tracer-floor" --cpu "$cpu" --pin same -- \
			"$out/mmio-client" --cpu "$cpu" --calls $((calls / 5)) --unbacked || true
		ours "$out/ours" --device "edu,addr=$bdf" -- "$out/mmio-client" --cpu "$cpu" --calls $((calls / 5)) "$bdf"
		join_turn "$out/floor" "$out/ours" "$ours_failed"
	done
}

# What the floors cost where the other side is not kept on the client's CPU: why the comparison pins them.
floors_elsewhere() {
	local turn pin
	for ((turn = 0; turn < turns; turn++)); do
		for pin in none other; do
			if [ $pin = other ] && [ "$(nproc)" -lt 2 ]; then continue; fi
			measure "$out/floor" "$out/supervisor-floor" --cpu "$cpu" --pin $pin -- \
				"$out/ioctl-client" --cpu "$cpu" --calls "$calls" --path /dev/null || continue
			sed "s/^/$pin-/" "$out/floor" | awk '{ print $1, $3, "-" }' >> "$out/results"
			measure "$out/floor" "$out/tracer-floor" --cpu "$cpu" --pin $pin -- \
				"$out/mmio-client" --cpu "$cpu" --calls $((calls / 5)) --unbacked || continue
			sed "s/^/$pin-/" "$out/floor" | awk '{ print $1, $3, "-" }' >> "$out/results"
		done
	done
}

startup() {
	local turn
	for ((turn = 0; turn < few_turns; turn++)); do
		measure "$out/floor" "$out/startup" --runs 5 -- true || true
		: > "$out/ours"
		ours_failed=$viaduct_failed
		if [ ${#viaduct[@]} -gt 0 ] && [ -z "$viaduct_failed" ]; then
			measure "$out/ours" "$out/startup" --runs 5 -- "${viaduct[@]}" run --quiet -- true || ours_failed=1
		fi
		join_turn "$out/floor" "$out/ours" "$ours_failed"
	done
}

in_process() {
	local turn
	export DOTNET_TC_CallCountingDelayMs=0 # compile for good at once: turns are short
	for ((turn = 0; turn < few_turns; turn++)); do
		measure "$out/floor" "$out/translate-floor" --batches 5 1 64 4096 65535 || true
		measure "$out/ours" dotnet "$bench_dll" --budgets "$inner" translate || true
		awk 'FILENAME == ARGV[1] { floor[$1] = $3; next }
			{ print $1, $1 in floor ? floor[$1] : "-", $3, $5 }' "$out/floor" "$out/ours" >> "$out/results"
	done
	# These have their floor, if any, in the same process, and take turns there.
	measure "$out/ours" dotnet "$bench_dll" --budgets "$inner" dma type1 iommufd || true
	awk '{ print $1, $2, $3, $5 }' "$out/ours" >> "$out/results"
}

# Hypercalls' floor is another program; that of the exit to a VMM is measured with ours.
tce() {
	local turn
	for ((turn = 0; turn < few_turns; turn++)); do
		measure "$out/floor" "$out/tce-floor" --cpu "$cpu" --batches 9 4096 262144 16777216 || true
		measure "$out/ours" taskset -c "$cpu" dotnet "$bench_dll" --tce 9 || true
		awk 'FILENAME == ARGV[1] { floor[$1] = $3; next }
			{ print $1, $1 in floor ? floor[$1] : $2, $3, $5 }' "$out/floor" "$out/ours" >> "$out/results"
	done
}

# serve_on CPU SOCKET COMMAND...: starts a vfio-user server there, and waits for its socket. stop_servers ends them all.
serve_on() {
	local on=$1 socket=$2 waited
	shift 2
	rm -f "$socket"
	taskset -c "$on" "$@" > "$out/server.log" 2>&1 &
	servers+=($!)
	for ((waited = 0; waited < 200; waited++)); do
		[ -S "$socket" ] && return
		sleep 0.05
	done
	failures=$((failures + 1))
	say "does not serve: $*"
	tail -n 5 "$out/server.log" >&2
	return 1
}

stop_servers() {
	local server
	for server in "${servers[@]}"; do
		kill "$server" 2> /dev/null || true
		wait "$server" 2> /dev/null || true
	done
	servers=()
}

# Client, server and floor on one CPU, as in the other comparisons. libvfio-user's keys begin with "peer-".
vfio_user() {
	local turn client=("$out/vfio-user-client" --cpu "$cpu" --calls $((calls / 2)) --batches 5) peer=
	[ ${#viaduct[@]} -gt 0 ] && [ -z "$viaduct_failed" ] || return 0
	serve_on "$cpu" "$out/edu.sock" "${viaduct[@]}" serve --quiet --device edu --socket-path "$out/edu.sock" || return 0
	if [ -n "${LIBVFIO_USER-}" ]; then
		if ! test/peers/build-libvfio-user.sh "$LIBVFIO_USER" "$out/libvfio-user" > "$out/libvfio-user.log" 2>&1; then
			say "libvfio-user does not build, see $out/libvfio-user.log"
			failures=$((failures + 1))
		elif serve_on "$cpu" "$out/peer.sock" "$out/libvfio-user/gpio-pci-idio-16" "$out/peer.sock"; then
			peer=1
		fi
	fi
	measure "$out/warm" "${client[@]}" "$out/edu.sock" || true
	for ((turn = 0; turn < turns; turn++)); do
		ours_failed=
		measure "$out/floor" "${client[@]}" --floor || true
		measure "$out/ours" "${client[@]}" "$out/edu.sock" || ours_failed=1
		join_turn "$out/floor" "$out/ours" "$ours_failed"
		if [ -n "$peer" ] && measure "$out/peer" "${client[@]}" --region 2 --offset 1 "$out/peer.sock"; then
			sed -i 's/^/peer-/' "$out/peer"
			sed 's/^/peer-/' "$out/floor" > "$out/peer-floor"
			join_turn "$out/peer-floor" "$out/peer" ""
		fi
	done
	stop_servers
}

# A polled driver and a model take a CPU each: in process both CPUs are free to both, by vfio-user each side has its own.
nvme() {
	local seconds=0.4 other=$(((cpu + 1) % $(nproc)))
	[ -n "$quick" ] || seconds=2
	measure "$out/ours" dotnet "$bench_dll" --nvme model "$seconds" model:nvme,size=64M || true
	cat "$out/ours" >> "$out/results"
	[ ${#viaduct[@]} -gt 0 ] && [ -z "$viaduct_failed" ] || return 0
	serve_on "$other" "$out/nvme.sock" "${viaduct[@]}" serve --quiet --device nvme,size=64M --socket-path "$out/nvme.sock" || return 0
	measure "$out/ours" taskset -c "$cpu" dotnet "$bench_dll" --nvme socket "$seconds" "unix:$out/nvme.sock" || true
	cat "$out/ours" >> "$out/results"
	stop_servers
}

# kind, limit, key, path, budget: see table.awk.
rows() {
	local size set way name
	row() { local IFS=$'\t'; echo "$*"; }
	row ratio 1.10 ioctl "intercepted ioctl" "<= 1.10 x a bare C supervisor"
	row ratio 1.25 load "trapped MMIO load, 4 B" "<= 1.25 x a bare C tracer"
	row ratio 1.25 store "trapped MMIO store, 4 B" "<= 1.25 x a bare C tracer"
	if [ -z "$quick" ]; then
		for name in none:unpinned "other:on another CPU"; do
			row info 0 "${name%%:*}-ioctl" "the floors alone, ${name#*:}: ioctl" "-"
			row info 0 "${name%%:*}-load" "the floors alone, ${name#*:}: MMIO load" "-"
		done
	fi
	row ratio 1.15 vfio-user-read "vfio-user region read, 4 B" "<= 1.15 x a bare socketpair ping-pong"
	row info 0 vfio-user-write "vfio-user region write, 4 B" "-"
	row pace 0 vfio-user-posted "vfio-user posted write, 4 B" "-"
	row pace 0 vfio-user-map-unmap "vfio-user DMA map + unmap of a page, with its file" "-"
	name="libvfio-user's server"
	[ -n "${LIBVFIO_USER-}" ] || name="$name (LIBVFIO_USER was not set)"
	row info 0 peer-vfio-user-read "$name: region read, 4 B" "-"
	row info 0 peer-vfio-user-write "$name: region write, 4 B" "-"
	row pace 0 peer-vfio-user-posted "$name: posted write, 4 B" "-"
	row pace 0 peer-vfio-user-map-unmap "$name: DMA map + unmap of a page, with its file" "-"
	for way in "model:in process" "socket:over vfio-user"; do
		for size in 1 8 32 128; do
			row pace 0 "nvme-${way%%:*}-$size" "NVMe 4 KiB random read, ${way#*:}, queue depth $size" "-"
		done
	done
	row rate 169 translate-1-same "IOVA translation, 1 mapping" ">= 169 M/s (peer [1])"
	row rate 22 translate-64-random "IOVA translation, 64 mappings, random" ">= 22 M/s (peer [1])"
	row rate 16 translate-4096-random "IOVA translation, 4,096 mappings, random" ">= 16 M/s (peer [1])"
	row info 0 translate-65535-random "IOVA translation, 65,535 mappings, random" "-"
	row info 0 translate-64-same "IOVA translation, 64 mappings, same" "-"
	row info 0 translate-4096-same "IOVA translation, 4,096 mappings, same" "-"
	row info 0 translate-65535-same "IOVA translation, 65,535 mappings, same" "-"
	for size in "4096:4 KiB" "65536:64 KiB" "1048576:1 MiB"; do
		for set in "hot:in cache" "walk:through 64 MiB"; do
			for way in read write copy; do
				row speed 0.95 "dma-$way-${size%%:*}-${set%%:*}" "DMA $way, ${size#*:}, ${set#*:}" ">= 0.95 x memcpy"
			done
		done
	done
	row rate 1 map-unmap-0 "type1 map + unmap, none held" ">= 1 M/s"
	row rate 1 map-unmap-65534 "type1 map + unmap, 65,535 held with it" ">= 1 M/s"
	row growth 2.67 map-unmap-65534,map-unmap-64 "type1 map + unmap, 65,534 held against 64" "<= log 65,534 / log 64 = 2.67"
	row ratio 1.10 iommufd-map-unmap-0 "iommufd map + unmap, none held" "<= 1.10 x a container's"
	row ratio 1.10 iommufd-map-unmap-65534 "iommufd map + unmap, 65,535 held with it" "<= 1.10 x a container's"
	row ratio 2.00 tce-put-262144 "H_PUT_TCE, new entry" "<= 2 x a bare C loop"
	row info 0 tce-replace-262144 "H_PUT_TCE over another entry, with a fence" "-"
	row ratio 2.00 tce-indirect-262144 "H_PUT_TCE_INDIRECT, 512 entries" "<= 2 x a bare C loop"
	row ratio 2.00 tce-stuff-262144 "H_STUFF_TCE, 512 entries" "<= 2 x a bare C loop"
	row growth 1.25 tce-put-16777216,tce-put-4096 "H_PUT_TCE, table of 2^24 pages against 2^12" "<= 1.25"
	row growth 1.25 tce-indirect-16777216,tce-indirect-4096 "H_PUT_TCE_INDIRECT, table of 2^24 pages against 2^12" "<= 1.25"
	for way in "put:H_PUT_TCE" "indirect:H_PUT_TCE_INDIRECT, 512 entries" "stuff:H_STUFF_TCE, 512 entries"; do
		row speed 20 "tce-exit-${way%%:*}" "${way#*:}, against an exit to the VMM" ">= 20 x"
	done
	row bytes 0 - "allocated by a call, in process" "0 B"
	row extra 150 startup "\`viaduct run -- true\` against \`true\`" "<= 150 ms more"
}

machine() {
	echo "$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo), $(nproc) CPUs," \
		"$(grep -qw hypervisor /proc/cpuinfo && echo "virtual machine" || echo "no hypervisor");" \
		"Linux $(uname -r); .NET $(dotnet --version); $("$CC" --version | head -n 1); $(date -u +%F); commit" \
		"$(git rev-parse --short HEAD 2> /dev/null || echo unknown)$(git diff --quiet HEAD 2> /dev/null || echo ", changed");" \
		"load average at the start $load."
}

report() {
	echo "Machine: $(machine) ${quick:+Quick run: medians of few turns.}"
	echo
	awk -f bench/table.awk "$out/results" "$out/rows"
	echo
	echo "Times are medians; a ratio is the median of the turns' ratios (for DMA: memcpy's time / ours). Pinned to CPU $cpu."
	echo "NVMe: a polled queue; in process on CPUs 0-$(($(nproc) - 1)), over vfio-user the driver on CPU $cpu and the server on CPU $(((cpu + 1) % $(nproc)))."
	echo "[1] libvfio-user's vfu_addr_to_sgl, published figures of another machine; the floor is our own C program on this one."
}

# Replaces what is between the two marker lines of the docs by a file's content.
write_between() {
	grep -q "<!-- $1:begin -->" "$docs" && grep -q "<!-- $1:end -->" "$docs" || die "$docs has no markers for $1"
	awk -v name="$1" -v file="$2" '
		$0 == "<!-- " name ":end -->" { skip = 0 }
		!skip
		$0 == "<!-- " name ":begin -->" { skip = 1; while ((getline line < file) > 0) print line }' "$docs" > "$out/docs"
	cat "$out/docs" > "$docs"
}

details() {
	say "BenchmarkDotNet: a few minutes"
	rm -rf "$out/details"
	dotnet "$bench_dll" --filter '*' --artifacts "$out/details" > "$out/details.log" 2>&1 ||
		{ failures=$((failures + 1)); say "BenchmarkDotNet failed, see $out/details.log"; return; }
	cat "$out"/details/results/*-report-github.md > "$out/details.md"
	say "its reports are in $out/details/results"
	if [ -n "$write_docs" ]; then write_between benchmarkdotnet "$out/details.md"; fi
}

trap stop_servers EXIT
load=$(cut -d' ' -f1 /proc/loadavg)
build
find_viaduct
: > "$out/results"
supervised
if [ -z "$quick" ]; then floors_elsewhere; fi
vfio_user
nvme
startup
in_process
tce
rows > "$out/rows"
report | tee "$out/report.md"
if [ -n "$write_docs" ]; then write_between budgets "$out/report.md"; fi
if [ -z "$quick" ]; then details; fi
[ "$failures" -eq 0 ] || { say "$failures measurements failed"; exit 1; }

#!/usr/bin/env bash
# Runs the transcript programs under Viaduct and compares what they print with what they print on a real kernel
# (golden/).
#
#   run.sh [VIADUCT] [NAME]...        VIADUCT: the command, ../../viaduct by default; NAME: a program, or PROGRAM.MACHINE
#
# Where golden/NAME.differences exists, it is what `diff golden/NAME.txt OUTPUT` must print, no more and no less: known
# differences, which docs/limitations.md explains.
#
# A program that ends with status 77 needs what is not here, and says what: it counts neither way.
#
# Ends with `transcripts: N passed, N failed`; the status is 1 if any failed. KEEP=FOLDER keeps the outputs there.
set -uo pipefail
cd "$(dirname "$0")" || exit 2
viaduct=${1:-../../viaduct}
[ $# -gt 0 ] && shift
programs=("$@")
[ ${#programs[@]} -gt 0 ] || mapfile -t programs < <(./build.sh --list)
command -v "$viaduct" >/dev/null || { echo "run.sh: no such command: $viaduct" >&2; exit 2; }
work=$(mktemp -d)
chmod 755 "$work" # the command may run as another user
trap 'rm -rf "$work"' EXIT
./build.sh "$work" "${programs[@]%%.*}" || exit 2
cp -r machines "$work/machines" && chmod -R a+rX "$work/machines"
out=${KEEP:-$work/out}
mkdir -p "$out"
passed=0 failed=0 calls=0
run() { # program, machine or nothing
	local program=$1 machine name golden memlock status count known differ
	name=$1${2:+.$2}
	golden=golden/$name.txt
	# The goldens were made with an unlimited RLIMIT_MEMLOCK, but for the programs that lower it: the limit of whoever
	# calls this must not show.
	memlock=report
	[[ $name == *memlock* ]] && memlock=enforce
	machine=$(MACHINES=$work/machines ./build.sh --machine ours "$@")
	# Word splitting is wanted: these are options.
	# shellcheck disable=SC2086
	timeout "${LIMIT:-300}" "$viaduct" run --quiet ${machine:---device edu,addr=0000:00:05.0} "--memlock=$memlock" -- \
		"$work/$program" >"$out/$name.txt" 2>"$out/$name.err" </dev/null
	status=$?
	if [ $status = 77 ]; then
		echo "skip $name: $(tail -n 1 "$out/$name.txt")"
		return
	fi
	count=$(grep -c ' = ' "$golden")
	if [ -f "golden/$name.differences" ]; then
		# A difference that is gone fails too: its entry has to go.
		cmp -s "golden/$name.differences" <(diff "$golden" "$out/$name.txt") && known=1 || known=0
		count=$((count - $(grep -c '^< .* = ' "golden/$name.differences")))
	else
		cmp -s "$golden" "$out/$name.txt" && known=1 || known=0
	fi
	if [ $status = 0 ] && [ $known = 1 ]; then
		passed=$((passed + 1))
		calls=$((calls + count))
		echo "ok   $name ($count calls)"
	else
		failed=$((failed + 1))
		differ=$(diff "$golden" "$out/$name.txt" | grep -c '^[<>]')
		echo "FAIL $name ($count calls; status $status; $differ lines differ)"
		[ -f "golden/$name.differences" ] && diff "$golden" "$out/$name.txt" |
			diff -U 2 --label "golden/$name.differences" --label "differences now" "golden/$name.differences" - |
			head -n "${LINES_SHOWN:-40}"
		diff -U 2 --label "$golden" --label "under viaduct" "$golden" "$out/$name.txt" | head -n "${LINES_SHOWN:-40}"
		head -n 10 "$out/$name.err"
	fi
}
for name in "${programs[@]}"; do
	machines=("${name#*.}")
	[[ $name == *.* ]] || mapfile -t machines < <(./build.sh --machines "$name")
	[ ${#machines[@]} -gt 0 ] || machines=("")
	for machine in "${machines[@]}"; do
		run "${name%%.*}" $machine
	done
done
echo "transcripts: $calls calls agree"
echo "transcripts: $passed passed, $failed failed"
[ $failed = 0 ]

#!/usr/bin/env bash
# Compares random sequences of calls (random_calls.c) on a real kernel and under Viaduct, and shrinks the first difference.
#
#   compare_random.sh RUNNER [FIRST-LAST] [VIADUCT]
#
# RUNNER is as in regenerate.sh; FIRST-LAST are the seeds (1-200); VIADUCT is the command (../../viaduct). Ends with what the shrunk
# sequence prints on both, and how to run it again. Status: 0 no difference, 1 one was found, 2 something is missing.
set -uo pipefail
cd "$(dirname "$0")" || exit 2
runner=${1:-}
seeds=${2:-1-200}
viaduct=${3:-../../viaduct}
[ -n "$runner" ] || { sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
./build.sh "$work" random_calls || exit 2
calls=200

# both ARGUMENT...: what it prints goes to real and ours.
both() {
	local tries
	# A virtual machine on a loaded host does not always come up.
	for tries in 1 2 3; do
		# Word splitting is wanted: RUNNER is a command with options.
		# shellcheck disable=SC2086
		$runner "$work/random_calls" --quiet-console "$@" >"$work/real" 2>"$work/err" && break
		[ $tries -lt 3 ] || { echo "compare_random.sh: the runner failed" >&2; tail -n 3 "$work/err" >&2; exit 2; }
	done
	"$viaduct" run --quiet --device edu,addr=0000:00:05.0 -- "$work/random_calls" "$@" >"$work/ours" </dev/null
}

differing() { diff "$work/real" "$work/ours" | sed -n "s/^< $1 \([0-9]*\):.*/\1/p"; }

both --seeds "$seeds"
found=$(differing seed)
echo "$(grep -c '^seed' "$work/real") sequences, $(grep -c . <<<"$found") differ${found:+: }$(tr '\n' ' ' <<<"$found")"
[ -n "$found" ] || exit 0
seed=$(head -n 1 <<<"$found")

# Nothing behind the first line that differs matters.
skip=-1
cut_behind() {
	both --seed "$seed" --calls "$calls" --skip "$skip"
	local last
	last=$(diff --unchanged-line-format= --old-line-format='%L' --new-line-format= "$work/real" "$work/ours" |
		sed -n 's/.*#\([0-9]*\)$/\1/p' | head -n 1)
	[ -z "$last" ] || calls=$((last + 1))
}
cut_behind
while :; do
	both --seed "$seed" --calls "$calls" --skip "$skip" --each
	# What can go by itself; all of it at once where that still differs, or else the first half of it, and so on.
	mapfile -t loose < <(differing without)
	took=
	for ((n = ${#loose[@]}; n > 0; n /= 2)); do
		try=$skip$(printf ',%s' "${loose[@]:0:n}")
		both --seed "$seed" --calls "$calls" --skip "$try"
		if ! cmp -s "$work/real" "$work/ours"; then
			skip=$try took=1
			break
		fi
	done
	[ -n "$took" ] || break
	cut_behind
	echo "seed $seed: $(grep -c '#' "$work/real") calls left"
done
both --seed "$seed" --calls "$calls" --skip "$skip"
diff -U 100 --label 'the real kernel' --label Viaduct "$work/real" "$work/ours"
echo "again: random_calls --seed $seed --calls $calls --skip $skip"
exit 1

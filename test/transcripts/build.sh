#!/usr/bin/env bash
# Builds the transcript programs, static, into a folder.
#
#   build.sh FOLDER [NAME]...           build.sh --list   prints the names
#   build.sh --machine real|ours NAME   prints the options for the machine that the program wants, or nothing
#
# A program that wants another machine than one edu at 0000:00:05.0 has a line in it of the form
#
#   /* machine: real -d QEMU-DEVICE ... ; ours --device MODEL ... */
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# Bad pointers and sizes are what the programs are about.
warnings=(-Wall -Wextra -Werror -Wno-nonnull -Wno-stringop-overflow -Wno-stringop-overread -Wno-unused-function)
list() { for f in "$here"/*.c; do basename "$f" .c; done; }
if [ "${1:-}" = --list ]; then
	list
	exit 0
fi
if [ "${1:-}" = --machine ]; then
	line=$(sed -n 's|^/\* machine: real \(.*\) ; ours \(.*\) \*/$|\1;\2|p' "$here/$3.c")
	[ "$2" = real ] && echo "${line%%;*}" || echo "${line#*;}"
	exit 0
fi
out=${1:?a folder to build into}
shift
programs=("$@")
[ ${#programs[@]} -gt 0 ] || mapfile -t programs < <(list)
mkdir -p "$out"
for name in "${programs[@]}"; do
	if [ ! -f "$here/$name.c" ]; then
		echo "build.sh: there is no program $name; there are: $(list | tr '\n' ' ')" >&2
		exit 2
	fi
	"${CC:-gcc}" -O1 -static "${warnings[@]}" -o "$out/$name" "$here/$name.c"
done

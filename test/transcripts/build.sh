#!/usr/bin/env bash
# Builds the transcript programs, static, into a folder.
#
#   build.sh FOLDER [NAME]...                     build.sh --list   prints the names
#   build.sh --machines NAME                      prints the machines that the program wants, each with a golden of its own
#   build.sh --machine real|ours NAME [MACHINE]   prints the options for one, or nothing
#   build.sh --power FOLDER NAME...               builds for POWER (ppc64le), by POWER_CC, powerpc64le-linux-gnu-gcc by default
#
# A program that wants another machine than one edu at 0000:00:05.0 has a line in it of the form
#
#   /* machine: real -d QEMU-DEVICE ... ; ours --device MODEL ... */
#
# and one that wants several machines, one after the other, has a line for each: `machine NAME: ...`. Its goldens are
# golden/PROGRAM.NAME.txt. @machines@ stands for the folder machines/, whatever is its path.
#
# Where the real machine's options begin with the word `power` or `powernv`, it is a machine of that architecture: regenerate.sh builds
# the program for it and asks a runner of its own. Debian has the compiler in gcc-powerpc64le-linux-gnu and libc6-dev-ppc64el-cross;
# only who makes goldens needs it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# Bad pointers and sizes are what the programs are about.
warnings=(-Wall -Wextra -Werror -Wno-nonnull -Wno-stringop-overflow -Wno-stringop-overread -Wno-unused-function)
list() { for f in "$here"/*.c; do basename "$f" .c; done; }
if [ "${1:-}" = --list ]; then
	list
	exit 0
fi
# NAME;OPTIONS of the real machine;OPTIONS of ours
machines() { sed -n 's|^/\* machine *\([a-z0-9_-]*\): real \(.*\) ; ours \(.*\) \*/$|\1;\2;\3|p' "$here/$1.c"; }
if [ "${1:-}" = --machines ]; then
	machines "${2:?a program}" | cut -d';' -f1
	exit 0
fi
if [ "${1:-}" = --machine ]; then
	column=3
	[ "${2:?real or ours}" = real ] && column=2
	line=$(machines "${3:?a program}" | grep "^${4:-};" || true)
	cut -d';' -f"$column" <<<"$line" | sed "s|@machines@|${MACHINES:-$here/machines}|g"
	exit 0
fi
cc=${CC:-gcc}
if [ "${1:-}" = --power ]; then
	cc=${POWER_CC:-powerpc64le-linux-gnu-gcc}
	shift
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
	"$cc" -O1 -static "${warnings[@]}" -o "$out/$name" "$here/$name.c"
done

#!/usr/bin/env bash
# Builds the transcript programs, static, into a folder.
#
#   build.sh FOLDER [NAME]...       build.sh --list   prints the names
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# Bad pointers and sizes are what the programs are about.
warnings=(-Wall -Wextra -Werror -Wno-nonnull -Wno-stringop-overflow -Wno-stringop-overread -Wno-unused-function)
list() { for f in "$here"/*.c; do basename "$f" .c; done; }
if [ "${1:-}" = --list ]; then
	list
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

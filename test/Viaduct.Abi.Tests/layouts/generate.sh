#!/bin/sh
# Prints the table that layouts-linux-7.txt holds, made from the kernel's own headers.
#
#   generate.sh -I DIR               headers in DIR: the usr/include of an unpacked linux-libc-dev, or /usr/include
#   generate.sh --download [SUITE]   headers of Debian's SUITE (trixie-backports), fetched with apt into a folder that is
#                                    removed afterwards; no root, nothing is installed
#
# Every constant is taken twice, with the asm-generic ioctl encoding and with POWER's; where they differ, POWER's value
# follows behind the word "powerpc". Fails when vfio.h or iommufd.h has a name that vfio.inc and iommufd.inc do not list.
# Needs a C compiler (CC, default cc).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cc=${CC:-cc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

usage() {
	sed -n '2,/^set -eu/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
	exit 2
}

download() {
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
	echo "deb [signed-by=$keyring] http://deb.debian.org/debian $1 main" >"$work/apt/sources.list"
	set -- -qq -o "Dir::Etc::sourcelist=$work/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o "Dir::State::lists=$work/apt/lists" -o "Dir::Cache=$work/apt/cache" -o APT::Sandbox::User=root
	apt-get "$@" update >&2
	# A private list of sources: what is installed must not count as a candidate.
	(cd "$work/apt" && apt-get "$@" -o Dir::State::status=/dev/null download linux-libc-dev >&2)
	dpkg -x "$work"/apt/linux-libc-dev_*.deb "$work/headers"
}

# The names that a header defines: object-like macros, structs, enumerators.
names() {
	"$cc" -fpreprocessed -dD -E -P "$1" | awk '
		/^#define [A-Za-z_]+[A-Za-z0-9_]* [^ ]/ { print $2 }
		/^struct [a-z0-9_]+ \{/ { print $2 }
		/^enum/ { inside = 1; next }
		/^\}/ { inside = 0 }
		inside && match($1, /^[A-Z_][A-Za-z0-9_]*/) { print substr($1, RSTART, RLENGTH) }' | sort -u
}

check_complete() {
	names "$1" >"$work/defined"
	sed -n 's/^[A-Z]*(\([A-Za-z0-9_]*\))$/\1/p' "$2" | sort -u >"$work/listed"
	if missing=$(comm -23 "$work/defined" "$work/listed") && [ -n "$missing" ]; then
		echo "$2 does not list these names of $1:" $missing >&2
		exit 1
	fi
}

# print ASM: run the program against the asm/ folder $work/ASM and the common headers.
print() {
	"$cc" -w -I "$work/$1" -I "$include" -I "$here" -o "$work/$1/print" "$here/generate-layouts.c"
	"$work/$1/print" >"$work/$1/table"
}

case "${1-}" in
-I) [ $# -eq 2 ] || usage; include=$2 ;;
--download) [ $# -le 2 ] || usage; download "${2-trixie-backports}"; include=$work/headers/usr/include ;;
*) usage ;;
esac

for arch in x86_64 powerpc64le; do
	if [ ! -e "$include/$arch-linux-gnu/asm/kvm.h" ]; then
		echo "$include has no $arch-linux-gnu/asm: it is not of a Debian linux-libc-dev >= 6.12" >&2
		exit 1
	fi
done
check_complete "$include/linux/vfio.h" "$here/vfio.inc"
check_complete "$include/linux/iommufd.h" "$here/iommufd.inc"

# The TCE structs are only in POWER's asm/kvm.h, so both runs take that one.
mkdir "$work/generic" "$work/powerpc"
cp -rL "$include/x86_64-linux-gnu/asm" "$work/generic/asm"
cp -rL "$include/powerpc64le-linux-gnu/asm" "$work/powerpc/asm"
cp "$work/powerpc/asm/kvm.h" "$work/generic/asm/kvm.h"
print generic
print powerpc

version=$(awk '$2 ~ /^LINUX_VERSION_(MAJOR|PATCHLEVEL|SUBLEVEL)$/ { v = v s $3; s = "." } END { print v }' \
	"$include/linux/version.h")
echo "# Made by generate.sh; do not edit."
echo "# linux $version"
paste -d '\t' "$work/generic/table" "$work/powerpc/table" | awk -F '\t' '
	$1 == $2 { print $1; next }
	$1 ~ /^const/ { split($2, power, " "); print $1 " powerpc " power[3]; next }
	{ print "differs on POWER: " $1 > "/dev/stderr"; failed = 1 }
	END { exit failed }'

#!/usr/bin/env bash
# Builds libvfio-user and its samples from a copy of its source, without its own build system: build-libvfio-user.sh SOURCE FOLDER
#
# SOURCE is a checkout of https://github.com/nutanix/libvfio-user; json-c's headers must be there (libjson-c-dev). The folder gets
# libvfio-user.so.0, gpio-pci-idio-16, server and client.
set -euo pipefail
[ $# -eq 2 ] && [ -f "$1/lib/libvfio-user.c" ] || { echo "usage: build-libvfio-user.sh SOURCE FOLDER" >&2; exit 2; }
source=$(readlink -f "$1")
mkdir -p "$2"
out=$(readlink -f "$2")
rm -rf "$out/source" && cp -r "$source" "$out/source" && cd "$out/source"
CC=${CC:-cc}
json_folder() { pkg-config --variable=includedir json-c 2>/dev/null | sed 's|$|/json-c|' | grep . || echo /usr/include/json-c; }
printf "#include <json-c/json.h>\n" | "$CC" -E -o /dev/null - 2>/dev/null || { echo "no json-c headers: install libjson-c-dev" >&2; exit 3; }

# Its BAR1 of 0x3000 bytes is no power of two, which the library itself refuses: the sample does not start as it is.
sed -i 's/\(bar1_size = 0x\)3000/\14000/' samples/server.c

flags=(-std=gnu99 -O2 -D_GNU_SOURCE -w -Iinclude -Ilib "-I$(json_folder)")
library=()
for part in btree dma fd_cache irq libvfio-user migration pci pci_caps tran tran_sock; do library+=("lib/$part.c"); done
"$CC" "${flags[@]}" -fPIC -shared -fvisibility=hidden -Wl,-soname,libvfio-user.so.0 -o "$out/libvfio-user.so.0" "${library[@]}" -ljson-c
for sample in gpio-pci-idio-16 server; do
  "$CC" "${flags[@]}" -o "$out/$sample" "samples/$sample.c" "$out/libvfio-user.so.0" -Wl,-rpath,"$out"
done

# The client becomes its second server, and its end is a child's, whose status nobody hears: so it is told.
printf '%s\n' '#include <stdio.h>' 'int sample(int, char **);' 'int main(int argc, char **argv)' \
  '{ int status = sample(argc, argv); fprintf(stderr, "the client ends with %d\n", status); return status; }' >end.c
"$CC" "${flags[@]}" -Dmain=sample -c -o client.o samples/client.c
"$CC" "${flags[@]}" -o "$out/client" end.c client.o lib/migration.c lib/tran.c lib/tran_sock.c -ljson-c -lpthread

#!/usr/bin/env bash
# Runs samples/EduDriver on a real Linux kernel, in a virtual machine that somebody else starts:
#
#   eng/prove-driver-on-kernel.sh RUNNER [RUNNER-ARG]...
#
# RUNNER is called as
#   RUNNER [RUNNER-ARG]... -x TARBALL -- SCRIPT
# and must boot a kernel with VFIO and QEMU's edu bound to vfio-pci, put TARBALL and SCRIPT into one folder and run SCRIPT in it with
# busybox's sh as root. What it prints and its exit status become ours; 'all good' is the last line of a success.
# EDU_RUNTIME (default: this machine's) is the runtime identifier to publish for; it must be this machine's, since the C
# library is taken from here.
set -euo pipefail
[ $# -ge 1 ] || { sed -n 2,11p "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
rid=${EDU_RUNTIME:-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

# Compiled ahead where it can be: the processor may be emulated, and then compiling at run time takes minutes.
dotnet publish samples/EduDriver -c Release -r "$rid" --self-contained -p:PublishReadyToRun=true -v q --nologo \
  -o "$work/edu/app" >&2
rm -f "$work"/edu/app/*.pdb "$work"/edu/app/*.xml "$work"/edu/app/libmscordbi.so "$work"/edu/app/libmscordaccore.so \
  "$work"/edu/app/libclrgcexp.so
mkdir -p "$work/edu/lib"
loader=
while read -r lib; do
  case $lib in */ld-linux*|*/ld64*|*/ld-*.so*) loader=$lib;; esac
  cp -L "$lib" "$work/edu/lib/"
done < <(ldd "$work"/edu/app/EduDriver "$work"/edu/app/*.so | grep -o '/[^ ]*\.so[^ ]*' | grep -v "^$work" | sort -u)
[ -n "$loader" ] || { echo "$0: no dynamic loader found: is this glibc?" >&2; exit 1; }

tar -C "$work" -czf "$work/edu.tar.gz" edu
cat > "$work/run.sh" <<S
#!/bin/busybox sh
tar -xzf edu.tar.gz || exit 125
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_TieredCompilation=1 DOTNET_gcServer=0 LD_LIBRARY_PATH=\$PWD/edu/lib
export DOTNET_EnableDiagnostics=0 HOME=/tmp
# Where the program's header says that its loader is; the host of a .NET program must be /proc/self/exe itself.
mkdir -p $(dirname "$loader") && cp edu/lib/$(basename "$loader") $loader || exit 125
exec edu/app/EduDriver "\$@"
S
chmod +x "$work/run.sh"
"$@" -x "$work/edu.tar.gz" -- "$work/run.sh"

#!/usr/bin/env bash
# Runs a sample driver on a real Linux kernel, in a virtual machine that somebody else starts:
#
#   eng/prove-driver-on-kernel.sh SAMPLE [SAMPLE-ARG]... -- RUNNER [RUNNER-ARG]...
#
# SAMPLE is a folder of samples/ (EduDriver, NvmeDisk) or of test/ (Viaduct.Driver.Suite, with --self-test). A SAMPLE-ARG that starts with '@' names a script for busybox's sh to run in the
# program's place; it finds the program in $PROGRAM. RUNNER is called as
#   RUNNER [RUNNER-ARG]... -x TARBALL -- SCRIPT
# and must boot a kernel with VFIO and the device bound to vfio-pci, put TARBALL and SCRIPT into one folder and run SCRIPT in it with
# busybox's sh as root. What it prints and its exit status become ours.
# DRIVER_RUNTIME (default: this machine's) is the runtime identifier to publish for; it must be this machine's, since the C
# library is taken from here.
set -euo pipefail
usage() { sed -n 2,13p "$0" >&2; exit 2; }
[ $# -ge 3 ] || usage
sample=$1 arguments=() script=; shift
root=$(cd "$(dirname "$0")/.." && pwd)
project=$root/samples/$sample; [ -d "$project" ] || project=$root/test/$sample
[ -d "$project" ] || { echo "$0: there is no samples/$sample and no test/$sample" >&2; exit 2; }
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  case $1 in @*) script=${1#@} ;; *) arguments+=("$1") ;; esac
  shift
done
[ $# -ge 2 ] || usage
shift
rid=${DRIVER_RUNTIME:-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

# Compiled ahead where it can be: the processor may be emulated, and then compiling at run time takes minutes.
dotnet publish "$project" -c Release -r "$rid" --self-contained -p:PublishReadyToRun=true -p:RunAnalyzers=false -v q --nologo \
  -o "$work/driver/app" >&2
rm -f "$work"/driver/app/*.pdb "$work"/driver/app/*.xml "$work"/driver/app/libmscordbi.so "$work"/driver/app/libmscordaccore.so \
  "$work"/driver/app/libclrgcexp.so
mkdir -p "$work/driver/lib"
loader=
while read -r lib; do
  case $lib in */ld-linux*|*/ld64*|*/ld-*.so*) loader=$lib;; esac
  cp -L "$lib" "$work/driver/lib/"
done < <(ldd "$work/driver/app/$sample" "$work"/driver/app/*.so | grep -o '/[^ ]*\.so[^ ]*' | grep -v "^$work" | sort -u)
[ -n "$loader" ] || { echo "$0: no dynamic loader found: is this glibc?" >&2; exit 1; }
start='$PROGRAM'
if [ -n "$script" ]; then cp "$script" "$work/driver/script.sh"; start='/bin/busybox sh $PWD/driver/script.sh'; fi
[ ${#arguments[@]} -eq 0 ] || start+=$(printf ' %q' "${arguments[@]}")

tar -C "$work" -czf "$work/driver.tar.gz" driver
cat > "$work/run.sh" <<S
#!/bin/busybox sh
tar -xzf driver.tar.gz || exit 125
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_TieredCompilation=1 DOTNET_gcServer=0 LD_LIBRARY_PATH=\$PWD/driver/lib
export DOTNET_EnableDiagnostics=0 HOME=/tmp PROGRAM=\$PWD/driver/app/$sample
# Where the program's header says that its loader is; the host of a .NET program must be /proc/self/exe itself.
mkdir -p $(dirname "$loader") && cp driver/lib/$(basename "$loader") $loader || exit 125
exec $start
S
chmod +x "$work/run.sh"
"$@" -x "$work/driver.tar.gz" -- "$work/run.sh"

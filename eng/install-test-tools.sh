#!/usr/bin/env bash
# Installs what the tests need beyond the .NET SDK, where it may (root on a Debian-like system); elsewhere says what is missing.
set -euo pipefail
declare -A package=([gcc]=gcc [setpriv]=util-linux [awk]=mawk [timeout]=coreutils [setsid]=util-linux [strace]=strace)
missing=()
for tool in "${!package[@]}"; do command -v "$tool" >/dev/null 2>&1 || missing+=("${package[$tool]}"); done
echo 'int main(void){return 0;}' | gcc -static -x c -o /dev/null - 2>/dev/null || missing+=(libc6-dev)
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing: ${missing[*]}"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "the tests need these Debian packages, or what your system calls them: ${missing[*]}" >&2
  exit 1
fi

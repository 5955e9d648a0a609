#!/usr/bin/env bash
# Builds the fuzz client, static: build-client.sh OUTPUT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# Wrong pointers, sizes and orders are what it is about.
"${CC:-gcc}" -O1 -static -pthread -Wall -Wextra -Werror -Wno-nonnull -Wno-stringop-overflow -Wno-stringop-overread \
	-Wno-array-bounds -Wno-format-truncation -Wno-format-security -Wno-unused-result -Wno-clobbered -o "${1:?where to write it}" "$here"/fuzz-*.c

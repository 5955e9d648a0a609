#!/usr/bin/env bash
# Checks that each line that COVERAGE.md quotes is in the golden that it names.
set -uo pipefail
cd "$(dirname "$0")" || exit 2
rows=0 missing=0
while IFS= read -r line; do
	golden=$(sed 's/.* | \([^ ]*\) | `.*/\1/' <<<"$line")
	text=$(sed 's/.* | `\(.*\)` |$/\1/; s/\\|/|/g' <<<"$line")
	rows=$((rows + 1))
	grep -qF -- "$text" "golden/$golden.txt" && continue
	missing=$((missing + 1))
	echo "golden/$golden.txt has no line with: $text"
done < <(grep '^| .* | `.*` |$' COVERAGE.md)
echo "coverage: $rows answers, $missing missing"
[ "$rows" -gt 0 ] && [ $missing = 0 ]

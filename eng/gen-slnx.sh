#!/usr/bin/env bash
# Writes Viaduct.slnx from the project files that are there.
set -euo pipefail
cd "$(dirname "$0")/.."
{ echo '<Solution>'
  for d in src test samples bench; do
    mapfile -t p < <(git ls-files --cached --others --exclude-standard "$d/*.csproj" | sort); [ ${#p[@]} -gt 0 ] || continue
    echo "  <Folder Name=\"/$d/\">"; for f in "${p[@]}"; do echo "    <Project Path=\"$f\" />"; done; echo '  </Folder>'
  done
  echo '</Solution>'; } > Viaduct.slnx

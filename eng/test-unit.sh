# Sourced by test.sh: what xunit runs. A project that does not build, or ends without its totals, is a failure.
test_unit() {
  say 'unit tests'
  if ! dotnet build Viaduct.slnx -c Release -v q --nologo >"$work/build" 2>&1; then
    grep -E 'error|Error' "$work/build" | sort -u | head -40
    echo 'FAIL the solution builds'; count 0 1; return
  fi
  echo 'ok   the solution builds without a warning'; count 1 0
  check 'dotnet format finds nothing to change' dotnet format Viaduct.slnx --no-restore --verify-no-changes
  local project name line
  for project in test/*.Tests/*.csproj; do
    name=$(basename "$project" .csproj)
    dotnet test "$project" -c Release --no-build --nologo -v q >"$work/$name" 2>&1
    line=$(grep -E '^(Passed|Failed|Skipped)! ' "$work/$name" | tail -1)
    if [ -z "$line" ]; then
      echo "FAIL $name gave no totals"; tail -30 "$work/$name"; count 0 1; continue
    fi
    grep -E '^\s+Failed |\[FAIL\]|Error Message|Assert' "$work/$name" | head -40
    echo "     $name: $line"
    # shellcheck disable=SC2046
    count $(sed -E 's/.*Failed: *([0-9]+), Passed: *([0-9]+), Skipped: *([0-9]+).*/\2 \1 \3/' <<<"$line")
  done
}

#!/usr/bin/env bash
# Rebuild the libraries of the report's pages, at the versions of package-lock.json, with their licences.
set -euo pipefail
cd "$(dirname "$0")"
npm ci --silent
out=../../src/planmine/report/lib
for name in charts tables search; do
  npx esbuild "$name.js" --bundle --minify --charset=utf8 --legal-comments=none --format=iife \
    --global-name="planmine_$name" --target=es2022 --outfile="$out/$name.js"
done
{
  echo "The scripts beside this file are bundled from these packages (scripts/report_libraries):"
  for package in echarts zrender tslib @tanstack/table-core @leeoniya/ufuzzy; do
    folder="node_modules/$package"
    printf '\n\n==== %s %s ====\n\n' "$package" "$(node -p "require('./$folder/package.json').version")"
    for file in LICENSE LICENSE.txt NOTICE; do [ -f "$folder/$file" ] && cat "$folder/$file"; done
  done
} > "$out/LICENCES.txt"
ls -l "$out"

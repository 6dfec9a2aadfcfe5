#!/usr/bin/env bash
# What the tests need besides Python: a browser for the page, a reader for old Word files.
# Installs it on Debian as root; elsewhere says what is missing.
set -euo pipefail
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v antiword >/dev/null || command -v soffice >/dev/null || missing+=(antiword)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "missing, and tests that need it will fail: ${missing[*]} (Debian: apt-get install ${missing[*]})" >&2
fi

#!/usr/bin/env bash
# Rewrite requirements.lock: the versions that an install of all extras resolves to, torch apart (see Makefile).
set -euo pipefail
cd "$(dirname "$0")/.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --upgrade pip
"$place/venv/bin/pip" install --quiet "${TORCH:-torch==2.13.0}"
"$place/venv/bin/pip" install --quiet ".[transformers,flows,sources,cluster,dev]"
{
  echo "# Written by scripts/lock.sh: versions that start together."
  "$place/venv/bin/pip" freeze --exclude planmine --exclude torch | grep -v ' @ '
} >requirements.lock

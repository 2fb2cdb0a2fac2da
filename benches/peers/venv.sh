#!/usr/bin/env bash
# Makes benches/.venv with the peers of requirements.txt, or brings it up to date; prints its python.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ! -x .venv/bin/python ]]; then
    "${PYTHON:-python3}" -m venv .venv
fi
if ! cmp --quiet peers/requirements.txt .venv/requirements.txt; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement peers/requirements.txt
    cp peers/requirements.txt .venv/requirements.txt
fi
echo "$PWD/.venv/bin/python"

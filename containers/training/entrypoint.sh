#!/bin/bash
# SageMaker starts the container with the word `train`; anything else is run as a command.
set -euo pipefail

command=("$@")
if [ "${1:-}" = train ]; then
    command=(python -m training)
fi

# AWS's images choose the CUDA libraries for the host's driver in their own entrypoint.
if [ -x /usr/local/bin/entrypoint.sh ]; then
    exec /usr/local/bin/entrypoint.sh "${command[@]}"
fi
echo "[warning] there is no /usr/local/bin/entrypoint.sh, so nothing fits CUDA to the" \
    "host's driver; a GPU may not be usable" >&2
exec "${command[@]}"

#!/usr/bin/env bash
# Makes the scratch folder that every job of this cluster writes to.
set -euo pipefail

scratch=$(jetpack config demo.scratch)
mkdir -p "$scratch"
echo "scratch of cluster $(jetpack config cyclecloud.cluster.name) is $scratch"
jetpack log "scratch is ready: $scratch" --priority low --wait 0

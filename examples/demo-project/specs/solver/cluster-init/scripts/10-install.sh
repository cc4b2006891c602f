#!/usr/bin/env bash
# Installs the solver from the project's blobs, next to the files of this spec and of the spec before it.
set -euo pipefail

scratch=$(jetpack config demo.scratch)
jetpack download solver.dat "$scratch/"
cp ../files/solver.conf ../../default/files/limits.conf "$scratch/"
echo "installed $CYCLECLOUD_PROJECT_NAME $CYCLECLOUD_PROJECT_VERSION, spec $CYCLECLOUD_SPEC_NAME"

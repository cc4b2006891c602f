#!/usr/bin/env python3
"""Writes one thread a core into the solver's settings."""

import pathlib
import subprocess

scratch = pathlib.Path(subprocess.check_output(["jetpack", "config", "demo.scratch"], text=True).strip())
cores = subprocess.check_output(["jetpack", "config", "cpu.total"], text=True).strip()
with (scratch / "solver.conf").open("a") as settings:
    settings.write(f"threads = {cores}\n")
print(f"the solver uses {cores} threads")

import type { Collector } from './collector.js';
import { lineOf } from './text.js';

/** `linux` or `windows`. */
export const os: Collector = async (machine) => machine.name;

/** The kernel's release, `uname -r`. */
export const osVersion: Collector = async (machine) =>
  lineOf(await machine.read('/proc/sys/kernel/osrelease')) ?? machine.os.release();

import type { Collector } from './collector.js';
import { lineOf } from './text.js';

/** machine-id(5). */
export const machineId: Collector = async (machine) =>
  lineOf(
    (await machine.read('/etc/machine-id')) ?? (await machine.read('/var/lib/dbus/machine-id')),
  );

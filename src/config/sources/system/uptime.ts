import type { Collector } from './collector.js';
import type { Machine } from './machine.js';

/** Whole seconds since boot. */
export const uptimeSeconds: Collector = async (machine) => (await seconds(machine)).up;

/** The same in words: `1 day 02 hours 03 minutes 04 seconds`. */
export const uptime: Collector = async (machine) => inWords((await seconds(machine)).up);

/** Whole seconds that the processors were idle, all of them together. */
export const idletimeSeconds: Collector = async (machine) => (await seconds(machine)).idle;

/** The same in words. */
export const idletime: Collector = async (machine) => {
  const { idle } = await seconds(machine);
  return idle === undefined ? undefined : inWords(idle);
};

/** proc(5), /proc/uptime: two numbers with two decimals. */
async function seconds(machine: Machine): Promise<{ up: number; idle: number | undefined }> {
  const text = await machine.read('/proc/uptime');
  if (text === undefined) return { up: Math.floor(machine.os.uptime()), idle: undefined };
  const [up = 0, idle] = text.trim().split(/\s+/).map(Number).map(Math.floor);
  return { up, idle };
}

/** Ohai's words: what is zero at the front is left out, the rest has two digits. */
function inWords(total: number): string {
  const days = Math.floor(total / 86_400);
  const [hours, minutes] = [Math.floor((total % 86_400) / 3600), Math.floor((total % 3600) / 60)];
  const tail = two(total % 60, 'seconds');
  if (days > 0) {
    const first = `${days} ${days === 1 ? 'day' : 'days'}`;
    return [first, two(hours, 'hours'), two(minutes, 'minutes'), tail].join(' ');
  }
  if (hours > 0) return [`${hours} hours`, two(minutes, 'minutes'), tail].join(' ');
  return minutes > 0 ? `${minutes} minutes ${tail}` : tail;
}

function two(amount: number, unit: string): string {
  return `${String(amount).padStart(2, '0')} ${unit}`;
}

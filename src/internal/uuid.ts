/**
 * A UUID version 7 (RFC 9562, 5.7): 48 bits of time, then 74 random ones, so that ids sort by the time they were made.
 * They need to differ, not to be secret, so the caller's plain random numbers do; loading the crypto module to make one
 * id would cost a short command more than all its other work.
 */
export function uuidV7(now: number, random: () => number): string {
  const bits = (count: number): number => Math.floor(random() * 2 ** count);
  const time = hex(Math.max(0, Math.floor(now)) % 2 ** 48, 12);
  const version = hex(0x7000 + bits(12), 4);
  const variant = hex(0x8000 + bits(14), 4);
  const rest = hex(bits(24), 6) + hex(bits(24), 6);
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}-${rest}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

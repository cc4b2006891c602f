import { JetpackError } from '../errors.js';
import type { HealthPolicy } from './policy.js';

/** Where settings come from: a `Config`, or anything like it. */
export interface SettingsSource {
  get<T>(key: string): Promise<T | undefined>;
}

/** The settings under `cyclecloud.healthcheck`. */
export interface HealthSettings extends HealthPolicy {
  /** Milliseconds a check may take. */
  readonly timeout: number;
}

/** What a setting must be. */
interface Range {
  readonly fallback: number;
  readonly least: number;
  readonly most: number;
  readonly unit: string;
}

const oneDaySeconds = 86_400;

/**
 * Reads them. A number may be written as a string, as values from cluster templates are.
 *
 * @throws JetpackError `ERR_JETPACK_BAD_CONFIG` naming the setting, and what the source throws
 */
export async function readHealthSettings(config: SettingsSource): Promise<HealthSettings> {
  const seconds = { fallback: 300, least: 1, most: oneDaySeconds, unit: ' of seconds' };
  const [timeout, failures, budget] = await Promise.all([
    readNumber(config, 'timeout', seconds),
    readNumber(config, 'failures', { fallback: 1, least: 1, most: 1000, unit: '' }),
    readNumber(config, 'budget', { fallback: 3, least: 0, most: 1000, unit: '' }),
  ]);
  return { timeout: timeout * 1000, failures, budget };
}

async function readNumber(config: SettingsSource, name: string, range: Range): Promise<number> {
  const key = `cyclecloud.healthcheck.${name}`;
  const value: unknown = await config.get(key);
  if (value === undefined || value === null || value === '') return range.fallback;
  const number = typeof value === 'boolean' || typeof value === 'object' ? NaN : Number(value);
  if (Number.isInteger(number) && number >= range.least && number <= range.most) return number;
  throw new JetpackError(
    'ERR_JETPACK_BAD_CONFIG',
    `cannot use ${key}: it must be a whole number${range.unit} from ${range.least} to ${range.most}`,
  );
}

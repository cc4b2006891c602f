import { HealthCheck } from '../../src/health/health-check.js';
import type { HealthRound } from '../../src/health/health-check.js';
import { KeepAlive } from '../../src/health/keep-alive.js';
import { FakePlatform, ManualClock, createTemporaryHome } from '../../src/testing/index.js';
import type { FakeProgram } from '../../src/testing/index.js';
import { RecordingSender } from './recording-sender.js';
import { settingsOf } from './settings.js';

export const minute = 60_000;
export const hour = 60 * minute;

/** A node whose checks are functions, and whose time stands until it is moved. */
export async function setUpHealth(
  programs: Record<string, FakeProgram> = {},
  settings: object = {},
) {
  const temporary = await createTemporaryHome();
  const { home } = temporary;
  const [sender, clock] = [new RecordingSender(), new ManualClock()];
  const platform = new FakePlatform({ clock, programs });
  for (const name of Object.keys(programs))
    await temporary.write(`config/healthcheck.d/${name}`, '');
  const keepAlive = new KeepAlive({ home, sender, platform, clock, user: () => 'alice' });
  const options = { home, sender, platform, clock, keepAlive, config: settingsOf({ ...settings }) };
  const open = (): HealthCheck => new HealthCheck(options);
  const check = open();
  /** One round, ten minutes after the last. */
  const next = async (): Promise<HealthRound> => {
    await clock.advance(10 * minute);
    return check.runOnce();
  };
  return {
    temporary,
    home,
    sender,
    clock,
    platform,
    keepAlive,
    options,
    open,
    check,
    next,
    [Symbol.asyncDispose]: temporary[Symbol.asyncDispose],
  };
}

/** The verdicts of a round by the names of the checks. */
export function verdictsOf(round: HealthRound): Record<string, string> {
  return Object.fromEntries(round.verdicts.map(({ check, verdict }) => [check, verdict]));
}

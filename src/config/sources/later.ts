import type { Clock } from '../../clock.js';
import type { Home } from '../../home.js';
import type { ExactObject } from '../../internal/lossless-json.js';
import type { Platform } from '../../platform.js';
import type { Source } from '../source.js';
import { derivedSource } from './derived.js';
import { systemSource } from './system.js';
import type { Machine } from './system/machine.js';
import { localMachine } from './system/machine.js';

/** Options of {@link laterSources}. */
export interface LaterSourcesOptions {
  readonly home: Home;
  /** What the attribute files say. */
  readonly files: ExactObject;
  readonly machine: Machine | undefined;
  readonly platform: Pick<Platform, 'name' | 'run'> | undefined;
  readonly clock: Clock;
  readonly deadline: number;
}

/** The sources beyond the files, the one that wins first. Made for one question and then let go. */
export function laterSources(options: LaterSourcesOptions): readonly Source[] {
  const { home, files, platform, clock, deadline } = options;
  const machine = options.machine ?? localMachine({ root: '/', platform });
  return [systemSource({ machine, clock, deadline }), derivedSource(home, files)];
}

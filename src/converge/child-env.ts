import path from 'node:path';

import type { Home } from '../home.js';
import type { AssignedSpec } from './assigned-spec.js';
import type { Layout } from './layout.js';

/** A child's environment. */
export type Env = Readonly<Record<string, string | undefined>>;

/** What every child of a converge finds: the home, and the `jetpack` command of that home first on PATH. */
export function childEnv(env: Env, home: Home): Env {
  // Windows spells it Path, and a second spelling would hide the first.
  const key = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  const rest = env[key];
  return {
    ...env,
    CYCLECLOUD_HOME: home.root,
    JETPACK_HOME: home.root,
    JETPACK_CLUSTER_INIT: home.clusterInit,
    [key]: rest === undefined || rest === '' ? home.bin : `${home.bin}${path.delimiter}${rest}`,
  };
}

/** What a script of a spec finds beside that. */
export function scriptEnv(env: Env, assigned: AssignedSpec, layout: Layout): Env {
  return {
    ...env,
    CYCLECLOUD_PROJECT_NAME: assigned.project,
    CYCLECLOUD_PROJECT_PATH: layout.projectFolder(assigned),
    CYCLECLOUD_PROJECT_VERSION: assigned.version,
    CYCLECLOUD_SPEC_NAME: assigned.spec,
    CYCLECLOUD_SPEC_PATH: layout.specFolder(assigned),
  };
}

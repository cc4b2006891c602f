/**
 * The steps of a converge, in their order.
 *
 * @public
 */
export type ConvergeStep =
  | 'resolve'
  | 'fetch'
  | 'install'
  | 'chef'
  | 'stages/install'
  | 'scripts'
  | 'tests'
  | 'stages/activate';

/**
 * Which folder of a spec a script stands in.
 *
 * @public
 */
export type ScriptFolder = 'stages' | 'scripts' | 'tests';

/**
 * One script of a spec.
 *
 * @public
 */
export interface ScriptName {
  /** As the assigned spec names it. */
  readonly project: string;
  /** As the assigned spec names it. */
  readonly spec: string;
  /** Of `stages` only those run whose names begin with `install.` or `activate.`. */
  readonly folder: ScriptFolder;
  /** Its file name. */
  readonly script: string;
}

/**
 * What a converge tells while it runs, in the order it happens. Durations are milliseconds.
 *
 * - `lock-waiting`: another process holds the lock; told once.
 * - `resumed`: the converge before this one was interrupted in that step.
 * - `step-finished` comes for each `step-started` that did not fail.
 * - `output` is one line of a script, without its line end; `chef-output` the same of Chef.
 * - `warning`: something went wrong that does not stop a converge.
 *
 * @public
 */
export type ConvergeEvent =
  | { readonly type: 'lock-waiting'; readonly message: string }
  | { readonly type: 'resumed'; readonly since: string; readonly step: string }
  | { readonly type: 'step-started'; readonly step: ConvergeStep }
  | {
      readonly type: 'step-finished';
      readonly step: ConvergeStep;
      readonly duration: number;
      /** What it did, in a few words. */
      readonly message: string;
    }
  | {
      readonly type: 'file-fetched';
      readonly project: string;
      readonly spec: string;
      /** Below the spec's folder in the locker. */
      readonly path: string;
      readonly bytes: number;
      /** How many are fetched, this one included, and how many there will be. */
      readonly count: number;
      readonly total: number;
    }
  | {
      readonly type: 'spec-installed' | 'spec-kept';
      readonly project: string;
      readonly spec: string;
      readonly version: string;
    }
  | { readonly type: 'chef-started'; readonly client: string; readonly runList: readonly string[] }
  | { readonly type: 'chef-output'; readonly text: string }
  | { readonly type: 'chef-finished'; readonly exitCode: number; readonly duration: number }
  | { readonly type: 'chef-skipped'; readonly why: string }
  | ({ readonly type: 'script-started' } & ScriptName)
  | ({ readonly type: 'output'; readonly text: string } & ScriptName)
  | ({
      readonly type: 'script-finished';
      readonly exitCode: number;
      readonly duration: number;
      /** Where its output is kept. */
      readonly log: string;
    } & ScriptName)
  | ({ readonly type: 'script-skipped'; readonly why: string } & ScriptName)
  | { readonly type: 'warning'; readonly message: string };

import { specName, type AssignedSpec } from './assigned-spec.js';
import type { ScriptFolder, ScriptName } from './events.js';

/**
 * One thing that a converge will do, or will not do, and why.
 *
 * - `fetch`: a file comes from the locker. `install`, `keep`: a spec is put into place, or is there already.
 * - `install-cookbooks`: the repository that Chef reads is built anew.
 * - `chef`, `skip-chef`: without `client` there is none on this machine, and the converge will fail there.
 * - `run-script`, `skip-script`: in the order in which they are run.
 * - `find-scripts`: what a spec's archive holds is known once it is here.
 *
 * @public
 */
export type PlanStep =
  | ({
      readonly action: 'fetch';
      /** Below the spec's folder in the locker. */
      readonly path: string;
      readonly size?: number;
    } & PlanSpec)
  | ({ readonly action: 'install' | 'keep' | 'find-scripts' } & PlanSpec)
  | { readonly action: 'install-cookbooks'; readonly why: string }
  | {
      readonly action: 'chef';
      readonly client?: string;
      readonly runList: readonly string[];
      readonly why: string;
    }
  | { readonly action: 'skip-chef'; readonly why: string }
  | ({ readonly action: 'run-script' | 'skip-script'; readonly why: string } & ScriptName);

/**
 * The spec that a step is about.
 *
 * @public
 */
export interface PlanSpec {
  /** As `cyclecloud.cluster_init_specs` names it. */
  readonly project: string;
  /** Of the project, for example `1.0.0`. */
  readonly version: string;
  /** As `cyclecloud.cluster_init_specs` names it. */
  readonly spec: string;
  /** The reason of the step, in a few words for a person. */
  readonly why: string;
}

/**
 * What a converge would do now, in that order. Plain data: it can be printed as JSON.
 *
 * @public
 */
export interface Plan {
  /** Set when the converge before was interrupted: when it began, and in which step it stopped. */
  readonly resumes?: { readonly since: string; readonly step: string };
  /** In the order in which a converge would do them, those it would leave out included. */
  readonly steps: readonly PlanStep[];
}

/** What is known about one script. */
export interface ScriptState {
  readonly name: ScriptName;
  /** Why it need not run; `undefined` when it has to. */
  readonly done: string | undefined;
}

/** What is known about one assigned spec. */
export interface SpecState {
  readonly assigned: AssignedSpec;
  /** What is missing here of its files. */
  readonly missing: readonly { readonly relative: string; readonly size?: number }[];
  /** Whether it must be installed, and why it must or need not. */
  readonly install: boolean;
  readonly why: string;
  /** Its scripts in the order in which they run; `undefined` when they are in an archive that is not here. */
  readonly scripts: readonly ScriptState[] | undefined;
}

/** What is known about Chef. */
export interface ChefState {
  /** The client's full path; `undefined` when there is none. */
  readonly client: string | undefined;
  readonly runList: readonly string[];
  /** Why it is left out; `undefined` when it is run. */
  readonly skip: string | undefined;
}

/** Everything a plan is made from. */
export interface PlanInputs {
  readonly specs: readonly SpecState[];
  /** Why the cookbooks are built anew; `undefined` when they stay. */
  readonly cookbooks: string | undefined;
  readonly chef: ChefState;
  readonly testMode: boolean;
  readonly resumes?: Plan['resumes'];
}

/** The folders of scripts in the order in which they run, each through all specs. */
export const scriptPhases = ['stages/install', 'scripts', 'tests', 'stages/activate'] as const;

/** One of {@link scriptPhases}. */
export type ScriptPhase = (typeof scriptPhases)[number];

/** Makes the plan. It reads nothing and changes nothing: the same inputs give the same plan. */
export function makePlan(inputs: PlanInputs): Plan {
  return {
    ...(inputs.resumes === undefined ? {} : { resumes: inputs.resumes }),
    steps: [
      ...inputs.specs.flatMap((spec) => fetchSteps(spec)),
      ...inputs.specs.map((spec) => installStep(spec)),
      ...(inputs.cookbooks === undefined
        ? []
        : [{ action: 'install-cookbooks', why: inputs.cookbooks } as const]),
      chefStep(inputs.chef),
      ...scriptPhases.flatMap((phase) => scriptSteps(inputs, phase)),
    ],
  };
}

/** In which phase a script runs; `undefined` for one of `stages` that no phase asks for. */
export function phaseOf(name: ScriptName): ScriptPhase | undefined {
  if (name.folder !== 'stages') return name.folder;
  if (name.script.startsWith('install.')) return 'stages/install';
  return name.script.startsWith('activate.') ? 'stages/activate' : undefined;
}

function specOf({ project, version, spec }: AssignedSpec): Omit<PlanSpec, 'why'> {
  return { project, version, spec };
}

function fetchSteps({ assigned, missing }: SpecState): PlanStep[] {
  return missing.map((file) => ({
    action: 'fetch',
    ...specOf(assigned),
    path: file.relative,
    ...(file.size === undefined ? {} : { size: file.size }),
    why: 'it is not in the cache',
  }));
}

function installStep({ assigned, install, why }: SpecState): PlanStep {
  return { action: install ? 'install' : 'keep', ...specOf(assigned), why };
}

function chefStep({ client, runList, skip }: ChefState): PlanStep {
  if (skip !== undefined) return { action: 'skip-chef', why: skip };
  if (client === undefined) {
    return {
      action: 'chef',
      runList,
      why: 'there is a run list, but no Chef client: it will fail',
    };
  }
  return { action: 'chef', client, runList, why: 'there is a run list' };
}

function scriptSteps(inputs: PlanInputs, phase: ScriptPhase): PlanStep[] {
  if (phase === 'tests' && !inputs.testMode) return [];
  return inputs.specs.flatMap(({ assigned, scripts }): PlanStep[] => {
    if (scripts === undefined) {
      if (phase !== 'scripts') return [];
      const why = `the scripts of ${specName(assigned)} are known when its archive is here`;
      return [{ action: 'find-scripts', ...specOf(assigned), why }];
    }
    return scripts.filter(({ name }) => phaseOf(name) === phase).map((state) => scriptStep(state));
  });
}

function scriptStep({ name, done }: ScriptState): PlanStep {
  if (done !== undefined) return { action: 'skip-script', ...name, why: done };
  return { action: 'run-script', ...name, why: whyRun(name.folder) };
}

function whyRun(folder: ScriptFolder): string {
  return folder === 'tests' ? 'cyclecloud.test_mode is on' : 'it has not run on this node';
}

import { throwIfAborted } from '../internal/abort.js';
import { installChefRepo } from './chef-repo.js';
import { childEnv } from './child-env.js';
import type { StepRecorder, StepsResult } from './converge-run.js';
import { fetchAll } from './fetch.js';
import {
  isChefFile,
  planInputs,
  survey,
  type GatherTools,
  type Situation,
  type SpecSituation,
} from './gather.js';
import { installSpec } from './install.js';
import type { ConvergeOptions } from './options.js';
import {
  phaseOf,
  scriptPhases,
  type ChefState,
  type PlanInputs,
  type ScriptPhase,
} from './plan.js';
import type { FetchedFile } from './record.js';
import { recover } from './recover.js';
import type { SpecFile } from './resolve.js';
import { runChef } from './run-chef.js';
import { runScript, type ScriptTools } from './run-script.js';

/**
 * The steps of one converge, in their order. The first half ends with everything in place; then what is there is looked
 * at again, because only now the scripts and cookbooks of archives are known, and the second half runs it.
 */
export class ConvergeSteps {
  readonly #tools: GatherTools;
  readonly #options: ConvergeOptions;
  readonly #recorder: StepRecorder;
  readonly #script: ScriptTools;
  #installed = 0;
  #ran = 0;
  #skipped = 0;

  constructor(tools: GatherTools, options: ConvergeOptions, recorder: StepRecorder) {
    const { layout, platform, clock, maxLogBytes } = tools;
    const { signal, mode } = options;
    this.#tools = tools;
    this.#options = options;
    this.#recorder = recorder;
    const env = {
      ...childEnv(tools.env, tools.home),
      ...(mode === undefined ? {} : { JETPACK_CONVERGE_MODE: mode }),
    };
    this.#script = { layout, platform, clock, env, maxLogBytes, signal, emit: recorder.emit };
  }

  async run(): Promise<StepsResult> {
    const situation = await this.#resolve();
    const contents = await this.#fetch(situation);
    await this.#install(situation, contents);
    const installed = await survey(this.#tools, { ...this.#options, sync: false });
    const { before } = this.#recorder;
    const inputs = await planInputs(installed, this.#tools, { options: this.#options, before });
    const reboot = await this.#chef(inputs.chef);
    if (reboot !== 'now') {
      for (const phase of scriptPhases) await this.#scripts(phase, inputs, installed);
    }
    return {
      specs: { assigned: installed.specs.length, installed: this.#installed },
      scripts: { ran: this.#ran, skipped: this.#skipped },
      chef: inputs.chef.skip === undefined ? 'ran' : 'skipped',
      ...(reboot === undefined ? {} : { reboot }),
    };
  }

  async #resolve(): Promise<Situation> {
    let situation: Situation | undefined;
    await this.#recorder.step('resolve', async () => {
      await recover(this.#tools.layout);
      situation = await survey(this.#tools, this.#options);
      const changed = situation.specs.filter((spec) => spec.install).length;
      return `${situation.specs.length} specs assigned, ${changed} to install`;
    });
    return situation ?? { locker: undefined, specs: [], cookbooks: { why: undefined, source: '' } };
  }

  /** Resolves with the MD5 of every file that is needed, fetched now or before. */
  async #fetch({ locker, specs }: Situation): Promise<ReadonlyMap<SpecFile, string>> {
    const needed = specs.flatMap(({ needed: files, assigned }) =>
      Array.from(files, ([file, md5]) => ({ file, md5, assigned })),
    );
    const contents = new Map<SpecFile, string>();
    for (const { file, md5 } of needed) if (md5 !== undefined) contents.set(file, md5);
    const jobs = needed.filter(({ md5 }) => md5 === undefined);
    if (locker === undefined || jobs.length === 0) return contents;
    await this.#recorder.step('fetch', async () => {
      const { cache, parallel } = this.#tools;
      let [count, bytes] = [0, 0];
      const fetched = await fetchAll(jobs, {
        locker,
        cache,
        parallel,
        signal: this.#options.signal,
        onFetched: ({ assigned, file }, size) => {
          count += 1;
          bytes += size;
          const { project, spec } = assigned;
          const which = { project, spec, path: file.relative, bytes: size };
          this.#recorder.emit({ type: 'file-fetched', ...which, count, total: jobs.length });
        },
      });
      for (const [file, md5] of fetched) contents.set(file, md5);
      return `${count} files, ${bytes} bytes`;
    });
    return contents;
  }

  async #install(situation: Situation, contents: ReadonlyMap<SpecFile, string>): Promise<void> {
    const { specs, cookbooks } = situation;
    const isNeeded = cookbooks.why !== undefined || specs.some((spec) => spec.install);
    if (!isNeeded) {
      for (const { assigned } of specs) {
        const { project, spec, version } = assigned;
        this.#recorder.emit({ type: 'spec-kept', project, spec, version });
      }
      return;
    }
    await this.#recorder.step('install', async () => {
      for (const spec of specs) await this.#installSpec(spec, contents);
      const { cache, layout } = this.#tools;
      const { signal } = this.#options;
      if (cookbooks.why !== undefined) {
        const parts = specs.map((spec) => fetchedOf(spec, contents).filter(isChefFile));
        await installChefRepo({ specs: parts, source: cookbooks.source, cache, signal }, layout);
      }
      return `${this.#installed} of ${specs.length} specs installed`;
    });
  }

  async #installSpec(spec: SpecSituation, contents: ReadonlyMap<SpecFile, string>): Promise<void> {
    const { assigned, resolved, source } = spec;
    const { project, version, spec: name } = assigned;
    const { signal } = this.#options;
    throwIfAborted('installing specs', signal);
    let swapped = false;
    if (spec.install && resolved !== undefined) {
      const { cache, layout } = this.#tools;
      const files = fetchedOf(spec, contents);
      const { runList } = resolved;
      swapped = await installSpec({ assigned, files, source, runList, cache, signal }, layout);
    }
    if (swapped) this.#installed += 1;
    const type = swapped ? 'spec-installed' : 'spec-kept';
    this.#recorder.emit({ type, project, spec: name, version });
  }

  async #chef(chef: ChefState): Promise<'now' | 'pending' | undefined> {
    if (chef.skip !== undefined) {
      this.#recorder.emit({ type: 'chef-skipped', why: chef.skip });
      const { before } = this.#recorder;
      const isDone =
        before?.state === 'interrupted' && before.done.some((it) => it.step === 'chef');
      if (isDone) this.#recorder.alreadyDone('chef');
      return undefined;
    }
    let reboot: 'now' | 'pending' | undefined;
    await this.#recorder.step('chef', async () => {
      reboot = await runChef(chef, this.#tools, this.#script);
      return reboot === undefined ? 'Chef ran' : `Chef ran and asks for a reboot (${reboot})`;
    });
    return reboot;
  }

  async #scripts(phase: ScriptPhase, inputs: PlanInputs, situation: Situation): Promise<void> {
    if (phase === 'tests' && !inputs.testMode) return;
    const jobs = inputs.specs.flatMap(({ assigned, scripts }, index) =>
      (scripts ?? [])
        .filter(({ name }) => phaseOf(name) === phase)
        .map(({ name, done }) => {
          const content = situation.specs[index]?.record?.content ?? '';
          return { assigned, name, done, content };
        }),
    );
    if (jobs.length === 0) return;
    await this.#recorder.step(phase, async () => {
      let ran = 0;
      for (const job of jobs) {
        throwIfAborted(phase, this.#options.signal);
        if (job.done === undefined) {
          await runScript(job, this.#script);
          ran += 1;
        } else {
          this.#recorder.emit({ type: 'script-skipped', ...job.name, why: job.done });
        }
      }
      this.#ran += ran;
      this.#skipped += jobs.length - ran;
      return `${ran} run, ${jobs.length - ran} skipped`;
    });
  }
}

function fetchedOf(spec: SpecSituation, contents: ReadonlyMap<SpecFile, string>): FetchedFile[] {
  return [...spec.needed.keys()].flatMap((file) => {
    const md5 = contents.get(file);
    return md5 === undefined ? [] : [{ relative: file.relative, md5 }];
  });
}

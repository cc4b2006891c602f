import { ContentCache } from './content-cache.js';
import { takeLock } from './converge-lock.js';
import { ConvergeRun } from './converge-run.js';
import { ConvergeSteps } from './converge-steps.js';
import { download } from './download.js';
import { planInputs, survey, type GatherTools } from './gather.js';
import { readJournal } from './journal.js';
import { Layout } from './layout.js';
import type {
  ConvergeOptions,
  ConvergeResult,
  ConvergerOptions,
  DownloadOptions,
  PlanOptions,
} from './options.js';
import { convergeTools } from './options.js';
import { makePlan, type Plan } from './plan.js';

/**
 * Brings a node from its assigned specs (`cyclecloud.cluster_init_specs`) to a configured machine: fetches what the locker
 * has for it, installs each spec wholly or not at all, runs Chef and then the scripts, once each. It holds nothing open
 * between calls. A converge that was interrupted, at whatever moment, is continued by the next one.
 *
 * @public
 */
export class Converger {
  readonly #tools: GatherTools;

  /** Touches nothing. */
  constructor(options: ConvergerOptions) {
    const tools = convergeTools(options);
    const layout = new Layout(options.home);
    this.#tools = { ...tools, layout, cache: new ContentCache(layout.content) };
  }

  /**
   * Tells what {@link Converger.converge} would do now, in which order and why, and changes nothing. What archives hold
   * is known only once they are here.
   *
   * @throws JetpackError `ERR_JETPACK_BAD_CONFIG` (the assigned specs, no locker), `ERR_JETPACK_CONVERGE` (a spec is in
   * no place of the locker), `ERR_JETPACK_DAMAGED` (a broken manifest), `ERR_JETPACK_UNREACHABLE`,
   * `ERR_JETPACK_PERMISSION`, `ERR_JETPACK_ABORTED`
   */
  async plan(options: PlanOptions = {}): Promise<Plan> {
    const { layout, platform } = this.#tools;
    const situation = await survey(this.#tools, options);
    const before = await readJournal(layout.journal, platform);
    return makePlan(await planInputs(situation, this.#tools, { options, before }));
  }

  /**
   * Converges. Each step, and the outcome, is reported as `node.status`; a failure with the project, spec, script, exit
   * code and the last 4 KiB of its output, before this rejects. A request by Chef to reboot is a result, not a failure.
   *
   * @throws TemporaryError `ERR_JETPACK_LOCKED` when another converge runs, `ERR_JETPACK_UNREACHABLE`
   * @throws JetpackError `ERR_JETPACK_CONVERGE` (a spec is missing, Chef or a script failed: `exitCode`),
   * `ERR_JETPACK_DAMAGED`, `ERR_JETPACK_BAD_CONFIG`, `ERR_JETPACK_CANNOT_WRITE`, `ERR_JETPACK_PERMISSION`,
   * `ERR_JETPACK_ABORTED` (the signal: the children are ended, and the next converge continues)
   */
  async converge(options: ConvergeOptions = {}): Promise<ConvergeResult> {
    const tools = this.#tools;
    const lock = await takeLock(tools, options, (event) => options.onProgress?.(event));
    try {
      const run = new ConvergeRun(tools, options);
      return await run.run(async (recorder) => new ConvergeSteps(tools, options, recorder).run());
    } finally {
      await lock.release();
    }
  }

  /**
   * Fetches one blob of a project into a file, whole or not at all: the user's own (`blobs/<project>/<blob>`), else the
   * project's (`projects/<project>/blobs/<blob>`), which is checked against the manifest of the assigned version.
   *
   * @throws JetpackError `ERR_JETPACK_NOT_FOUND` naming both places, `ERR_JETPACK_DAMAGED`, `ERR_JETPACK_BAD_CONFIG` (no
   * locker), `ERR_JETPACK_UNREACHABLE`, `ERR_JETPACK_CANNOT_WRITE`, `ERR_JETPACK_PERMISSION`, `ERR_JETPACK_ABORTED`
   * @throws UsageError `ERR_JETPACK_USAGE` when no project is known, or the path leads out of it
   */
  async download(
    blob: string,
    options: DownloadOptions = {},
  ): Promise<{ readonly path: string; readonly size: number }> {
    return download(blob, options, this.#tools);
  }
}

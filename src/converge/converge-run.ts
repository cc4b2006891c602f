import { throwIfAborted } from '../internal/abort.js';
import type { ConvergeEvent, ConvergeStep } from './events.js';
import { factsOf } from './failure.js';
import type { GatherTools } from './gather.js';
import { readJournal, writeJournal, type JournalEntry } from './journal.js';
import type { ConvergeOptions, ConvergeResult } from './options.js';
import { asJetpackError, StatusReports } from './report-steps.js';

/** What the steps of a converge are given to tell where they are. */
export interface StepRecorder {
  readonly emit: (event: ConvergeEvent) => void;
  /** The journal as the converge before has left it. */
  readonly before: JournalEntry | undefined;
  /** Runs a step: journal, events and report. The work resolves with what it did, in a few words, for all three. */
  step(name: ConvergeStep, work: () => Promise<string>): Promise<void>;
  /** Notes a step as done that was done already before an interruption. */
  alreadyDone(name: ConvergeStep): void;
}

/** What became of the steps; the rest of the result is the run's own knowledge. */
export type StepsResult = Omit<ConvergeResult, 'duration'>;

/** The life of one converge, from the moment it holds the lock: journal, durations, reports. Made for one run. */
export class ConvergeRun implements StepRecorder {
  readonly emit: (event: ConvergeEvent) => void;
  before: JournalEntry | undefined;
  readonly #tools: GatherTools;
  readonly #signal: AbortSignal | undefined;
  readonly #reports: StatusReports;
  readonly #begun: number;
  #journal: JournalEntry;

  constructor(tools: GatherTools, options: ConvergeOptions) {
    const { platform, clock, sender } = tools;
    const { onProgress } = options;
    this.emit = (event) => onProgress?.(event);
    this.#tools = tools;
    this.#signal = options.signal;
    this.#reports = new StatusReports(sender, this.emit);
    this.#begun = clock.uptime();
    const owner = platform.identify();
    this.#journal = {
      state: 'running',
      started: this.#time(),
      done: [],
      ...(owner === undefined ? {} : { owner }),
    };
  }

  /** Runs the steps to their end and says so, whatever the end is. */
  async run(steps: (recorder: StepRecorder) => Promise<StepsResult>): Promise<ConvergeResult> {
    try {
      await this.#begin();
      const done = await steps(this);
      const result = { duration: this.#duration(), ...done };
      await this.#succeed(result);
      return result;
    } catch (error) {
      const failure = asJetpackError(error);
      await this.#fail(failure);
      throw failure;
    }
  }

  async step(name: ConvergeStep, work: () => Promise<string>): Promise<void> {
    throwIfAborted(`the converge, before ${name},`, this.#signal);
    const { clock } = this.#tools;
    const begun = clock.uptime();
    await this.#write({ step: name });
    this.emit({ type: 'step-started', step: name });
    const message = await work();
    const duration = clock.uptime() - begun;
    this.#journal = { ...this.#journal, done: [...this.#journal.done, { step: name, duration }] };
    this.emit({ type: 'step-finished', step: name, duration, message });
    await this.#reports.converging({ step: name, duration, message });
  }

  alreadyDone(name: ConvergeStep): void {
    this.#journal = {
      ...this.#journal,
      done: [...this.#journal.done, { step: name, duration: 0 }],
    };
  }

  async #begin(): Promise<void> {
    const { layout, platform } = this.#tools;
    this.before = await readJournal(layout.journal, platform);
    const { lastSuccess, started, step = 'start', state } = this.before ?? {};
    await this.#write(lastSuccess === undefined ? {} : { lastSuccess });
    if (state === 'interrupted' && started !== undefined) {
      this.emit({ type: 'resumed', since: started, step });
    }
    await this.#reports.converging({ message: 'the converge has begun' });
  }

  async #succeed(result: ConvergeResult): Promise<void> {
    const { reboot } = result;
    const finished = this.#time();
    const asks = reboot === undefined ? {} : { reboot };
    if (reboot === 'now') {
      // Not converged yet: Chef and the scripts go on after the reboot.
      const done = this.#journal.done.filter(({ step }) => step !== 'chef');
      await this.#write({ state: 'interrupted', finished, done, ...asks });
      const message = 'Chef asks for a reboot now; the converge goes on after it';
      await this.#reports.converging({ step: 'chef', message });
      return;
    }
    await this.#write({ state: 'converged', finished, lastSuccess: finished, ...asks });
    await this.#reports.converged(summaryOf(result), result.duration);
  }

  async #fail(failure: ReturnType<typeof asJetpackError>): Promise<void> {
    const { message, hint, code } = failure;
    const isAborted = code === 'ERR_JETPACK_ABORTED';
    const { project, spec, script, exitCode } = factsOf(failure);
    const summary = {
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(project === undefined ? {} : { project }),
      ...(spec === undefined ? {} : { spec }),
      ...(script === undefined ? {} : { script }),
      ...(exitCode === undefined ? {} : { exitCode }),
    };
    const state = isAborted ? 'interrupted' : 'failed';
    try {
      await this.#write({ state, finished: this.#time(), failure: summary });
    } catch (error) {
      // The failure itself is what the caller must see; this one only tells that the journal does not know it.
      const why = asJetpackError(error).message;
      this.emit({ type: 'warning', message: why });
    }
    const { step } = this.#journal;
    if (isAborted) await this.#reports.converging({ ...(step ? { step } : {}), message });
    else await this.#reports.failed(failure, step, this.#duration());
  }

  async #write(change: Partial<JournalEntry>): Promise<void> {
    this.#journal = { ...this.#journal, ...change };
    await writeJournal(this.#tools.layout.journal, this.#journal);
  }

  #time(): string {
    return new Date(this.#tools.clock.now()).toISOString();
  }

  #duration(): number {
    return this.#tools.clock.uptime() - this.#begun;
  }
}

function summaryOf({ specs, scripts, chef, reboot }: ConvergeResult): string {
  const parts = [
    `${specs.assigned} specs (${specs.installed} installed)`,
    `${scripts.ran} scripts run, ${scripts.skipped} skipped`,
    `Chef ${chef}`,
    ...(reboot === undefined ? [] : ['a reboot is pending']),
  ];
  return `converged: ${parts.join(', ')}`;
}

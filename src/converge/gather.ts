import { JetpackError } from '../errors.js';
import { fingerprint } from '../internal/fingerprint.js';
import type { Locker } from '../locker.js';
import { readAssignedSpecs, specName, specsKey, type AssignedSpec } from './assigned-spec.js';
import { chefState, installedCookbooks } from './chef-state.js';
import type { ContentCache } from './content-cache.js';
import { ConvergeFailure } from './failure.js';
import type { JournalEntry } from './journal.js';
import type { Layout } from './layout.js';
import type { ConvergeTools, PlanOptions } from './options.js';
import type { PlanInputs, SpecState } from './plan.js';
import { readRecord, sourceOf, type InstallRecord } from './record.js';
import { resolveSpec, type ResolvedSpec, type SpecFile } from './resolve.js';
import { expectedScripts, installedScripts } from './script-state.js';

/** What gathering needs. */
export interface GatherTools extends ConvergeTools {
  readonly layout: Layout;
  readonly cache: ContentCache;
}

/** What is wanted, compared with what is here. Nothing is changed by finding out. */
export interface Situation {
  readonly locker: Locker | undefined;
  readonly specs: readonly SpecSituation[];
  readonly cookbooks: {
    readonly why: string | undefined;
    readonly source: string;
  };
}

/** One spec, compared. */
export interface SpecSituation {
  readonly assigned: AssignedSpec;
  readonly record: InstallRecord | undefined;
  /** `undefined` when the locker was not asked. */
  readonly resolved: ResolvedSpec | undefined;
  readonly source: string;
  readonly install: boolean;
  readonly why: string;
  /** The files that must be in the cache for what is to be done, with their MD5 where they are. */
  readonly needed: ReadonlyMap<SpecFile, string | undefined>;
}

/**
 * Reads the assigned specs, finds them in the locker and compares them with what is installed.
 *
 * @throws JetpackError `ERR_JETPACK_BAD_CONFIG`, `ERR_JETPACK_CONVERGE`, `ERR_JETPACK_DAMAGED`, and the locker's
 */
export async function survey(tools: GatherTools, options: PlanOptions): Promise<Situation> {
  const assigned = readAssignedSpecs(await tools.config.get<unknown>(specsKey));
  const isSync = options.sync ?? true;
  if (!isSync) return surveyInstalled(assigned, tools);
  const locker = assigned.length === 0 ? undefined : await lockerOf(tools);
  if (locker === undefined) return surveyInstalled([], tools);
  const resolved: ResolvedSpec[] = [];
  for (const spec of assigned) resolved.push(await resolveSpec(locker, spec, options.signal));
  const cookbooks = await compareCookbooks(resolved, tools);
  const specs: SpecSituation[] = [];
  for (const spec of resolved) {
    specs.push(await compareSpec(spec, { locker, tools, cookbooks: cookbooks.why !== undefined }));
  }
  return { locker, specs, cookbooks };
}

/** Turns the situation, and how the converge before it ended, into what a plan is made from. */
export async function planInputs(
  situation: Situation,
  tools: GatherTools,
  context: { readonly options: PlanOptions; readonly before: JournalEntry | undefined },
): Promise<PlanInputs> {
  const { options, before } = context;
  const specs: SpecState[] = [];
  for (const spec of situation.specs) specs.push(await specState(spec, situation.locker, tools));
  const chef = await chefState(
    {
      cookbooks: await cookbookNames(situation, tools),
      specRunLists: situation.specs.flatMap(({ assigned, resolved, record }) => [
        ...(resolved?.runList ?? record?.runList ?? []),
        ...assigned.runList,
      ]),
      skip: chefSkip(options, situation, before),
    },
    tools,
  );
  return {
    specs,
    chef,
    cookbooks: situation.cookbooks.why,
    testMode: (await tools.config.get<unknown>('cyclecloud.test_mode')) === true,
    ...resumesOf(before),
  };
}

function resumesOf(journal: JournalEntry | undefined): Pick<PlanInputs, 'resumes'> {
  if (journal?.state !== 'interrupted') return {};
  return { resumes: { since: journal.started, step: journal.step ?? 'start' } };
}

/** Chef that was done before the interruption is not run again, if its cookbooks are still the same. */
function chefSkip(
  options: PlanOptions,
  situation: Situation,
  journal: JournalEntry | undefined,
): string | undefined {
  if (options.clusterInitOnly === true) return 'only cluster-init was asked for';
  const isDone = journal?.done.some(({ step }) => step === 'chef') === true;
  if (journal?.state !== 'interrupted' || !isDone || situation.cookbooks.why !== undefined) {
    return undefined;
  }
  return `it was done before the interruption of the converge of ${journal.started}`;
}

async function lockerOf(tools: GatherTools): Promise<Locker> {
  const locker = await tools.openLocker();
  if (locker !== undefined) return locker;
  throw new JetpackError(
    'ERR_JETPACK_BAD_CONFIG',
    'cannot fetch the assigned specs: no locker is configured',
    { hint: 'set locker.url in config/connection.json, or JETPACK_LOCKER_URL' },
  );
}

async function surveyInstalled(
  assigned: readonly AssignedSpec[],
  tools: GatherTools,
): Promise<Situation> {
  const specs: SpecSituation[] = [];
  for (const spec of assigned) {
    const record = await readRecord(tools.layout.specRecord(spec));
    if (record === undefined) throw notInstalled(spec, 'it is not installed');
    if (record.version !== spec.version) {
      throw notInstalled(spec, `version ${record.version} is installed`);
    }
    const why = 'the locker was not asked';
    const nothing = { resolved: undefined, source: record.source, needed: new Map() };
    specs.push({ assigned: spec, record, install: false, why, ...nothing });
  }
  return { locker: undefined, specs, cookbooks: { why: undefined, source: '' } };
}

function notInstalled(spec: AssignedSpec, why: string): ConvergeFailure {
  return new ConvergeFailure(
    `cannot use the spec ${specName(spec)} without the locker: ${why}`,
    { project: spec.project, spec: spec.spec },
    { hint: 'converge once with synchronisation' },
  );
}

async function compareCookbooks(
  resolved: readonly ResolvedSpec[],
  tools: GatherTools,
): Promise<Situation['cookbooks']> {
  const parts = resolved.map(({ files }) => files.filter((file) => isChefFile(file)));
  const sources: string[] = [];
  for (const files of parts) sources.push(await sourceOf(files));
  const source = sources.includes('') ? '' : await fingerprint(sources);
  const record = await readRecord(tools.layout.chefRecord);
  if (record === undefined) {
    const isEmpty = parts.every((files) => files.length === 0);
    return { source, why: isEmpty ? undefined : 'there is none yet' };
  }
  const isSame = source !== '' && record.source === source;
  return { source, why: isSame ? undefined : 'what the specs bring for Chef differs' };
}

async function compareSpec(
  resolved: ResolvedSpec,
  context: { locker: Locker; tools: GatherTools; cookbooks: boolean },
): Promise<SpecSituation> {
  const { locker, tools, cookbooks } = context;
  const { assigned } = resolved;
  const own = resolved.files.filter((file) => isClusterInitFile(file));
  const source = await sourceOf(own);
  const record = await readRecord(tools.layout.specRecord(assigned));
  const why = whyInstall(record, { source, version: assigned.version, runList: resolved.runList });
  const files = [
    ...(why === undefined ? [] : own),
    ...(cookbooks ? resolved.files.filter((file) => isChefFile(file)) : []),
  ];
  const needed = new Map<SpecFile, string | undefined>();
  for (const file of files) needed.set(file, await tools.cache.find(locker.target, file));
  const install = why !== undefined;
  return { assigned, record, resolved, source, install, why: why ?? 'it is unchanged', needed };
}

function whyInstall(
  record: InstallRecord | undefined,
  wanted: Omit<InstallRecord, 'content'>,
): string | undefined {
  if (record === undefined) return 'it is not installed';
  if (record.version !== wanted.version) return `version ${record.version} is installed`;
  const isSame = wanted.source !== '' && record.source === wanted.source;
  const isSameList = record.runList.join('\n') === wanted.runList.join('\n');
  return isSame && isSameList ? undefined : 'what the locker lists differs from what is installed';
}

async function specState(
  spec: SpecSituation,
  locker: Locker | undefined,
  tools: GatherTools,
): Promise<SpecState> {
  const { assigned, install, why, needed, resolved, record } = spec;
  const missing = [...needed].filter(([, md5]) => md5 === undefined).map(([file]) => file);
  const isExpected = install && resolved !== undefined && locker !== undefined;
  const scripts = isExpected
    ? await expectedScripts(resolved, locker, tools)
    : await installedScripts(assigned, record, tools);
  return { assigned, missing, install, why, scripts };
}

async function cookbookNames(situation: Situation, tools: GatherTools): Promise<Set<string>> {
  if (situation.cookbooks.why === undefined) return installedCookbooks(tools.layout);
  // What an archive holds is not known yet; once it is installed, the run list is made again.
  const paths = situation.specs.flatMap(({ resolved }) => resolved?.files ?? []);
  const names = paths.map(
    (file) => /^chef\/site-cookbooks\/([^/]+)\//.exec(file.relative)?.[1] ?? '',
  );
  return new Set(names);
}

function isClusterInitFile(file: SpecFile): boolean {
  return file.relative === 'cluster-init.tgz' || file.relative.startsWith('cluster-init/');
}

/** Whether a file of a spec is for Chef. */
export function isChefFile(file: Pick<SpecFile, 'relative'>): boolean {
  return /^chef\/(?:site-cookbooks|roles|data_bags)(?:\/|\.tgz$)/.test(file.relative);
}

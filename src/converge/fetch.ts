import { throwIfAborted } from '../internal/abort.js';
import { eachOf } from '../internal/each-of.js';
import type { Locker } from '../locker.js';
import { specName, type AssignedSpec } from './assigned-spec.js';
import type { ContentCache } from './content-cache.js';
import { ConvergeFailure } from './failure.js';
import type { SpecFile } from './resolve.js';

/** One file to be fetched. */
export interface FetchJob {
  readonly assigned: AssignedSpec;
  readonly file: SpecFile;
}

/** What fetching needs. */
export interface FetchTools {
  readonly locker: Locker;
  readonly cache: ContentCache;
  readonly parallel: number;
  readonly signal?: AbortSignal | undefined;
  readonly onFetched: (job: FetchJob, bytes: number) => void;
}

/**
 * Fetches files into the cache, some at a time. Resolves with the MD5 of each.
 *
 * @throws JetpackError `ERR_JETPACK_CONVERGE` when a file that is listed is not there, `ERR_JETPACK_DAMAGED` when it is
 * not what it should be, `ERR_JETPACK_ABORTED`, and whatever the locker rejects with
 */
export async function fetchAll(
  jobs: readonly FetchJob[],
  tools: FetchTools,
): Promise<ReadonlyMap<SpecFile, string>> {
  const { locker, cache, signal } = tools;
  const fetched = new Map<SpecFile, string>();
  await eachOf(jobs, tools.parallel, async (job) => {
    throwIfAborted('fetching', signal);
    const { file, assigned } = job;
    const blob = await locker.open(file.path, signal === undefined ? {} : { signal });
    if (blob === undefined) {
      const { project, spec } = assigned;
      throw new ConvergeFailure(
        `cannot fetch ${file.relative} of ${specName(assigned)}: ${locker.target} lists it and does not have it`,
        { project, spec },
        { hint: 'publish the project again' },
      );
    }
    const { md5, size } = await cache.add(locker.target, file, blob);
    fetched.set(file, md5);
    tools.onFetched(job, size);
  });
  return fetched;
}

import { JetpackError } from '../errors.js';
import { isJsonObject, textsOf, type JsonObject } from '../internal/json.js';
import { unsafeNameReason } from '../internal/safe-path.js';

/** One cluster-init spec that this node was assigned. */
export interface AssignedSpec {
  readonly project: string;
  readonly version: string;
  readonly spec: string;
  /** What Chef is to run for it, beyond what the project itself asks for: `recipe[…]`, `role[…]`. */
  readonly runList: readonly string[];
}

/** The key they stand under. */
export const specsKey = 'cyclecloud.cluster_init_specs';

/** The name of a spec for a person: `demo:default:1.0.0`, as a cluster template writes it. */
export function specName(spec: Pick<AssignedSpec, 'project' | 'spec' | 'version'>): string {
  return `${spec.project}:${spec.spec}:${spec.version}`;
}

/**
 * Reads the list `{project, version, spec, run_list?}`. The same spec twice counts once, where it stands first. Names
 * become names of folders, so what could lead out of one is refused.
 *
 * @throws JetpackError `ERR_JETPACK_BAD_CONFIG`, naming index and field
 */
export function readAssignedSpecs(value: unknown): AssignedSpec[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw broken(specsKey, 'it is not a list');
  const bySpec = new Map<string, AssignedSpec>();
  for (const [index, element] of value.entries()) {
    const spec = readSpec(element, `${specsKey}[${index}]`);
    const key = `${spec.project}/${spec.spec}`;
    const earlier = bySpec.get(key);
    if (earlier !== undefined && earlier.version !== spec.version) {
      const why = `the spec ${key} is assigned in two versions`;
      throw broken(`${specsKey}[${index}].version`, why);
    }
    if (earlier === undefined) bySpec.set(key, spec);
  }
  return [...bySpec.values()];
}

function readSpec(element: unknown, where: string): AssignedSpec {
  if (!isJsonObject(element)) throw broken(where, 'it is not an object');
  const runList = Object.hasOwn(element, 'run_list') ? element['run_list'] : undefined;
  if (runList !== undefined && runList !== null && !Array.isArray(runList)) {
    throw broken(`${where}.run_list`, 'it is not a list');
  }
  return {
    project: readName(element, 'project', where),
    version: readName(element, 'version', where),
    spec: readName(element, 'spec', where),
    runList: textsOf(runList),
  };
}

function readName(element: JsonObject, field: string, where: string): string {
  const value = Object.hasOwn(element, field) ? element[field] : undefined;
  if (value === undefined) throw broken(`${where}.${field}`, 'it is missing');
  if (typeof value !== 'string') throw broken(`${where}.${field}`, 'it is not a text');
  const unsafe = unsafeNameReason(value);
  if (unsafe !== undefined) throw broken(`${where}.${field}`, unsafe);
  return value;
}

function broken(where: string, why: string): JetpackError {
  return new JetpackError('ERR_JETPACK_BAD_CONFIG', `cannot use ${where}: ${why}`, {
    hint: 'mend the assigned specs of this node, in config/node.json or in the cluster template',
  });
}

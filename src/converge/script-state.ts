import fs from 'node:fs/promises';

import { byBytes } from '../internal/fingerprint.js';
import { namesIn } from '../internal/folder-tree.js';
import { errnoOf, readError } from '../internal/fs-error.js';
import { isJsonObject, textOf } from '../internal/json.js';
import type { Locker } from '../locker.js';
import type { Platform } from '../platform.js';
import type { AssignedSpec } from './assigned-spec.js';
import type { ScriptFolder, ScriptName } from './events.js';
import type { Layout } from './layout.js';
import { phaseOf, type ScriptState } from './plan.js';
import type { InstallRecord } from './record.js';
import type { ResolvedSpec, SpecFile } from './resolve.js';

const folders = ['stages', 'scripts', 'tests'] as const satisfies readonly ScriptFolder[];

/** What the state of scripts is read with. */
export interface ScriptStateTools {
  readonly layout: Layout;
  readonly platform: Platform;
}

/** The scripts of an installed spec, in the order of their bytes within each folder. */
export async function installedScripts(
  assigned: AssignedSpec,
  record: InstallRecord | undefined,
  tools: ScriptStateTools,
): Promise<ScriptState[]> {
  const { layout, platform } = tools;
  const states: ScriptState[] = [];
  for (const folder of folders) {
    for (const script of await namesIn(layout.scriptFolder(assigned, folder))) {
      const name = nameOf(assigned, folder, script);
      if (phaseOf(name) === undefined) continue;
      if ((await platform.scriptCommand(layout.scriptFile(name))) === undefined) continue;
      states.push({ name, done: await doneReason(name, record, layout) });
    }
  }
  return states;
}

/**
 * The scripts that a spec will have once it is installed, told by their names, and where these do not tell by how they
 * begin. `undefined` when they are in an archive.
 */
export async function expectedScripts(
  resolved: ResolvedSpec,
  locker: Locker,
  tools: ScriptStateTools,
): Promise<ScriptState[] | undefined> {
  if (resolved.files.some((file) => file.relative === 'cluster-init.tgz')) return undefined;
  const states: ScriptState[] = [];
  for (const file of resolved.files.toSorted((a, b) => byBytes(a.relative, b.relative))) {
    const name = scriptNameOf(file, resolved.assigned);
    if (name === undefined || !(await willBeScript(file, locker, tools.platform.name))) continue;
    states.push({ name, done: await doneReason(name, undefined, tools.layout) });
  }
  return states;
}

function nameOf(assigned: AssignedSpec, folder: ScriptFolder, script: string): ScriptName {
  return { project: assigned.project, spec: assigned.spec, folder, script };
}

function scriptNameOf(file: SpecFile, assigned: AssignedSpec): ScriptName | undefined {
  const [part, folder, script, ...rest] = file.relative.split('/');
  const known = folders.find((name) => name === folder);
  if (part !== 'cluster-init' || known === undefined || script === undefined) return undefined;
  const name = nameOf(assigned, known, script);
  return rest.length > 0 || phaseOf(name) === undefined ? undefined : name;
}

async function willBeScript(
  file: SpecFile,
  locker: Locker,
  platform: Platform['name'],
): Promise<boolean> {
  const script = file.relative.slice(file.relative.lastIndexOf('/') + 1);
  if (script.startsWith('.')) return false;
  if (platform === 'windows') return /\.(?:bat|cmd|ps1|py)$/i.test(script);
  return /\.(?:sh|py)$/.test(script) || (await beginsWithShebang(file, locker));
}

async function beginsWithShebang(file: SpecFile, locker: Locker): Promise<boolean> {
  const blob = await locker.open(file.path);
  if (blob === undefined) return false;
  for await (const chunk of blob.content) {
    if (chunk.length > 0) return chunk[0] === 0x23 && chunk[1] === 0x21; // "#!"
  }
  return false;
}

/**
 * Why a script need not run. Scripts run once on a node, whatever version brings them; deleting the marker runs one
 * again. Those of `stages` run once for each content of their spec that is installed. Tests have no markers.
 */
async function doneReason(
  name: ScriptName,
  record: InstallRecord | undefined,
  layout: Layout,
): Promise<string | undefined> {
  if (name.folder === 'tests') return undefined;
  const marker = await readMarker(layout.marker(name));
  if (marker === undefined) return undefined;
  if (name.folder === 'stages' && marker.content !== record?.content) return undefined;
  return marker.finished === undefined ? 'it has run' : `it ran at ${marker.finished}`;
}

async function readMarker(
  file: string,
): Promise<{ finished: string | undefined; content: string | undefined } | undefined> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw readError(error, file);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined; // made by hand: that it is there is what counts
  }
  if (!isJsonObject(value)) return { finished: undefined, content: undefined };
  return { finished: textOf(value, 'finished'), content: textOf(value, 'content') };
}

import fs from 'node:fs/promises';
import path from 'node:path';

import { JetpackError } from '../errors.js';
import type { Home } from '../home.js';
import { writeFileAtomic } from '../internal/atomic-file.js';
import { removeTree } from '../internal/folder-tree.js';
import { errnoOf, readError, writeError } from '../internal/fs-error.js';
import { isJsonObject, textOf, type JsonObject } from '../internal/json.js';
import type { Layout } from './layout.js';

/** The files that a run of Chef is given, and the folder where its report will be. */
export interface ChefFiles {
  readonly clientRb: string;
  readonly attributes: string;
  readonly reports: string;
}

/** What they are made from. */
export interface ChefSettings {
  readonly runList: readonly string[];
  /** The name the node has for Chef. */
  readonly nodeName: string;
  /** `cyclecloud.chef.license`: whether the owner accepts the licence is the owner's choice. */
  readonly license: string | undefined;
}

/**
 * Writes `client.rb` and `attributes.json` below `system/chef`. Every path of Chef's state is set, because one that is not
 * ends up in the cookbook repository or beside the configuration. The attributes hold the node's secrets: 0600.
 *
 * @throws JetpackError `ERR_JETPACK_BAD_CONFIG`, `ERR_JETPACK_CANNOT_WRITE`, `ERR_JETPACK_PERMISSION`
 */
export async function writeChefFiles(
  settings: ChefSettings,
  home: Home,
  layout: Layout,
): Promise<ChefFiles> {
  const files = {
    clientRb: path.join(home.chef, 'client.rb'),
    attributes: path.join(home.chef, 'attributes.json'),
    reports: path.join(home.chef, 'reports'),
  };
  const tree = { ...(await readTree(home.nodeFile)), ...(await readTree(home.configurationFile)) };
  const attributes = { ...tree, run_list: settings.runList };
  await writeFileAtomic(files.attributes, JSON.stringify(attributes), { mode: 0o600 });
  await writeFileAtomic(files.clientRb, clientRb(settings, files, layout));
  try {
    await removeTree(files.reports);
    await fs.mkdir(files.reports, { recursive: true, mode: 0o750 });
  } catch (error) {
    throw writeError(error, files.reports);
  }
  return files;
}

/** What Chef itself gave as the reason of its failure; `undefined` when it left no report that says so. */
export async function readChefException(reports: string): Promise<string | undefined> {
  try {
    const name = (await fs.readdir(reports)).toSorted().at(-1);
    if (name === undefined) return undefined;
    const report: unknown = JSON.parse(await fs.readFile(path.join(reports, name), 'utf8'));
    return isJsonObject(report) ? textOf(report, 'exception')?.split('\n')[0] : undefined;
  } catch {
    return undefined; // the report only adds to what exit code and output say
  }
}

async function readTree(file: string): Promise<JsonObject> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return {};
    throw readError(error, file);
  }
  try {
    const tree: unknown = JSON.parse(text.replace(/^\u{FEFF}/u, ''));
    if (isJsonObject(tree)) return tree;
  } catch (error) {
    throw brokenTree(file, error);
  }
  throw brokenTree(file);
}

function brokenTree(file: string, cause?: unknown): JetpackError {
  return new JetpackError('ERR_JETPACK_BAD_CONFIG', `cannot use ${file}: it is not a JSON object`, {
    cause,
    path: file,
  });
}

function clientRb(settings: ChefSettings, files: ChefFiles, layout: Layout): string {
  const state = path.dirname(files.clientRb);
  const paths = {
    chef_repo_path: layout.chefRepo,
    cookbook_path: layout.cookbooks,
    role_path: path.join(layout.chefRepo, 'roles'),
    data_bag_path: path.join(layout.chefRepo, 'data_bags'),
    node_path: path.join(state, 'nodes'),
    file_cache_path: path.join(state, 'cache'),
    file_backup_path: path.join(state, 'backup'),
    lockfile: path.join(state, 'chef-client.lock'),
    chef_guid_path: path.join(state, 'chef_guid'),
    node_name: settings.nodeName,
    ...(settings.license === undefined ? {} : { chef_license: settings.license }),
  };
  const handler = `Chef::Handler::JsonFile.new(path: ${rubyText(files.reports)})`;
  return [
    '# Written by jetpack before every run of Chef: changes are lost.',
    ...Object.entries(paths).map(([name, value]) => `${name} ${rubyText(value)}`),
    "require 'chef/handler/json_file'",
    `report_handlers << ${handler}`,
    `exception_handlers << ${handler}`,
    '',
  ].join('\n');
}

/** A Ruby string in single quotes: only the quote and the backslash mean something in it. */
function rubyText(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}

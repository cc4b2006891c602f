import path from 'node:path';

import type { Home } from '../home.js';
import type { AssignedSpec } from './assigned-spec.js';
import type { ScriptFolder, ScriptName } from './events.js';

/**
 * Where a converge keeps what. Names of projects never begin with a dot, so the folders that do are ours:
 *
 * - `<cluster-init>/<project>/<spec>/` the installed spec: `scripts`, `files`, `tests`, `stages`, and our record
 * - `<cluster-init>/.run/<project>/<spec>/<folder>/<script>.run` the marker of a script that ran
 * - `<cluster-init>/.new/`, `<cluster-init>/.old/` specs on their way in and out
 */
export class Layout {
  readonly #home: Home;

  constructor(home: Home) {
    this.#home = home;
  }

  projectFolder(spec: Pick<AssignedSpec, 'project'>): string {
    return path.join(this.#home.clusterInit, spec.project);
  }

  specFolder(spec: Pick<AssignedSpec, 'project' | 'spec'>): string {
    return path.join(this.#home.clusterInit, spec.project, spec.spec);
  }

  /** What is known about an installed spec. Inside its folder, so that both change in one rename. */
  specRecord(spec: Pick<AssignedSpec, 'project' | 'spec'>): string {
    return path.join(this.specFolder(spec), recordName);
  }

  freshFolder(spec: Pick<AssignedSpec, 'project' | 'spec'>): string {
    return path.join(this.#home.clusterInit, '.new', spec.project, spec.spec);
  }

  get fresh(): string {
    return path.join(this.#home.clusterInit, '.new');
  }

  get old(): string {
    return path.join(this.#home.clusterInit, '.old');
  }

  oldFolder(spec: Pick<AssignedSpec, 'project' | 'spec'>): string {
    return path.join(this.old, spec.project, spec.spec);
  }

  scriptFolder(spec: Pick<AssignedSpec, 'project' | 'spec'>, folder: ScriptFolder): string {
    return path.join(this.specFolder(spec), folder);
  }

  scriptFile(name: ScriptName): string {
    return path.join(this.scriptFolder(name, name.folder), name.script);
  }

  marker(name: ScriptName): string {
    const { project, spec, folder, script } = name;
    return path.join(this.markers, project, spec, folder, `${script}.run`);
  }

  scriptLog(name: ScriptName): string {
    const { project, spec, folder, script } = name;
    return path.join(this.#home.logs, 'cluster-init', project, spec, folder, `${script}.out`);
  }

  get markers(): string {
    return path.join(this.#home.clusterInit, '.run');
  }

  get clusterInit(): string {
    return this.#home.clusterInit;
  }

  get chef(): string {
    return this.#home.chef;
  }

  get content(): string {
    return path.join(this.#home.cache, 'content');
  }

  get journal(): string {
    return path.join(this.#home.run, 'converge', 'journal.json');
  }

  get lock(): string {
    return path.join(this.#home.run, 'converge.lock');
  }

  get chefRepo(): string {
    return path.join(this.#home.chef, 'chef-repo');
  }

  get cookbooks(): string {
    return path.join(this.chefRepo, 'site-cookbooks');
  }

  get chefRecord(): string {
    return path.join(this.chefRepo, recordName);
  }

  get freshChefRepo(): string {
    return path.join(this.#home.chef, '.chef-repo.new');
  }

  get oldChefRepo(): string {
    return path.join(this.#home.chef, '.chef-repo.old');
  }
}

/** The name of our record in a folder that we installed. */
export const recordName = '.jetpack.json';

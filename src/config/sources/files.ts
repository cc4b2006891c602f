import fs from 'node:fs';
import path from 'node:path';

import type { Clock } from '../../clock.js';
import type { Home } from '../../home.js';
import { readJsonFile } from '../../internal/json-file.js';
import type { ExactObject } from '../../internal/lossless-json.js';
import { createObject } from '../../internal/lossless-json.js';
import { merge } from '../values.js';

/** An attribute file: read when it is first asked, and once. One that is not there is an empty tree. */
export class AttributeFile {
  readonly name: string;
  readonly #file: string;
  #tree: ExactObject | undefined;

  constructor(file: string) {
    this.#file = file;
    this.name = path.basename(file);
  }

  /** @throws JetpackError `ERR_JETPACK_BAD_CONFIG`, `ERR_JETPACK_PERMISSION` */
  tree(): ExactObject {
    this.#tree ??= readJsonFile(this.#file) ?? createObject();
    return this.#tree;
  }

  /** Milliseconds since it was written; `undefined` when there is none. */
  age(clock: Clock): number | undefined {
    const written = fs.statSync(this.#file, { throwIfNoEntry: false })?.mtimeMs;
    return written === undefined ? undefined : Math.max(0, Math.round(clock.now() - written));
  }
}

/** Both attribute files, the one that wins first. */
export class AttributeFiles {
  readonly all: readonly AttributeFile[];
  #tree: ExactObject | undefined;

  constructor(home: Home) {
    this.all = [new AttributeFile(home.configurationFile), new AttributeFile(home.nodeFile)];
  }

  /** Both in one. Each is read even where the first one knows the answer: damage is never hidden. */
  tree(): ExactObject {
    this.#tree ??= this.all.map((file) => file.tree()).reduce(mergeUnlessEmpty);
    return this.#tree;
  }
}

/** Most nodes have only one of the files: nothing to copy then. */
function mergeUnlessEmpty(first: ExactObject, second: ExactObject): ExactObject {
  return Object.keys(first).length === 0 ? second : merge(first, second);
}

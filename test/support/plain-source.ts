import fs from 'node:fs/promises';
import path from 'node:path';

import ts from 'typescript';

const source = path.resolve(import.meta.dirname, '../../src');

/** Writes parts of the source as plain JavaScript, for child programs that Node runs by itself. */
export async function writePlainSource(folder: string, parts: readonly string[]): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  await fs.writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
  for (const part of parts) {
    const text = await fs.readFile(path.join(source, `${part}.ts`), 'utf8');
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    const file = path.join(folder, `${part}.js`);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, outputText);
  }
}

import { Jetpack } from '../../index.js';
import type { Call, CliCommand } from '../command.js';
import { flag, sharedOptions, text } from '../options.js';
import { showWarnings } from '../warnings.js';

export const command: CliCommand = {
  summary: 'fetch one blob of a project',
  usage: ['download [--project PROJECT] BLOB [DEST]'],
  options: {
    project: {
      type: 'string',
      value: 'PROJECT',
      help: 'whose blob (default: the project of the script that calls)',
    },
    json: sharedOptions.json,
  },
  positionals: [1, 2],
  examples: [
    'jetpack download solver.tgz',
    'jetpack download --project gromacs inputs/water.tpr /scratch/',
  ],
  run,
};

async function run(call: Call): Promise<number> {
  const { io } = call;
  const [blob = '', destination] = call.positionals;
  const project = text(call, 'project');
  await using jetpack = await Jetpack.open({ env: io.env, onWarning: showWarnings(io) });
  const { path, size } = await jetpack.converger.download(blob, {
    signal: io.signal,
    ...(project === undefined ? {} : { project }),
    ...(destination === undefined ? {} : { destination }),
    ...(call.progress
      ? {
          onProgress: ({ bytes, total }) => {
            io.err(`\r${blob}: ${bytes}${total === undefined ? '' : ` of ${total}`} bytes`);
          },
        }
      : {}),
  });
  if (call.progress) io.err('\r\u001B[K');
  if (flag(call, 'json')) io.out(`${JSON.stringify({ path, size })}\n`);
  return 0;
}

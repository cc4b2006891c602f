import { Config, JetpackError, UsageError, detectPlatform, resolveHome } from '../../index.js';
import type { ConfigEntry } from '../../index.js';
import type { Call, CliCommand } from '../command.js';
import { renderEntry, renderJsonEntry, renderJsonTree, renderTree } from '../render/config.js';
import { renderExplanation } from '../render/explanation.js';

/** `jetpack config [KEY] [DEFAULT]`. The answer is written in one go, so that a reader never has half of it. */
export const command: CliCommand = {
  summary: 'look up what this node was told and what it is',
  usage: ['config [KEY] [DEFAULT] [--json] [--explain]'],
  options: {
    json: { type: 'boolean', help: 'answer as JSON' },
    explain: { type: 'boolean', help: 'show which sources were asked for KEY and what they said' },
  },
  positionals: [0, 2],
  examples: [
    'jetpack config cyclecloud.cluster.name',
    'jetpack config slurm.role execute',
    'jetpack config cyclecloud.cluster --json',
    'jetpack config platform --explain',
  ],
  run: async (call) => {
    const platform = detectPlatform();
    const home = resolveHome(platform, call.io.env);
    const config = new Config({ home, platform });
    return call.options['explain'] === true ? explain(call, config) : answer(call, config);
  },
};

async function answer({ options, positionals, io }: Call, config: Config): Promise<number> {
  const [key, defaultValue] = positionals;
  const isJson = options['json'] === true;
  if (key === undefined) {
    const tree = await config.tree();
    io.out(isJson ? renderJsonTree(tree) : renderTree(tree));
    return 0;
  }
  const entry = (await config.lookup(key)) ?? fallback(key, defaultValue);
  if (entry === undefined) throw await missing(key, config);
  io.out(isJson ? renderJsonEntry(entry) : renderEntry(entry));
  return 0;
}

function fallback(key: string, value: string | undefined): ConfigEntry | undefined {
  return value === undefined ? undefined : { key, value };
}

async function explain({ options, positionals, io }: Call, config: Config): Promise<number> {
  const [key] = positionals;
  if (key === undefined) {
    throw new UsageError('cannot explain without a key', {
      hint: 'usage: jetpack config KEY --explain',
    });
  }
  const explanations = await config.explain(key);
  io.out(
    options['json'] === true
      ? `${JSON.stringify(explanations, undefined, 4)}\n`
      : renderExplanation(explanations),
  );
  return explanations.some(({ answer: said }) => said === 'value') ? 0 : 1;
}

async function missing(key: string, config: Config): Promise<JetpackError> {
  const near = await config.nearest(key);
  const options = near === undefined ? {} : { hint: `did you mean ${near}?` };
  return new JetpackError('ERR_JETPACK_NOT_FOUND', `no such key: ${key}`, options);
}

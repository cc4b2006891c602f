import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { Home, resolveHome } from '../src/home.js';

const platform = { defaultHome: '/opt/cycle/jetpack', defaultClusterInit: '/mnt/cluster-init' };

describe('Home', () => {
  test('puts every path where the contract says', () => {
    const home = new Home({ root: '/h' });

    expect({ ...pathsOf(home), root: home.root, clusterInit: home.clusterInit }).toEqual({
      root: '/h',
      clusterInit: '/h/cluster-init',
      nodeFile: '/h/config/node.json',
      configurationFile: '/h/config/configuration.json',
      connectionFile: '/h/config/connection.json',
      healthChecks: '/h/config/healthcheck.d',
      logs: '/h/logs',
      messagesFile: '/h/logs/messages.jsonl',
      outbox: '/h/run/outbox',
      run: '/h/run',
      keepAliveFile: '/h/run/keepalive.json',
      healthFile: '/h/run/health.json',
      system: '/h/system',
      cache: '/h/system/cache',
      chef: '/h/system/chef',
      embedded: '/h/system/embedded',
      bin: '/h/bin',
    });
  });

  test('makes a relative root absolute at once, so that a later change of folder moves nothing', () => {
    expect(new Home({ root: 'some/home' }).root).toBe(path.resolve('some/home'));
  });
});

describe('resolveHome', () => {
  test.each([
    ['the option', { JETPACK_HOME: '/env', CYCLECLOUD_HOME: '/old' }, '/option', '/option'],
    ['JETPACK_HOME', { JETPACK_HOME: '/env', CYCLECLOUD_HOME: '/old' }, undefined, '/env'],
    ['CYCLECLOUD_HOME', { CYCLECLOUD_HOME: '/old' }, undefined, '/old'],
    [
      'CYCLECLOUD_HOME when the first is empty',
      { JETPACK_HOME: '', CYCLECLOUD_HOME: '/old' },
      undefined,
      '/old',
    ],
    ["the platform's", {}, undefined, '/opt/cycle/jetpack'],
  ] as const)('takes %s', (...row) => {
    const [, env, option, expected] = row;
    expect(resolveHome(platform, env, option).root).toBe(expected);
  });

  test.each([
    ["the platform's own folder for the platform's home", {}, undefined, '/mnt/cluster-init'],
    ['the same when that home is named by hand', {}, '/opt/cycle/jetpack/', '/mnt/cluster-init'],
    ['a folder below any other home', {}, '/tmp/h', '/tmp/h/cluster-init'],
    ['JETPACK_CLUSTER_INIT before both', { JETPACK_CLUSTER_INIT: '/ci' }, '/tmp/h', '/ci'],
  ] as const)('has as cluster-init root %s', (...row) => {
    const [, env, option, expected] = row;
    expect(resolveHome(platform, env, option).clusterInit).toBe(expected);
  });
});

/** All getters: a path that is added to Home shows up here by itself. */
function pathsOf(home: Home): Record<string, unknown> {
  const descriptors = Object.entries(Object.getOwnPropertyDescriptors(Home.prototype));
  const names = descriptors.filter(([, descriptor]) => descriptor.get !== undefined);
  return Object.fromEntries(names.map(([name]) => [name, Reflect.get(home, name)]));
}

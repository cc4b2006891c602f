import { describe, expect, it } from 'vitest';

import { collect, createMachine } from './given.ts';
import type { Files } from './given.ts';

/** A processor as x86 shows it in /proc/cpuinfo. */
function processor(id: number, socket: number): string {
  return [
    `processor\t: ${id}`,
    'vendor_id\t: GenuineIntel',
    'cpu family\t: 6',
    'model\t\t: 85',
    'model name\t: Xeon: 8168',
    'stepping\t: 4',
    'cpu MHz\t\t: 2693.672',
    'cache size\t: 33792 KB',
    `physical id\t: ${socket}`,
    'core id\t\t: 0',
    'cpu cores\t: 1',
    'flags\t\t: fpu vme',
    '\n',
  ].join('\n');
}

function topology(cpu: number, socket: number, core: number): Files {
  const folder = `/sys/devices/system/cpu/cpu${cpu}/topology`;
  return { [`${folder}/physical_package_id`]: `${socket}\n`, [`${folder}/core_id`]: `${core}\n` };
}

describe('cpu', () => {
  it('has the processors of x86 and counts threads, cores and sockets', async () => {
    const processors = [processor(0, 0), processor(1, 0), processor(2, 1), processor(3, 1)];

    const cpu = await collect('cpu', createMachine({ '/proc/cpuinfo': processors.join('') }));

    expect(cpu).toMatchObject({
      '0': {
        vendor_id: 'GenuineIntel',
        family: '6',
        model: '85',
        model_name: 'Xeon: 8168',
        stepping: '4',
        mhz: '2693.672',
        cache_size: '33792 KB',
        physical_id: '0',
        core_id: '0',
        cores: '1',
        flags: ['fpu', 'vme'],
      },
      '3': { physical_id: '1' },
      total: 4,
      real: 2,
      cores: 2,
    });
  });

  it('counts by /sys where cpuinfo does not tell, as on ARM', async () => {
    const files = {
      '/proc/cpuinfo':
        'processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\n\nprocessor\t: 1\n',
      '/sys/devices/system/cpu/cpufreq/x': '',
      ...topology(0, 0, 0),
      ...topology(1, 0, 1),
    };

    expect(await collect('cpu', createMachine(files))).toEqual({
      '0': { bogomips: '50.00', features: ['fp', 'asimd'] },
      '1': {},
      total: 2,
      real: 1,
      cores: 2,
    });
  });

  it('counts processors alone where nothing else is told', async () => {
    expect(await collect('cpu', createMachine({ '/proc/cpuinfo': 'processor\t: 0\n' }))).toEqual({
      '0': {},
      total: 1,
    });
  });
});

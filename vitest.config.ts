import { defineConfig } from 'vitest/config';

// Three kinds of tests: what runs in this process, what needs a broker, what drives the packed and installed package.
const broker = ['test/transports/amqp*.test.ts', 'test/broker/**/*.test.ts'];
const e2e = ['test/e2e/**/*.test.ts'];

export default defineConfig({
  test: {
    restoreMocks: true,
    unstubEnvs: true,
    reporters: process.env['CI'] === undefined ? ['default'] : ['default', 'json'],
    outputFile: { json: 'node_modules/.cache/test-report.json' },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [...broker, ...e2e] },
      },
      {
        extends: true,
        test: {
          name: 'broker',
          include: broker,
          globalSetup: 'test/support/broker-setup.ts',
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: e2e,
          globalSetup: ['test/support/broker-setup.ts', 'test/support/package-setup.ts'],
          testTimeout: 60_000,
        },
      },
    ],
  },
});

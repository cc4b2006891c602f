import type { TestProject } from 'vitest/node';

import { startRabbitMq } from './rabbitmq.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a RabbitMQ that lives as long as the test run, credentials included. */
    brokerUrl: string;
  }
}

/** One broker for all tests of a project; each test uses exchanges and queues of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const broker = await startRabbitMq();
  project.provide('brokerUrl', broker.url);
  return async () => broker.stop();
}

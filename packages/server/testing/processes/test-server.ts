import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { startServer } from '../../src/main.ts';
import { testApp, testCustomer } from './server-process.ts';

export interface TestServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The whole server inside the test's process, on free ports and a folder of its own; `overrides` as in a config file. */
export async function startTestServer(
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'housecount-test-'));
  const config = loadConfig({
    env: {},
    overrides: {
      listen: { host: '127.0.0.1', port: 0 },
      dataDir,
      apps: [testApp],
      customers: [testCustomer],
      media: { udpPort: 0 },
      log: { level: 'error' },
      ...overrides,
    },
  });
  const server = await startServer(config);
  return {
    url: server.url,
    async close() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { type RunningServer, startServer } from '../../src/main.ts';
import type { ReloadReport } from '../../src/operate/reload.ts';
import { testApp, testCustomer } from './server-process.ts';

type Settings = Readonly<Record<string, unknown>>;

export interface ReloadableServer extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  /** Writes the file anew, with these in place of its keys, and has it read. */
  reload(settings: Settings): Promise<ReloadReport>;
  /** The same with a file of this text. */
  reloadText(text: string): Promise<ReloadReport>;
  /** Stops it and starts it with the file as it is. */
  restart(): Promise<void>;
}

/** The whole server inside the test's process, with a configuration file of its own. */
export async function startReloadableServer(settings: Settings = {}): Promise<ReloadableServer> {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-reload-'));
  const file = join(folder, 'housecount.yaml');
  const write = (over: Settings) =>
    // JSON is YAML.
    writeFile(
      file,
      JSON.stringify({
        listen: { host: '127.0.0.1', port: 0 },
        dataDir: join(folder, 'data'),
        apps: [testApp],
        customers: [testCustomer],
        media: { udpPort: 0 },
        log: { level: 'error' },
        ...over,
      }),
    );
  const read = () => loadConfig({ file, env: {} });
  await write(settings);
  let server: RunningServer | undefined = await startServer(read(), read);
  const present = () => server ?? Promise.reject(new Error('it is stopped'));
  return {
    get url() {
      return server?.url ?? '';
    },
    folder,
    async reload(over) {
      await write(over);
      return (await present()).reload();
    },
    async reloadText(text) {
      await writeFile(file, text);
      return (await present()).reload();
    },
    async restart() {
      await server?.stop();
      server = undefined;
      server = await startServer(read(), read);
    },
    async [Symbol.asyncDispose]() {
      await server?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));
/** A server that is not up by then is broken, milliseconds. */
const startMs = 120_000;

export const testApp = {
  id: '0123456789abcdef0123456789abcdef',
  certificate: 'fedcba9876543210fedcba9876543210',
};
export const testCustomer = { id: 'tester', secret: 'only-for-the-tests' };

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  readonly dataDir: string;
  /** The text that it wrote to stderr so far. */
  readonly stderr: () => string;
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit status. */
  terminate(): Promise<number | null>;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

/** A real server in a process of its own, on free ports, with the test app; `config` adds to or replaces top-level keys. */
export async function startServerProcess(
  config: Readonly<Record<string, unknown>> = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-test-'));
  const dataDir = join(folder, 'data');
  const port = await freePort();
  const configFile = join(folder, 'housecount.yaml');
  const whole = {
    listen: { host: '127.0.0.1', port },
    dataDir,
    apps: [testApp],
    customers: [testCustomer],
    media: { udpPort: 0 },
    ...config,
  };
  // JSON is YAML.
  await writeFile(configFile, JSON.stringify(whole), { mode: 0o600 });

  let child: ChildProcess | undefined;
  let stderr = '';
  const start = async (): Promise<void> => {
    const started = spawn(process.execPath, [main, 'serve', '--config', configFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    child = started;
    started.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-200_000);
    });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the server did not start:\n${stderr}`)), startMs);
      let stdout = '';
      started.stdout?.on('data', (chunk: Buffer) => {
        stdout += chunk.toString();
        if (!stdout.includes('listening on ')) return;
        clearTimeout(timer);
        resolve();
      });
      started.once('exit', (status) => {
        clearTimeout(timer);
        reject(new Error(`the server ended with ${status}:\n${stderr}`));
      });
    });
  };
  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) {
      return Promise.resolve(ending?.exitCode ?? null);
    }
    return new Promise((resolve) => {
      ending.once('exit', (status) => resolve(status));
      ending.kill(signal);
    });
  };
  const close = async (): Promise<void> => {
    await end('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    get pid() {
      return child?.pid ?? -1;
    },
    dataDir,
    stderr: () => stderr,
    async kill() {
      await end('SIGKILL');
    },
    terminate: () => end('SIGTERM'),
    restart: start,
    close,
  };
}

/** Basic credentials of the test customer. */
export const testAuthorization = `Basic ${btoa(`${testCustomer.id}:${testCustomer.secret}`)}`;

/** Polls until `check` is true or returns a value; throws after `withinMs` with what it was waiting for. A busy machine may take a minute for a picture. */
export async function until<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 90_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Below those that a system hands out by itself (Linux from 32768 on): nobody who asks for any port gets one while its server is restarted. */
const ports = { first: 20_000, count: 12_000 };

/** A port that was free a moment ago; restarts need the same one again, so it cannot be left to the server. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = ports.first + Math.floor(Math.random() * ports.count);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port among ${ports.count} from ${ports.first} on`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RespClient } from './resp-client.ts';

const startMs = 20_000;

/**
 * The program of a Redis server: REDIS_SERVER, or from the PATH. Debian's redis-tools has it under another name, and without
 * the service of redis-server; it is what it is called as.
 */
export function findRedis(): string | undefined {
  const folders = (process.env.PATH ?? '').split(':');
  const names = ['redis-server', 'redis-check-rdb'];
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [process.env.REDIS_SERVER, ...candidates].find((path) => path && existsSync(path));
}

/** A Redis server of the test's own: on a unix socket in a folder of its own, with nothing kept on disk. */
export class RedisServer {
  readonly #program: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'housecount-redis-'));
  readonly socket = join(this.#folder, 's');
  #process: ChildProcess | undefined;
  #output = '';

  private constructor(program: string) {
    this.#program = program;
  }

  static async start(program: string): Promise<RedisServer> {
    const server = new RedisServer(program);
    await server.start();
    return server;
  }

  /** Resolves once it answers. */
  async start(): Promise<void> {
    const options = ['--port', '0', '--unixsocket', this.socket, '--save', '', '--appendonly', 'no'];
    const child = spawn(this.#program, [...options, '--dir', this.#folder, '--daemonize', 'no'], {
      argv0: 'redis-server',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        this.#output = (this.#output + String(chunk)).slice(-4_000);
      });
    let failed: unknown;
    child.once('error', (error) => {
      failed = error;
    });
    for (const deadline = performance.now() + startMs; ; ) {
      const client = new RespClient(this.socket);
      const answers = await client.command('PING').then(
        (reply) => reply === 'PONG',
        () => false,
      );
      client.close();
      if (answers) return;
      if (failed !== undefined || child.exitCode !== null || performance.now() > deadline)
        throw new Error(`Redis did not start: ${failed ?? this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Ends it where it stands, as a power cut would; what it held is gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
    rmSync(this.socket, { force: true });
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A TURN server that is not ours (coturn, `turnserver`), on loopback, with the shared secret of its REST interface. */

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { generate } from 'selfsigned';
import { freePort } from '../processes/server-process.ts';

export interface Coturn {
  readonly port: number;
  readonly tlsPort: number;
  /** What it wrote. */
  readonly log: readonly string[];
  close(): Promise<void>;
}

/** Starts `program`, which is a turnserver; rejects if it does not listen within 20 s. */
export async function startCoturn(program: string, secret: string): Promise<Coturn> {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-coturn-'));
  const certificate = await generate([{ name: 'commonName', value: '127.0.0.1' }], { keySize: 2048 });
  await writeFile(join(folder, 'cert.pem'), certificate.cert);
  await writeFile(join(folder, 'key.pem'), certificate.private);
  const [port, tlsPort] = [await freePort(), await freePort()];
  const child = spawn(
    program,
    [
      ...['-n', '-v', '--no-cli', '--no-dtls', '--log-file', 'stdout', '--simple-log', '--no-rfc5780'],
      ...['--pidfile', join(folder, 'pid'), '--userdb', join(folder, 'users')],
      ...['--listening-ip', '127.0.0.1', '--listening-port', `${port}`, '--tls-listening-port', `${tlsPort}`],
      ...['--relay-ip', '127.0.0.1', '--allow-loopback-peers', '--realm', 'housecount.test'],
      ...['--lt-cred-mech', '--use-auth-secret', '--static-auth-secret', secret],
      ...['--cert', join(folder, 'cert.pem'), '--pkey', join(folder, 'key.pem')],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder },
  );
  const log: string[] = [];
  for (const output of [child.stdout, child.stderr])
    createInterface({ input: output }).on('line', (line) => log.push(line));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const close = async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  const endMs = performance.now() + 20_000;
  while (!((await takes(port)) && (await takes(tlsPort)))) {
    if (performance.now() < endMs && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      continue;
    }
    await close();
    throw new Error(`turnserver does not listen: ${log.slice(-20).join('\n')}`);
  }
  return { port, tlsPort, log, close };
}

const takes = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

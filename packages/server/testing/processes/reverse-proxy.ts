import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { until } from './server-process.ts';

export type ProxyKind = 'nginx' | 'caddy';

/** The configurations of docs/proxy.md, in their order: nginx; Caddy at the root, and under a path. */
export async function documentedConfigurations(): Promise<{
  nginx: string;
  caddy: string;
  caddyUnderPath: string;
}> {
  const page = await readFile(new URL('../../../../docs/proxy.md', import.meta.url), 'utf8');
  const blocks = (language: string) =>
    [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
      ([, text = '']) => text,
    );
  const [nginx] = blocks('nginx');
  const [caddy, caddyUnderPath] = blocks('caddyfile');
  if (!nginx || !caddy || !caddyUnderPath) throw new Error('docs/proxy.md lacks a configuration');
  return { nginx, caddy, caddyUnderPath };
}

export interface ReverseProxy {
  /** `https://127.0.0.1:port`. */
  readonly url: string;
  readonly port: number;
  /** PEM of the certificate that it has. */
  readonly ca: string;
  close(): Promise<void>;
}

/** Runs a proxy with a documented configuration: only its port, certificate and the server's address are replaced. */
export async function startReverseProxy(
  kind: ProxyKind,
  program: string,
  configuration: string,
  serverUrl: string,
): Promise<ReverseProxy> {
  const folder = await mkdtemp(join(tmpdir(), `housecount-${kind}-`));
  const port = await freePort();
  const pem = await generate([{ name: 'commonName', value: 'test' }], {
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(cert, pem.cert);
  await writeFile(key, pem.private);
  const replaced = Object.entries({
    '127.0.0.1:7080': new URL(serverUrl).host,
    ...(kind === 'nginx'
      ? {
          'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
          '/etc/ssl/show.example.com.pem': cert,
          '/etc/ssl/show.example.com.key': key,
        }
      : { 'show.example.com {': `https://127.0.0.1:${port} {\n\ttls ${cert} ${key}` }),
  }).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`docs/proxy.md lacks ${from}`);
    return text.replaceAll(from, to);
  }, configuration);
  const file = join(folder, 'config');
  await writeFile(
    file,
    kind === 'nginx' ? inNginx(folder, replaced) : `{\n\tadmin off\n\tauto_https off\n}\n${replaced}`,
  );
  for (const name of ['logs', 'temp']) await mkdir(join(folder, name));
  const args =
    kind === 'nginx'
      ? ['-p', folder, '-c', file, '-e', join(folder, 'logs/error.log')]
      : ['run', '--config', file, '--adapter', 'caddyfile'];
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await until(`${kind} listens`, async () => {
    if (child.exitCode !== null) throw new Error(`${kind} ended with ${child.exitCode}:\n${said}`);
    return isListening(port);
  });
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    ca: pem.cert,
    async close() {
      await ended(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Wraps a configuration as Debian's nginx.conf wraps the files of conf.d, for a process that writes into its own folder only. */
const inNginx = (folder: string, configuration: string) => `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/pid;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/temp/body;
  proxy_temp_path ${folder}/temp/proxy;
  fastcgi_temp_path ${folder}/temp/fastcgi;
  uwsgi_temp_path ${folder}/temp/uwsgi;
  scgi_temp_path ${folder}/temp/scgi;
${configuration}
}
`;

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  // SIGTERM is nginx's quick end; a proxy that does not go by itself is cut.
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exit;
  clearTimeout(timer);
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1');
    probe.once('connect', () => resolve(true));
    probe.once('error', () => resolve(false));
    probe.once('close', () => probe.destroy());
    probe.once('connect', () => probe.destroy());
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

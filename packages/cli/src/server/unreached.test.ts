import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createServer, type Server, type Socket } from 'node:net';
import { generate } from 'selfsigned';
import { listen } from '../commands/listen.ts';
import { replay } from '../commands/replay.ts';
import { simulate } from '../commands/simulate.ts';
import { trigger } from '../commands/trigger.ts';
import { verify } from '../commands/verify.ts';
import { runCommands } from '../run.ts';
import { ask } from './server-access.ts';
import { UnreachedError, whyUnreached } from './unreached.ts';

const app = 'a'.repeat(32);
const ends: (() => unknown)[] = [];
const at: Record<string, string> = {};

async function socketServer(onSocket: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

beforeAll(async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }]);
  const web = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('hi', { status: 404 }) });
  const secure = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    tls: { cert, key },
    fetch: () => new Response('hi'),
  });
  const redirect = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: () => new Response('', { status: 301, headers: { location: 'https://there.example/' } }),
  });
  ends.push(...[web, secure, redirect].map((server) => () => server.stop(true)));
  const free = await socketServer(() => {});
  (ends.pop() as () => void)();
  Object.assign(at, {
    other: `http://127.0.0.1:${web.port}`,
    elsewhere: `http://127.0.0.1:${redirect.port}`,
    notTls: `https://127.0.0.1:${web.port}`,
    tls: `http://127.0.0.1:${secure.port}`,
    untrusted: `https://127.0.0.1:${secure.port}`,
    nobody: `http://127.0.0.1:${free}`,
    noName: 'http://nowhere.invalid:7080',
    cut: `http://127.0.0.1:${await socketServer((socket) => socket.destroy())}`,
  });
});
afterAll(async () => {
  for (const end of ends) await end();
});

/** The error message for each of them; the command's own option stands for OPTION. */
const sentences: Readonly<Record<string, string>> = {
  nobody: 'nothing listens on 127\\.0\\.0\\.1:\\d+: is the server running, and is this its port\\?',
  noName: 'the name nowhere\\.invalid is not found \\(\\w+\\): check the host in OPTION',
  notTls: '127\\.0\\.0\\.1:\\d+ does not speak TLS: give OPTION as http://',
  tls: '127\\.0\\.0\\.1:\\d+ speaks TLS: give OPTION as https://',
  cut: '127\\.0\\.0\\.1:\\d+ closed the connection without an answer: check the port in OPTION',
};
const refusals: Readonly<Record<string, string>> = {
  untrusted: 'the certificate of 127\\.0\\.0\\.1 cannot be verified \\(\\w+\\): give --insecure',
  other: 'the server answered 404: hi\\. Is OPTION that of a Housecount server\\?',
  elsewhere: 'the server sends elsewhere, to https://there\\.example/: give that as OPTION',
};

const commands: Readonly<Record<string, { args: (url: string) => string[]; option: string }>> = {
  simulate: {
    args: (url) => ['--url', url, '--app', app, '--certificate', app, '--channel', 'x', '--audience', '3'],
    option: '--url',
  },
  listen: { args: (url) => ['--url', url], option: '--url' },
  'listen --app': { args: (url) => ['--url', url, '--app', app], option: '--url' },
  replay: { args: (url) => ['--url', url, '--endpoint', 'x', '--given-up'], option: '--url' },
  verify: { args: (url) => [url], option: 'the URL' },
};

async function run(name: string, ...args: string[]) {
  let out = '';
  let err = '';
  const status = await runCommands([simulate, listen, replay, verify, trigger], [name, ...args], {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env: {},
  });
  return { status, out, err };
}

describe('a server that cannot be reached', () => {
  for (const [name, { args, option }] of Object.entries(commands))
    test.each(Object.entries({ ...sentences, ...refusals }))(
      `CLI34: ${name} says it: %s`,
      async (where, sentence) => {
        const [command = ''] = name.split(' ');
        const { status, out, err } = await run(command, ...args(at[where] ?? ''));
        expect({ status, out }).toEqual({ status: 1, out: '' });
        expect(err).toMatch(
          new RegExp(`^housecount ${command}: ${sentence.replaceAll('OPTION', option)}.*\n$`),
        );
      },
    );

  test.each(Object.entries(sentences))(
    'CLI34: trigger says it of a receiver: %s',
    async (where, sentence) => {
      const { status, out } = await run('trigger', '105', '--forward', at[where] ?? '', '--secret', 's');
      expect(status).toBe(1);
      expect(out).toMatch(new RegExp(`no answer: ${sentence.replaceAll('OPTION', '--forward')}`));
    },
  );

  test('CLI34: trigger names what helps against a certificate, which is not --insecure', async () => {
    const { out } = await run('trigger', '105', '--forward', at.untrusted ?? '', '--secret', 's');
    expect(out).toMatch(/cannot be verified \(\w+\): name the authority .* NODE_EXTRA_CA_CERTS/);
  });

  test('CLI34: a server that takes the connection and says nothing is not waited for without end', async () => {
    const url = new URL(`http://127.0.0.1:${await socketServer(() => {})}`);
    const error = await ask({ url, insecure: false }, '/', undefined, { answerMs: 20 }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(UnreachedError);
    expect(String(error)).toContain('did not answer within 0.02 s');
  });

  test.each([
    ['CERT_HAS_EXPIRED', 'has expired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'is not for host.example'],
    ['EHOSTUNREACH', 'no way to host.example:443'],
    ['ETIMEDOUT', 'cannot be reached'],
    ['HPE_INVALID_CONSTANT', 'is not HTTP'],
  ])('CLI34: %s has a sentence of its own', async (code, sentence) => {
    const asked = { url: new URL('https://host.example'), option: '--url', answerMs: 1 };
    expect((await whyUnreached(Object.assign(new Error('?'), { code }), asked)).message).toContain(sentence);
  });

  test('CLI34: an error that is no failure of the network is left as it is', async () => {
    const bug = new TypeError('x is undefined');
    const asked = { url: new URL('https://host.example'), option: '--url', answerMs: 1 };
    expect(await whyUnreached(bug, asked)).toBe(bug);
  });
});

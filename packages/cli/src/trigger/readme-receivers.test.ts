import { afterEach, expect, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noticeTypeNumbers } from '@housecount/protocol';
import { startTestServer, type TestServer } from '../../../server/testing/processes/test-server.ts';
import { trigger } from '../commands/trigger.ts';
import { runCommands } from '../run.ts';

const root = join(import.meta.dir, '../../../..');
const secret = 'choose-another';
const folder = mkdtempSync(join(tmpdir(), 'housecount-readme-'));
let server: TestServer | undefined;
let child: ChildProcess | undefined;

afterEach(async () => {
  const running = child;
  child = undefined;
  if (running && running.exitCode === null && running.signalCode === null)
    await new Promise((resolve) => {
      running.once('exit', resolve);
      running.kill('SIGKILL');
    });
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** The code of a page that holds these words. */
function codeOf(page: string, words: string): string {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/```(?:js|ts)\n([\s\S]*?)```/g);
  for (const [, code = ''] of blocks) if (code.includes(words)) return code;
  throw new Error(`${page} has no code with ${words}`);
}

/** Runs a page's receiver as it stands, but for its port, and for the package that is not built here. */
async function runReceiver(code: string): Promise<{ url: string; said: () => string }> {
  const file = join(folder, `receiver-${process.pid}.ts`);
  const listening = ".listen(0, '127.0.0.1', function () { console.log('port', this.address().port); })";
  const runnable = code
    .replaceAll("'@housecount/webhook'", JSON.stringify(join(root, 'packages/webhook/src/index.ts')))
    .replace('.listen(9000)', listening);
  if (!runnable.includes(listening)) throw new Error('the receiver listens elsewhere');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, runnable);
  const running = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  child = running;
  let said = '';
  const port = await new Promise<string>((resolve, reject) => {
    running.once('exit', () => reject(new Error('the receiver ended')));
    running.stdout.on('data', (chunk) => {
      said += String(chunk);
      const found = /port (\d+)\n/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return { url: `http://127.0.0.1:${port}/ncsNotify`, said: () => said.replace(/^port .*\n/m, '') };
}

async function send(...args: string[]): Promise<{ status: number; out: string }> {
  let out = '';
  const add = (text: string) => {
    out += text;
  };
  const status = await runCommands([trigger], ['trigger', ...args], { out: add, err: add, env: {} });
  return { status, out };
}

/** The output of a receiver once it contains `expected`. */
async function until(said: () => string, expected: string): Promise<string> {
  const deadlineMs = performance.now() + 30_000;
  while (!said().includes(expected)) {
    if (performance.now() > deadlineMs) throw new Error(`not told: ${expected}; told: ${said()}`);
    await Bun.sleep(5);
  }
  return said();
}

/** The last line that the roster of packages/webhook/README.md prints for a notice of each type. */
const lastLines: Readonly<Record<number, string>> = {
  101: 'stage opened  now 0',
  102: 'stage closed  now 0',
  103: 'stage joined 7 now 1',
  104: 'stage left 7 now 0',
  105: 'stage joined 7 now 1',
  106: 'stage left 7 now 0',
  107: 'stage joined 7 now 1',
  108: 'stage left 7 now 0',
  111: 'stage role 7 now 1',
  112: 'stage role 7 now 1',
};

test('CLI33: the roster of the README tells of a triggered notice of each type, in each format', async () => {
  // The development server that the README names: what is missing would be asked of it.
  server = await startTestServer({ apps: undefined, customers: undefined });
  const code = codeOf('packages/webhook/README.md', 'roster.onChange');
  const { url, said } = await runReceiver(code.replace('http://127.0.0.1:7080', server.url));
  const to = ['--forward', url, '--secret', secret, '--uid', '7'];
  for (const format of ['agora', 'standard', 'batch'])
    for (const type of noticeTypeNumbers) {
      // A channel of its own: lives of one channel within one second cannot be told apart.
      const channel = `stage-${format}-${type}`;
      const sent = await send(String(type), ...to, '--channel', channel, '--format', format);
      expect(sent).toMatchObject({ status: 0 });
      const expected = `${lastLines[type]}\n`.replace('stage', channel);
      const lines = await until(said, expected);
      expect(lines.endsWith(expected)).toBe(true);
    }
}, 120_000);

test('CLI33: the receiver by hand of the README tells of a triggered join and leave', async () => {
  const { url, said } = await runReceiver(codeOf('packages/webhook/README.md', 'await verify(body'));
  const to = ['--forward', url, '--secret', secret];
  expect((await send('105', ...to)).status).toBe(0);
  expect(await until(said, '1234 joined')).toBe('1234 joined test as audience\n');
  expect((await send('104', ...to)).status).toBe(0);
  await until(said, '1234 left test');
}, 120_000);

test('CLI33: the receiver of the first README tells of a triggered join', async () => {
  const code = codeOf('README.md', 'export async function receive');
  const served = `${code}
import { createServer } from 'node:http';
createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  response.writeHead(await receive(Buffer.concat(chunks), new Headers(request.headers as never))).end();
}).listen(9000);`;
  const { url, said } = await runReceiver(served);
  const to = ['--forward', url, '--secret', secret];
  expect((await send('105', ...to)).status).toBe(0);
  expect(await until(said, '1234 came')).toBe('1234 came, now there are 1\n');
  const wrong = await send('105', '--forward', url, '--secret', 'another');
  expect(wrong.status).toBe(1);
  expect(wrong.out).toContain('is --secret the one that it checks with');
}, 120_000);

import { open } from 'node:fs/promises';
import { describeVerdict, type Verdict, verifyCapture } from '@housecount/audit';
import { type Command, required, type Terminal, UsageError, type Values } from '../command.ts';
import { endSignal } from '../process/signals.ts';
import { authorizationOf, listApps, type ServerAccess } from '../server/server-access.ts';
import { verifyServer } from '../verify/verify-server.ts';

const argument = 'FILE|URL';

/** `housecount verify`: audits a capture of notices, or a running server. */
export const verify: Command = {
  name: 'verify',
  summary: 'check that notices keep every promise, and agree with the roster',
  examples: [
    'housecount verify capture.jsonl',
    'housecount verify http://127.0.0.1:7080',
    'housecount verify http://127.0.0.1:7080 --customer my-backend:its-secret --json',
  ],
  argument: {
    name: argument,
    help: 'A capture, one body a line (- is standard input), or a server: all that it still has.',
  },
  options: {
    midway: {
      type: 'boolean',
      help: 'The capture begins in the middle: the first seq of a life may be any.',
    },
    holes: { type: 'boolean', help: 'Some event types were not captured: seq and count are not checked.' },
    app: { type: 'string', value: 'ID', help: 'Of a server: one app; without it, all.' },
    customer: {
      type: 'string',
      value: 'ID:SECRET',
      help: 'Login; not needed for a development server on this machine.',
    },
    insecure: { type: 'boolean', help: 'Do not check the certificate of the server.' },
    json: { type: 'boolean', help: 'Print one object with the findings.' },
  },
  notes: `Checked: seq dense in each life of a channel, 101 first and 102 last, a join before each leave, nobody twice, one
noticeId per event, the counts; of a server, that its events add up to its roster. Copies and a wrong order of
arrival are fine. Captures are what listen --json prints, or the bodies that a receiver got: agora, standard or batch.
What the server said is lost is told and counted by itself: it is no hole, and breaks no promise.
Exit status: 0 all kept, 1 a violation, 2 called wrongly.`,
  async run(values, terminal) {
    const from = required(values, argument);
    const verdicts = /^https?:\/\//i.test(from)
      ? await ofServer(from, values, terminal)
      : [await ofCapture(from, values, terminal)];
    for (const verdict of verdicts)
      terminal.out(values.json === true ? `${JSON.stringify(verdict)}\n` : describeVerdict(verdict));
    return verdicts.every(({ ok }) => ok) ? 0 : 1;
  },
};

async function ofCapture(path: string, values: Values, terminal: Terminal): Promise<Verdict> {
  for (const name of ['app', 'customer', 'insecure'])
    if (values[name] !== undefined) throw new UsageError(`--${name} is for a server`);
  const body = path === '-' ? process.stdin : await opened(path);
  const options = { partial: values.holes === true, midway: values.midway === true };
  return verifyCapture(body as AsyncIterable<Uint8Array>, options, progress(terminal));
}

/** @throws Error, in words, if it cannot be read */
async function opened(path: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    const file = await open(path);
    const isFolder = (await file.stat()).isDirectory();
    if (!isFolder) return file.createReadStream();
    await file.close();
    throw new Error('it is a folder');
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const why = isMissing ? 'there is no such file' : cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${path} cannot be read: ${why}`, { cause });
  }
}

async function ofServer(from: string, values: Values, terminal: Terminal): Promise<readonly Verdict[]> {
  for (const name of ['holes', 'midway'])
    if (values[name] !== undefined) throw new UsageError(`--${name} is for a capture`);
  if (!URL.canParse(from)) throw new UsageError(`${from} is not a URL`);
  const authorization = authorizationOf(values);
  const access: ServerAccess = {
    url: new URL(from),
    ...(authorization !== undefined && { authorization }),
    insecure: values.insecure === true,
    option: 'the URL',
  };
  const signal = endSignal();
  const apps = values.app === undefined ? await listApps(access, signal) : [required(values, 'app')];
  const verdicts: Verdict[] = [];
  for (const app of apps) {
    terminal.err(`verifying app ${app}\n`);
    verdicts.push(await verifyServer(access, app, signal, progress(terminal)));
  }
  return verdicts;
}

const progress = (terminal: Terminal) => (notices: number) => terminal.err(`${notices} notices\n`);

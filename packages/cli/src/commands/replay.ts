import type { Redelivery } from '@housecount/client';
import {
  type Command,
  required,
  type Terminal,
  text,
  UsageError,
  urlOf,
  type Values,
  whole,
} from '../command.ts';
import { endSignal } from '../process/signals.ts';
import { findApp } from '../replay/find-app.ts';
import { ReplayClient } from '../replay/replay-client.ts';
import { authorizationOf } from '../server/server-access.ts';
import { isoTimeMs, spanMs } from '../times.ts';

/** Between two looks at the progress, milliseconds. */
const lookMs = 500;

/** `housecount replay`: has the server send notices to an endpoint once more. */
export const replay: Command = {
  name: 'replay',
  summary: 'send notices to an endpoint once more',
  examples: [
    'housecount replay --url http://127.0.0.1:7080 --endpoint main --since 2026-01-31T20:00:00Z --dry-run',
    'housecount replay --url http://127.0.0.1:7080 --endpoint main --given-up',
  ],
  options: {
    url: { type: 'string', value: 'URL', help: 'The server, as serve printed it.' },
    endpoint: { type: 'string', value: 'ID', help: 'Where to send them.' },
    since: {
      type: 'string',
      value: 'TIME',
      help: 'What happened since: 30s, 10m, 2h or 7d ago, or an ISO 8601 time with its zone.',
    },
    'since-seq': { type: 'string', value: 'SID:SEQ', help: 'What came after SEQ in this life of a channel.' },
    notice: { type: 'string', value: 'ID', help: 'One notice, by its noticeId.' },
    'given-up': { type: 'boolean', help: 'Those whose attempts are spent and which were not taken since.' },
    'dry-run': { type: 'boolean', help: 'Only tell how many.' },
    app: { type: 'string', value: 'ID', help: 'App of the endpoint; without it, it is looked for.' },
    customer: {
      type: 'string',
      value: 'ID:SECRET',
      help: 'Login; not needed for a development server on this machine.',
    },
    insecure: { type: 'boolean', help: 'Do not check the certificate of the server.' },
    json: { type: 'boolean', help: 'One JSON object: the result.' },
  },
  notes:
    'Give one of --since, --since-seq, --notice, --given-up. Copies carry the same noticeId. It ends with 0 when all\nwere taken, 1 when some were not. Ctrl-C cancels it on the server.',
  async run(values, terminal) {
    const selection = selectionOf(values);
    const endpoint = required(values, 'endpoint');
    const authorization = authorizationOf(values);
    const client = new ReplayClient({
      url: urlOf(values, 'url'),
      insecure: values.insecure === true,
      ...(authorization !== undefined && { authorization }),
    });
    const app = text(values, 'app') ?? (await findApp(client, endpoint));
    if (values['dry-run'] === true) {
      const notices = await client.count(app, { endpoint, ...selection });
      terminal.out(values.json === true ? `${JSON.stringify({ notices })}\n` : `${notices} notices\n`);
      return 0;
    }
    const signal = endSignal();
    return follow(client, await client.start(app, { endpoint, ...selection }), values, terminal, signal);
  },
};

/** Shows the progress until it has ended; a signal cancels it. */
async function follow(
  client: ReplayClient,
  started: Redelivery,
  values: Values,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const { app, id } = started;
  let now = started;
  let shown = '';
  while (now.endedMs === undefined) {
    await looked(signal);
    now = signal.aborted ? await client.cancel(app, id) : await client.read(app, id);
    const line = `${now.delivered + now.failed + now.gone} of ${now.notices}\n`;
    if (values.json !== true && line !== shown) terminal.err(line);
    shown = line;
  }
  const parts = [`${now.delivered} of ${now.notices} delivered`];
  if (now.failed > 0) parts.push(`${now.failed} failed`);
  if (now.gone > 0) parts.push(`${now.gone} no longer kept`);
  if (now.state !== 'done') parts.push(now.state);
  const trouble = now.trouble === undefined ? '' : ` (${now.trouble})`;
  terminal.out(values.json === true ? `${JSON.stringify(now)}\n` : `${parts.join(', ')}${trouble}\n`);
  return now.state === 'done' && now.delivered === now.notices ? 0 : 1;
}

/** Waits until the next check, or the signal. */
function looked(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, lookMs);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** The part of the request that says which notices. */
function selectionOf(values: Values): Readonly<Record<string, unknown>> {
  const given = ['since', 'since-seq', 'notice', 'given-up'].filter((name) => values[name] !== undefined);
  if (given.length !== 1)
    throw new UsageError('give exactly one of --since, --since-seq, --notice, --given-up');
  if (values['given-up'] === true) return { givenUp: true };
  if (values.notice !== undefined) return { noticeId: required(values, 'notice') };
  if (values.since !== undefined) return { since: timeOf(values) };
  const match = /^(.{1,64}):(\d{1,15})$/.exec(required(values, 'since-seq'));
  if (!match) throw new UsageError('--since-seq must be SID:SEQ, such as A1B2C3:42');
  return { since: { sid: match[1], seq: Number(match[2]) } };
}

function timeOf(values: Values): number {
  const given = required(values, 'since');
  if (/^\d+$/.test(given)) return whole(values, 'since', 0, Number.MAX_SAFE_INTEGER, 0);
  const span = spanMs(given);
  const ms = span === undefined ? isoTimeMs(given) : Math.max(0, Date.now() - span);
  if (ms !== undefined) return ms;
  throw new UsageError(
    `--since must be a span such as 10m, or a time with its zone such as 2026-01-31T20:00:00Z, not ${given}`,
  );
}

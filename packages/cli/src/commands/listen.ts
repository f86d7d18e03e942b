import { type Command, required, type Terminal, text, UsageError, urlOf, type Values } from '../command.ts';
import { type EventFilter, filterOf } from '../listen/event-filter.ts';
import { type Beginning, type FollowOptions, followEvents } from '../listen/follow-events.ts';
import {
  type FormedNotice,
  type ListenFormat,
  listenFormats,
  noticeFormer,
  secretProblem,
} from '../listen/form-notice.ts';
import { type Forwarded, forwarder } from '../listen/forward.ts';
import { noticeLine } from '../listen/notice-line.ts';
import { persist } from '../listen/persist.ts';
import type { PulledEvent } from '../listen/pulled-event.ts';
import { endSignal } from '../process/signals.ts';
import { authorizationOf, listApps, type ServerAccess } from '../server/server-access.ts';
import { isoTimeMs, spanMs } from '../times.ts';

const retryMs = 500;
/** A number that stands for a time is in milliseconds and after 1973: a smaller one lacks its unit. */
const epochMsMin = 1e11;

/** `housecount listen`: follows notices in the terminal, and hands them to a receiver on the way. */
export const listen: Command = {
  name: 'listen',
  summary: 'follow the notices of an app',
  examples: [
    'housecount listen --url http://127.0.0.1:7080',
    'housecount listen --url http://127.0.0.1:7080 --forward http://127.0.0.1:3000/ncsNotify --secret my-secret',
    'housecount listen --url http://127.0.0.1:7080 --since 10m --channel lobby --channel live-* --type 105,106',
  ],
  options: {
    url: { type: 'string', value: 'URL', help: 'The server, as serve printed it.' },
    app: { type: 'string', value: 'ID', help: 'One app; without it, all apps of the server.' },
    channel: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      help: 'Only of this channel, or of those that fit a pattern such as live-*; may be given more than once.',
    },
    type: { type: 'string', value: 'N,N', help: 'Only these event types, such as 105,106.' },
    uid: { type: 'string', value: 'N', help: 'Only of the member with this uid.' },
    account: { type: 'string', value: 'A', help: 'Only of the member with this account.' },
    since: {
      type: 'string',
      value: 'TIME',
      help: 'Begin in the past: 30s, 10m, 2h or 7d ago, or at an ISO 8601 time with its zone. Default: now.',
    },
    cursor: {
      type: 'string',
      value: 'C',
      help: 'Begin where an earlier listen ended; start: all there is.',
    },
    customer: {
      type: 'string',
      value: 'ID:SECRET',
      help: 'Login; not needed for a development server on this machine.',
    },
    forward: { type: 'string', value: 'URL', help: 'Post each notice there, one after the other.' },
    secret: { type: 'string', value: 'TEXT', help: 'Sign what is forwarded with this secret.' },
    format: {
      type: 'string',
      value: 'NAME',
      help: 'Of what is forwarded, and of the notice of --json: agora (the default) or standard.',
    },
    insecure: { type: 'boolean', help: 'Do not check the certificate of the server.' },
    retry: { type: 'boolean', help: 'Wait for a server that cannot be reached yet, in place of ending.' },
    json: {
      type: 'boolean',
      help: 'One JSON object a line: app, cursor, notice, and with --forward the headers and the receiver\u2019s answer.',
    },
  },
  notes: `It pulls, so it works wherever the server can be reached, and runs until Ctrl-C. A server that
cannot be reached at first is an error; once there was an answer it goes on over any loss, where it was. If what came next is no longer kept, it says no_longer_kept and goes on with the oldest event that is.
What is forwarded carries the same noticeId as every other copy. At the end it tells the cursor to go on from: then
nothing is missed, and what was under way comes once more.`,
  async run(values, terminal) {
    const plan = planOf(values);
    const signal = endSignal();
    const onLost = (reason: string) => terminal.err(`not connected yet (${reason}); trying again\n`);
    const apps =
      plan.app !== undefined
        ? [plan.app]
        : await persist(
            () => listApps(plan.access, signal),
            { retryMs, onLost, isFirst: !plan.waitsForServer },
            signal,
          );
    if (apps === undefined) return 0;
    if (apps.length > 1 && typeof plan.from === 'object' && 'cursor' in plan.from)
      throw new UsageError('--cursor is of one app: give --app');
    if (plan.forward && plan.isUnsigned)
      terminal.err('what is forwarded is not signed: give --secret to sign it\n');
    // A refusal for one app ends all.
    const failed = new AbortController();
    const end = AbortSignal.any([signal, failed.signal]);
    const following = apps.map((app) =>
      follow(app, plan, terminal, end).catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    );
    await Promise.allSettled(following);
    await Promise.all(following);
    return 0;
  },
};

interface Plan {
  readonly access: ServerAccess;
  readonly app: string | undefined;
  readonly from: Beginning;
  readonly filter: EventFilter;
  readonly form: ReturnType<typeof noticeFormer>;
  readonly isUnsigned: boolean;
  readonly forward: ReturnType<typeof forwarder> | undefined;
  readonly isJson: boolean;
  readonly waitsForServer: boolean;
}

/** @throws UsageError */
function planOf(values: Values): Plan {
  const authorization = authorizationOf(values);
  const secret = text(values, 'secret');
  const format = formatOf(values);
  if (secret !== undefined) {
    if (values.forward === undefined) throw new UsageError('--secret is for --forward');
    const problem = secret === '' ? 'It is empty.' : secretProblem(secret, format);
    if (problem !== undefined) throw new UsageError(`--secret cannot sign. ${problem}`);
  }
  return {
    access: {
      url: urlOf(values, 'url'),
      ...(authorization !== undefined && { authorization }),
      insecure: values.insecure === true,
    },
    app: values.app === undefined ? undefined : required(values, 'app'),
    from: beginningOf(values),
    filter: filterOf(values),
    form: noticeFormer(format, secret),
    isUnsigned: secret === undefined,
    forward: values.forward === undefined ? undefined : forwarder(urlOf(values, 'forward')),
    isJson: values.json === true,
    waitsForServer: values.retry === true,
  };
}

async function follow(app: string, plan: Plan, terminal: Terminal, signal: AbortSignal): Promise<void> {
  let isFirst = true;
  const options: FollowOptions = {
    ...plan.access,
    app,
    from: plan.from,
    retryMs,
    // When the apps were requested from the server, it was there a moment ago.
    waitsForServer: plan.waitsForServer || plan.app === undefined,
    onConnected() {
      terminal.err(isFirst ? `following the notices of ${app}\n` : 'connected again\n');
      isFirst = false;
    },
    onLost: (reason) =>
      terminal.err(`${isFirst ? 'not connected yet' : 'connection lost'} (${reason}); trying again\n`),
    onNoLongerKept: () =>
      terminal.err(
        `no_longer_kept: events of ${app} that came next are deleted; going on with the oldest that the server has\n`,
      ),
  };
  let goOn: string | undefined;
  for await (const { events, before, after } of followEvents(options, signal)) {
    goOn = before;
    let isWhole = true;
    const wanted = events.filter(plan.filter);
    for (const [index, event] of wanted.entries()) {
      const formed = plan.form(event, Date.now());
      if (formed === undefined) {
        terminal.err(`${event.noticeId} is of a type that this version does not know: left out\n`);
        continue;
      }
      const answer = await plan.forward?.(formed, signal);
      // Broken off by the end: it is not shown, and comes once more.
      isWhole = !(signal.aborted && answer?.error !== undefined);
      if (!isWhole) break;
      const cursor = index === wanted.length - 1 ? after : before;
      show(plan, terminal, { app, cursor, event, formed, answer });
    }
    if (!isWhole) break;
    goOn = after;
  }
  if (goOn !== undefined) terminal.err(`to go on from here: --app ${app} --cursor ${goOn}\n`);
}

interface Shown {
  readonly app: string;
  readonly cursor: string | undefined;
  readonly event: PulledEvent;
  readonly formed: FormedNotice;
  readonly answer: Forwarded | undefined;
}

function show({ isJson }: Plan, terminal: Terminal, shown: Shown): void {
  const { app, cursor, event, formed, answer } = shown;
  if (isJson) {
    const line = {
      app,
      ...(cursor !== undefined && { cursor }),
      notice: formed.notice,
      ...(answer && { headers: formed.headers, answer }),
    };
    terminal.out(`${JSON.stringify(line)}\n`);
    return;
  }
  terminal.out(`${noticeLine({ ...event.notice, atMs: event.atMs })}\n`);
  if (answer)
    terminal.out(
      `              \u2192 ${answer.status ?? `no answer: ${answer.error}`} in ${answer.ms} ms\n`,
    );
}

function formatOf(values: Values): ListenFormat {
  const given = text(values, 'format') ?? 'agora';
  const found = listenFormats.find((format) => format === given);
  if (found === undefined)
    throw new UsageError(`--format must be ${listenFormats.join(' or ')}, not ${given}`);
  return found;
}

function beginningOf(values: Values): Beginning {
  const since = text(values, 'since');
  const cursor = text(values, 'cursor');
  if (since !== undefined && cursor !== undefined) throw new UsageError('give --since or --cursor, not both');
  if (cursor !== undefined) {
    if (!/^[\w-]{1,200}$/.test(cursor)) throw new UsageError(`--cursor is not one: ${cursor}`);
    return cursor === 'start' || cursor === 'now' ? cursor : { cursor };
  }
  if (since === undefined) return 'now';
  const nowMs = Date.now();
  const span = spanMs(since);
  const atMs = span === undefined ? (isoTimeMs(since) ?? epochMs(since)) : Math.max(0, nowMs - span);
  if (atMs === undefined)
    throw new UsageError(
      `--since must be a span such as 10m, or a time with its zone such as 2026-01-31T20:00:00Z, not ${since}`,
    );
  if (atMs > nowMs) throw new UsageError(`--since lies ahead: ${since}`);
  return { sinceMs: atMs };
}

const epochMs = (given: string) =>
  /^\d{12,15}$/.test(given) && Number(given) >= epochMsMin ? Number(given) : undefined;

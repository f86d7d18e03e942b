import { isAppId, isChannelName } from '@housecount/protocol';
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
import { findServer } from '../server/server-access.ts';
import {
  type AudienceCounts,
  type AudienceOptions,
  simulateAudience,
} from '../simulate/simulate-audience.ts';
import { spanMs } from '../times.ts';

/** `housecount simulate`: an audience without media. */
export const simulate: Command = {
  name: 'simulate',
  summary: 'fill a channel with viewers, without media',
  examples: [
    'housecount simulate --url http://127.0.0.1:7080 --app 0123456789abcdef0123456789abcdef --certificate fedcba9876543210fedcba9876543210 --channel demo --audience 100 --for 30s',
  ],
  options: {
    url: { type: 'string', value: 'URL', help: 'The server, as serve printed it.' },
    app: { type: 'string', value: 'ID', help: 'App id.' },
    certificate: {
      type: 'string',
      value: 'C',
      help: 'Certificate of the app; the tokens are made here. Without it none are sent.',
    },
    channel: { type: 'string', value: 'NAME', help: 'Channel to join.' },
    audience: { type: 'string', value: 'N', help: 'Viewers: uids 1 to N.' },
    hosts: { type: 'string', value: 'N', help: 'Hosts, with the uids after those; default 0.' },
    churn: { type: 'string', value: 'N/s', help: 'Viewers a second that leave and join again; default 0.' },
    for: { type: 'string', value: 'TIME', help: 'How long all stay: 30s, 5m, 1h. Default: until Ctrl-C.' },
    'under-way': { type: 'string', value: 'N', help: 'Joins under way at once; default 100.' },
    insecure: { type: 'boolean', help: 'Do not check the certificate of the server.' },
    json: { type: 'boolean', help: 'Print the counts as one JSON object.' },
  },
  notes: `
Viewers that lose the connection come back and resume, as SDK clients do. At the end, and at Ctrl-C, all leave normally.
Exit status 0 if everybody joined and every goodbye was heard, else 1.`,
  async run(values, terminal) {
    const options = { ...optionsOf(values), onProgress: progress(terminal) };
    const signal = endSignal();
    // A wrong address is said at once, in place of trying it for as long as all would stay.
    await findServer({ url: new URL(options.url), insecure: options.insecure === true }, signal);
    const counts = await simulateAudience(options, signal);
    terminal.err('\n');
    terminal.out(values.json === true ? `${JSON.stringify(counts)}\n` : report(counts));
    const expected = options.audience + (options.hosts ?? 0);
    const isWhole = counts.joins >= expected && counts.unheard === 0 && counts.leaves === counts.joins;
    if (isWhole && Object.keys(counts.removals).length === 0) return 0;
    for (const code of Object.keys(counts.refusals)) {
      const advice = adviceOf(code, options);
      if (advice !== undefined) terminal.err(`${code}: ${advice}\n`);
    }
    return 1;
  },
};

/** Advice on what to check when a server lets nobody in; undefined where the code says it. */
function adviceOf(code: string, { app, certificate }: AudienceOptions): string | undefined {
  if (code === 'invalid_app_id') return `the server has no app ${app}: check --app`;
  if (code === 'invalid_token' || code === 'token_required')
    return certificate === undefined
      ? 'the app wants tokens: give its --certificate'
      : 'the server does not take the tokens made here: is --certificate that of --app?';
  if (code === 'token_expired')
    return 'the clocks of this machine and of the server differ by more than a token lasts';
  if (code === 'rate_limited')
    return 'the server takes so many joins a second from one address: give a lower --under-way, or raise limits.joinsPerAddress';
  return undefined;
}

function optionsOf(values: Values): AudienceOptions {
  const { href: url } = urlOf(values, 'url');
  const app = required(values, 'app');
  const certificate = text(values, 'certificate');
  if (!isAppId(app)) throw new UsageError('--app must be 32 hexadecimal characters');
  if (certificate !== undefined && !isAppId(certificate))
    throw new UsageError('--certificate must be 32 hexadecimal characters');
  const channel = required(values, 'channel');
  if (!isChannelName(channel)) throw new UsageError('--channel is not a legal channel name');
  required(values, 'audience');
  const stayMs = values.for === undefined ? undefined : durationMsOf(required(values, 'for'));
  return {
    url,
    app,
    ...(certificate !== undefined && { certificate }),
    channel,
    audience: whole(values, 'audience', 0, 200_000, 0),
    hosts: whole(values, 'hosts', 0, 128, 0),
    churnPerSecond: rateOf(text(values, 'churn') ?? '0'),
    ...(stayMs !== undefined && { stayMs }),
    underWayMax: whole(values, 'under-way', 1, 10_000, 100),
    insecure: values.insecure === true,
  };
}

/** The longest stay, milliseconds: the runtime's timers know no longer wait than 24.8 days, and end a longer one at once. */
const durationMsMax = 24 * 24 * 3_600_000;

/** `30s`, `1.5m`, `2h`, `500ms`; a bare number is seconds. */
export function durationMsOf(given: string): number {
  const ms = spanMs(/[a-z]$/.test(given) ? given : `${given}s`);
  if (ms === undefined) throw new UsageError(`--for must be a time like 30s or 5m, not ${given}`);
  if (ms > durationMsMax) throw new UsageError(`--for must be at most 24 days, not ${given}`);
  return ms;
}

/** `5/s`, `0.5/s` or a bare number. */
export function rateOf(given: string): number {
  const number = /^(\d{1,6}(?:\.\d{1,3})?)(?:\/s)?$/.exec(given)?.[1];
  if (number === undefined) throw new UsageError(`--churn must be a rate like 5/s, not ${given}`);
  return Number(number);
}

function progress(terminal: Terminal): AudienceOptions['onProgress'] {
  let last = '';
  return ({ phase, present, joins, leaves, lost, unreached, refusals }) => {
    const refused = sum(refusals);
    const trouble = `${lost} lost, ${unreached} not reached, ${refused} refused`;
    const line = `${phase}: ${present} in, ${joins} joins, ${leaves} leaves, ${trouble}`;
    if (line !== last) terminal.err(`\r\u001b[K${line}`);
    last = line;
  };
}

function report(counts: AudienceCounts): string {
  const { joins, leaves, resumes, lost, unheard, unreached, peak, refusals, removals } = counts;
  const because = Object.entries(counts.unreachedBecause).map(([why, n]) => `          ${n}: ${why}`);
  const named = (of: AudienceCounts['refusals']) =>
    `${sum(of)}${Object.entries(of)
      .map(([code, n]) => `  ${code} ${n}`)
      .join('')}`;
  const lines = [
    `joins     ${joins}`,
    `leaves    ${leaves}`,
    `refusals  ${named(refusals)}`,
    `peak      ${peak}`,
  ];
  if (resumes > 0 || lost > 0) lines.push(`lost      ${lost}`, `resumes   ${resumes}`);
  if (unreached > 0) lines.push(`unreached ${unreached}  (attempts to connect that failed)`, ...because);
  if (unheard > 0) lines.push(`unheard   ${unheard}  (left, but no answer came)`);
  if (sum(removals) > 0) lines.push(`removed   ${named(removals)}`);
  return `${lines.join('\n')}\n`;
}

const sum = (of: AudienceCounts['refusals']) => Object.values(of).reduce((total, n) => total + n, 0);

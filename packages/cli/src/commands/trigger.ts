import {
  eventsLostType,
  isAccount,
  isAppId,
  isChannelName,
  type NoticeNumber,
  noticeTypeNumbers,
} from '@housecount/protocol';
import { type NoticeFormat, noticeFormats } from '@housecount/server/notify/endpoint/endpoint';
import {
  type Command,
  required,
  type Terminal,
  text,
  UsageError,
  uidHint,
  urlOf,
  type Values,
  whole,
} from '../command.ts';
import { secretProblem } from '../listen/form-notice.ts';
import { type Forwarded, forwarder } from '../listen/forward.ts';
import { noticeLine } from '../listen/notice-line.ts';
import { endSignal } from '../process/signals.ts';
import { formRequests, type TestRequest } from '../trigger/form-request.ts';
import type { TestSubject } from '../trigger/test-event.ts';

const argument = 'EVENT_TYPE';
const types: readonly NoticeNumber[] = [...noticeTypeNumbers, eventsLostType];
/** Characters of the receiver's answer that are shown. Chosen. */
const excerptLengthMax = 2_000;
/** The app id where none is given. */
const testApp = '0'.repeat(32);

/** `housecount trigger`: sends one test request to a receiver. */
export const trigger: Command = {
  name: 'trigger',
  summary: 'send a signed test notice to a receiver, after those that come before it',
  examples: [
    'housecount trigger 105 --forward http://127.0.0.1:3000/ncsNotify --secret my-secret',
    'housecount trigger 104 --forward http://127.0.0.1:3000/ncsNotify --secret my-secret --channel lobby --uid 7 --account ann',
    'housecount trigger 102 --forward http://127.0.0.1:3000/ncsNotify --secret my-secret --format batch',
  ],
  argument: { name: argument, help: `One of ${types.join(', ')} (events that are lost).` },
  options: {
    forward: { type: 'string', value: 'URL', help: 'The receiver.' },
    secret: { type: 'string', value: 'TEXT', help: 'Sign with this secret.' },
    format: {
      type: 'string',
      value: 'NAME',
      help: 'agora (the default), standard, or batch: all in one request.',
    },
    channel: { type: 'string', value: 'NAME', help: 'Channel; default test.' },
    uid: { type: 'string', value: 'N', help: 'Uid, 1 to 4294967295; default 1234.' },
    account: { type: 'string', value: 'A', help: 'String account of that uid; default none.' },
    app: { type: 'string', value: 'ID', help: 'App id in the standard and batch formats; default zeros.' },
    alone: {
      type: 'boolean',
      help: 'Send this notice without those before it: a receiver that keeps a roster waits for them, and tells nothing.',
    },
    json: {
      type: 'boolean',
      help: 'One JSON object a line for each request: notice (of a batch, a list), headers and answer.',
    },
  },
  notes: `The notices are formed and signed as the server does it, in a life of a channel of their own that begins with 101, so that
a receiver that keeps a roster misses nothing. Their sid and noticeIds are new each time, so no receiver takes them for
copies. No redirect is followed; after a notice that is not taken none is sent.
Exit status: 0 the receiver took all, with 200, or in the standard and batch formats any 2xx; 1 anything else.`,
  async run(values, terminal) {
    const eventType = eventTypeOf(values);
    const forward = urlOf(values, 'forward');
    const format = formatOf(values);
    const secret = required(values, 'secret');
    const problem = secretProblem(secret, format);
    if (problem !== undefined) throw new UsageError(`--secret cannot sign. ${problem}`);
    const subject = subjectOf(values);
    const requests = formRequests(eventType, {
      format,
      secret,
      subject,
      nowMs: Date.now(),
      alone: values.alone === true,
    });
    const post = forwarder(forward, excerptLengthMax);
    const signal = endSignal();
    for (const request of requests) {
      const answer = await post(request, signal);
      show(request, answer, values, terminal);
      if (isTaken(format, answer.status)) continue;
      const advice = adviceOf(answer);
      if (advice !== undefined) terminal.err(`${advice}\n`);
      return 1;
    }
    return 0;
  },
};

function show({ body, headers, shown }: TestRequest, answer: Forwarded, values: Values, terminal: Terminal) {
  if (values.json === true) {
    terminal.out(`${JSON.stringify({ notice: JSON.parse(body), headers, answer })}\n`);
    return;
  }
  for (const one of shown) terminal.out(`${noticeLine(one)}\n`);
  terminal.out(`              \u2192 ${answer.status ?? `no answer: ${answer.error}`} in ${answer.ms} ms\n`);
  if (answer.excerpt !== undefined) terminal.out(`${answer.excerpt.trimEnd()}\n`);
}

/** Advice on what to check when a receiver does not take a notice; undefined if only the receiver knows. */
function adviceOf({ status, location }: Forwarded): string | undefined {
  if (status === undefined) return undefined;
  if (status === 401 || status === 403)
    return 'The receiver may not take the signature: is --secret the one that it checks with, and does it check the bytes as they came?';
  if (status === 404 || status === 405)
    return 'The receiver takes no notices at this address: check the path of --forward.';
  if (status >= 300 && status < 400)
    return `The receiver sends elsewhere, to ${location ?? 'nowhere'}, and notices follow no redirect: give that as --forward.`;
  if (status > 200 && status < 300)
    return 'In the agora format only 200 is taken: any other answer makes the server send the notice again.';
  return undefined;
}

function isTaken(format: NoticeFormat, status: number | undefined): boolean {
  if (status === undefined) return false;
  return format === 'agora' ? status === 200 : status >= 200 && status < 300;
}

function eventTypeOf(values: Values): NoticeNumber {
  const given = required(values, argument);
  const found = types.find((type) => String(type) === given);
  if (found === undefined)
    throw new UsageError(`${argument} must be one of ${types.join(', ')}, not ${given}`);
  return found;
}

function formatOf(values: Values): NoticeFormat {
  const given = text(values, 'format') ?? 'agora';
  const found = noticeFormats.find((format) => format === given);
  if (found === undefined)
    throw new UsageError(`--format must be one of ${noticeFormats.join(', ')}, not ${given}`);
  return found;
}

function subjectOf(values: Values): TestSubject {
  const channel = text(values, 'channel') ?? 'test';
  if (!isChannelName(channel)) throw new UsageError('--channel is not a legal channel name');
  const account = text(values, 'account');
  if (account !== undefined && !isAccount(account)) throw new UsageError('--account is not a legal account');
  const app = text(values, 'app') ?? testApp;
  if (!isAppId(app)) throw new UsageError('--app must be 32 hexadecimal characters');
  const uid = whole(values, 'uid', 1, 0xffffffff, 1234, uidHint);
  return { app, channel, uid, ...(account !== undefined && { account }) };
}

import {
  eventsLostType,
  isAccount,
  isAppId,
  isChannelName,
  type NoticeNumber,
  noticeTypeNumbers,
} from '@housecount/protocol';
import { type NoticeFormat, noticeFormats } from '@housecount/server/notify/endpoint';
import { type Command, required, text, UsageError, urlOf, type Values, whole } from '../command.ts';
import { secretProblem } from '../listen/form-notice.ts';
import { forwarder } from '../listen/forward.ts';
import { noticeLine } from '../listen/notice-line.ts';
import { endSignal } from '../signals.ts';
import { formRequest } from '../trigger/form-request.ts';
import type { TestSubject } from '../trigger/test-event.ts';

const argument = 'EVENT_TYPE';
const types: readonly NoticeNumber[] = [...noticeTypeNumbers, eventsLostType];
/** Characters of the receiver's answer that are shown. Chosen. */
const excerptLengthMax = 2_000;
/** In place of the app id, where none is given. */
const testApp = '0'.repeat(32);

/** `housecount trigger`: sends one test request to a receiver. */
export const trigger: Command = {
  name: 'trigger',
  summary: 'send one signed test notice, or a batch, to a receiver',
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
      help: 'agora (the default), standard, or batch: the life of a channel up to this event, in one request.',
    },
    channel: { type: 'string', value: 'NAME', help: 'Channel; default test.' },
    uid: { type: 'string', value: 'N', help: 'Uid, 1 to 4294967295; default 1234.' },
    account: { type: 'string', value: 'A', help: 'String account of that uid; default none.' },
    app: { type: 'string', value: 'ID', help: 'App id in the standard and batch formats; default zeros.' },
    json: { type: 'boolean', help: 'Print one object: notice (of a batch, a list), headers and answer.' },
  },
  notes: `The notice is formed and signed as the server does it. Its sid and noticeId are new each time, so no receiver takes
it for a copy. No redirect is followed.
Exit status: 0 the receiver took it, with 200, or in the standard and batch formats any 2xx; 1 anything else.`,
  async run(values, terminal) {
    const eventType = eventTypeOf(values);
    const forward = urlOf(values, 'forward');
    const format = formatOf(values);
    const secret = required(values, 'secret');
    const problem = secretProblem(secret, format);
    if (problem !== undefined) throw new UsageError(`--secret cannot sign. ${problem}`);
    const subject = subjectOf(values);
    const { body, headers, shown } = formRequest(eventType, {
      format,
      secret,
      subject,
      nowMs: Date.now(),
    });
    const answer = await forwarder(forward, excerptLengthMax)({ body, headers }, endSignal());
    if (values.json === true) {
      terminal.out(`${JSON.stringify({ notice: JSON.parse(body), headers, answer })}\n`);
    } else {
      const said = answer.status ?? `no answer: ${answer.error}`;
      for (const one of shown) terminal.out(`${noticeLine(one)}\n`);
      terminal.out(`              \u2192 ${said} in ${answer.ms} ms\n`);
      if (answer.excerpt !== undefined) terminal.out(`${answer.excerpt.trimEnd()}\n`);
    }
    return isTaken(format, answer.status) ? 0 : 1;
  },
};

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
  const uid = whole(values, 'uid', 1, 0xffffffff, 1234);
  return { app, channel, uid, ...(account !== undefined && { account }) };
}

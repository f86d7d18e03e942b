import {
  isAccount,
  isChannelName,
  type NoticeType,
  noticeTypeNumbers,
  toAgoraNotice,
} from '@housecount/protocol';
import { headerSigner } from '@housecount/server/notify/signed-headers';
import { type Command, required, text, UsageError, urlOf, type Values, whole } from '../command.ts';
import { forwarder } from '../listen/forward.ts';
import { noticeLine } from '../listen/notice-line.ts';
import { endSignal } from '../signals.ts';
import { type TestSubject, testEvent } from '../trigger/test-event.ts';

const argument = 'EVENT_TYPE';
/** Characters of the receiver's answer that are shown. Chosen. */
const excerptLengthMax = 2_000;

/** `housecount trigger`: sends one test notice to a receiver. */
export const trigger: Command = {
  name: 'trigger',
  summary: 'send one signed test notice to a receiver',
  examples: [
    'housecount trigger 105 --forward http://127.0.0.1:3000/ncsNotify --secret my-secret',
    'housecount trigger 104 --forward http://127.0.0.1:3000/ncsNotify --secret my-secret --channel lobby --uid 7 --account ann',
  ],
  argument: { name: argument, help: `One of ${noticeTypeNumbers.join(', ')}.` },
  options: {
    forward: { type: 'string', value: 'URL', help: 'The receiver.' },
    secret: { type: 'string', value: 'TEXT', help: 'Sign with this secret.' },
    channel: { type: 'string', value: 'NAME', help: 'Channel; default test.' },
    uid: { type: 'string', value: 'N', help: 'Uid, 1 to 4294967295; default 1234.' },
    account: { type: 'string', value: 'A', help: 'String account of that uid; default none.' },
    json: { type: 'boolean', help: 'Print one object: notice, headers and answer.' },
  },
  notes: `The notice is formed and signed as the server does it. Its sid and noticeId are new each time, so no receiver takes
it for a copy. No redirect is followed.
Exit status: 0 the receiver answered 200, which is what counts as taken; 1 anything else.`,
  async run(values, terminal) {
    const eventType = eventTypeOf(values);
    const forward = urlOf(values, 'forward');
    const secret = required(values, 'secret');
    const nowMs = Date.now();
    const event = testEvent(eventType, subjectOf(values), nowMs);
    const notice = toAgoraNotice(event, { notifyMs: nowMs, communicationEvents: '107/108' });
    const body = JSON.stringify(notice);
    const headers = headerSigner(secret)(body);
    const answer = await forwarder(forward, excerptLengthMax)({ body, headers }, endSignal());
    if (values.json === true) {
      terminal.out(`${JSON.stringify({ notice, headers, answer })}\n`);
    } else {
      const said = answer.status ?? `no answer: ${answer.error}`;
      terminal.out(
        `${noticeLine({ eventType, atMs: nowMs, payload: { ...notice.payload } })}\n              \u2192 ${said} in ${answer.ms} ms\n`,
      );
      if (answer.excerpt !== undefined) terminal.out(`${answer.excerpt.trimEnd()}\n`);
    }
    return answer.status === 200 ? 0 : 1;
  },
};

function eventTypeOf(values: Values): NoticeType {
  const given = required(values, argument);
  const found = noticeTypeNumbers.find((type) => String(type) === given);
  if (found === undefined)
    throw new UsageError(`${argument} must be one of ${noticeTypeNumbers.join(', ')}, not ${given}`);
  return found;
}

function subjectOf(values: Values): TestSubject {
  const channel = text(values, 'channel') ?? 'test';
  if (!isChannelName(channel)) throw new UsageError('--channel is not a legal channel name');
  const account = text(values, 'account');
  if (account !== undefined && !isAccount(account)) throw new UsageError('--account is not a legal account');
  const uid = whole(values, 'uid', 1, 0xffffffff, 1234);
  return { app: '', channel, uid, ...(account !== undefined && { account }) };
}

import { type ChannelEvent, type NoticeType, noticeTypes } from '@housecount/protocol';
import type { Clock, Random } from '../../clock.ts';
import { attempt } from '../delivery/attempt.ts';
import { isAccepted } from '../delivery/retry-plan.ts';
import type { Endpoint, NoticeFormat } from '../endpoint/endpoint.ts';
import { endpointSigner } from '../endpoint/endpoint-signer.ts';
import { noticeText } from '../notice/notice-text.ts';
import type { Send, SendOutcome } from '../send/transport.ts';

/** Test notices are about this channel and uid, so that receivers can tell them from real ones (spec: notifications section 8). */
export const testChannel = 'test_webhook';
export const testUid = 12121212;

/** The result of one test notice. */
export interface TestResult {
  readonly eventType: NoticeType;
  readonly ok: boolean;
  /**
   * The status the receiver answered with, or: 590 no answer in time, or no connection; 591 the host name cannot be
   * resolved; 592 the TLS certificate cannot be verified.
   */
  readonly code: number;
  /** A sentence that says what went wrong, or what the receiver should do better. */
  readonly detail?: string;
  readonly durationMs: number;
}

export interface TestTools {
  readonly send: Send;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** Sends one test notice of each type that the endpoint takes, made and signed like a real one, all at once. */
export function testEndpoint(endpoint: Endpoint, tools: TestTools): Promise<readonly TestResult[]> {
  const sign = endpointSigner(endpoint);
  const sid = `TEST${tools.random.id(12)}`;
  return Promise.all(
    endpoint.events.map(async (eventType, index): Promise<TestResult> => {
      const startMs = tools.clock.nowMs();
      const event = testEvent(eventType, { app: endpoint.app, sid, seq: index + 1, atMs: startMs });
      // 107 and 108 are tested as such, also where the app's own channels do not make them.
      const notice = { position: 0, event, text: noticeText(event, '107/108', endpoint.format) };
      const { outcome, durationMs } = await attempt(endpoint, [notice], {
        ...tools,
        sign,
        onBug: () => undefined,
      });
      return { eventType, ...resultOf(outcome, endpoint.format), durationMs };
    }),
  );
}

type Unanswered = Extract<SendOutcome, { answered: false }>;

/** The code of an outcome, and words for it. */
export function resultOf(
  outcome: SendOutcome,
  format: NoticeFormat,
): Pick<TestResult, 'ok' | 'code' | 'detail'> {
  if (!outcome.answered) {
    const { stage, detail } = outcome;
    return { ok: false, code: codeOf(stage), detail: `${stageWords[stage]}: ${detail}.` };
  }
  const { status: code, excerpt } = outcome;
  if (!isAccepted(outcome, format))
    return { ok: false, code, detail: `The receiver answered ${code}, which is not taken as a yes.` };
  if (format !== 'agora' || looksLikeJson(excerpt)) return { ok: true, code };
  return {
    ok: true,
    code,
    detail: 'The answer’s body is not JSON. Agora asks for JSON; Housecount does not mind.',
  };
}

const stageWords: Readonly<Record<Unanswered['stage'], string>> = {
  address: 'The address is refused',
  resolve: 'The host name has no address',
  connect: 'No connection',
  tls: 'The certificate cannot be verified',
  send: 'The connection broke while sending',
  'answer-timeout': 'No answer in time',
  answer: 'The answer cannot be read',
};

function codeOf(stage: Unanswered['stage']): number {
  if (stage === 'resolve') return 591;
  return stage === 'tls' ? 592 : 590;
}

/** Judges by the first character, because only the beginning of a long answer is kept. */
function looksLikeJson(excerpt: string): boolean {
  const text = excerpt.trim();
  if (/^[[{]/.test(text)) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function testEvent(
  type: NoticeType,
  base: { readonly app: string; readonly sid: string; readonly seq: number; readonly atMs: number },
): ChannelEvent {
  const isCommunication = type === noticeTypes.communicationJoin || type === noticeTypes.communicationLeave;
  const shared = {
    ...base,
    channel: testChannel,
    count: 1,
    profile: isCommunication ? ('communication' as const) : ('live' as const),
  };
  const isHost =
    isCommunication ||
    type === noticeTypes.broadcasterJoin ||
    type === noticeTypes.broadcasterLeave ||
    type === noticeTypes.becameBroadcaster;
  const subject = {
    uid: testUid,
    role: isHost ? ('broadcaster' as const) : ('audience' as const),
    platform: 7,
    clientSeq: base.atMs,
  };
  switch (type) {
    case noticeTypes.channelCreate:
      return { ...shared, type: 'channel-opened' };
    case noticeTypes.channelDestroy:
      return { ...shared, count: 0, type: 'channel-closed', lastUid: testUid };
    case noticeTypes.becameBroadcaster:
    case noticeTypes.becameAudience:
      return { ...shared, ...subject, type: 'role-changed' };
    case noticeTypes.broadcasterJoin:
    case noticeTypes.audienceJoin:
    case noticeTypes.communicationJoin:
      return {
        ...shared,
        ...subject,
        type: 'member-joined',
        connectionId: 'test',
        connectionKind: 'rtc',
        leaseMs: 10_000,
      };
    default:
      return {
        ...shared,
        ...subject,
        type: 'member-left',
        connectionId: 'test',
        reason: 'quit',
        evidence: 'bye',
        lastHeardMs: base.atMs,
        noticedMs: base.atMs,
        joinedMs: base.atMs - 600_000,
      };
  }
}

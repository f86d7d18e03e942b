import {
  type Code,
  type ParsedSignalingFrame,
  parseSignalingFrame,
  type SignalingLogin,
  type SignalingServerFrame,
  signalingErrors,
  signalingFrameBytesMax,
} from '@housecount/protocol';
import type { Clock } from '../clock.ts';
import { fixed } from '../fixed-limits.ts';
import { sentenceOf, withDetail } from '../net/sentence.ts';
import { type Ending, retryOf, tokenWarningMs } from '../net/session/closing.ts';
import {
  Conversation,
  type ConversationBounds,
  type ConversationParts,
  type Protocol,
} from '../net/session/conversation.ts';
import type { Socket } from '../net/socket/socket.ts';
import { steadyRate } from '../net/token-bucket.ts';
import type { OnRefusedLogin } from '../observe/refused-logins.ts';
import { putOutFrame } from './messages/put-out.ts';
import { errorCodeOf, refusalOf } from './names/refusals.ts';
import type { Answer, Request } from './names/request.ts';
import type { Requests } from './requests.ts';
import type { Logins } from './session/login/logins.ts';
import { makeSessionKey } from './session/login/session-key.ts';
import type { Session } from './session/session.ts';
import type { SessionConnection } from './session/session-connection.ts';
import type { SignalingLimits } from './signaling-limits.ts';

export interface SignalingConnectionNeeds extends ConversationParts {
  readonly clock: Pick<Clock, 'nowMs' | 'steadyMs'>;
  readonly logins: Pick<Logins, 'login'>;
  readonly requests: Pick<Requests, 'handle'>;
  readonly bounds: ConversationBounds;
  /** Hears of each login that was refused. */
  readonly onRefusedLogin?: OnRefusedLogin;
  /** Signs session keys. */
  readonly secret: Uint8Array;
  /** After a restart: how long the server waits for its clients to come back, milliseconds. Told to them. */
  readonly recoveryMs: number;
}

/** Characters of a topic's message in its frame, and what it counts as a frame: there are up to 200 a second in each of 8 topics. */
const topicFrameLengthMax = 8 * 1024;
const topicFrameShare = 1 / 8;

/** The limits of one connection: of what it may send, and leave unread. */
export const conversationBounds = (limits: SignalingLimits): ConversationBounds => ({
  frameBytesMax: signalingFrameBytesMax,
  frameRate: steadyRate(limits.signalingFramesPerSecondMax),
  pendingFramesMax: limits.signalingPendingFramesMax,
  pendingCharsMax: limits.signalingPendingCharsMax,
  helloMs: limits.helloMs,
  backlogBytesMax: limits.socketBacklogBytesMax,
});

/** One WebSocket of signaling: logs in or resumes, then does what the client asks, in order, until it ends. */
export class SignalingConnection implements Protocol<ParsedSignalingFrame, Session>, SessionConnection {
  readonly conversation: Conversation<ParsedSignalingFrame, Session>;
  readonly #needs: SignalingConnectionNeeds;

  constructor(needs: SignalingConnectionNeeds, socket: Socket) {
    this.#needs = needs;
    this.conversation = new Conversation(socket, this, needs);
  }

  get socket(): Socket {
    return this.conversation.socket;
  }

  get isOver(): boolean {
    return this.conversation.isOver;
  }

  get bounds(): ConversationBounds {
    return this.#needs.bounds;
  }

  parse(text: string): ParsedSignalingFrame {
    return parseSignalingFrame(text);
  }

  /** Messages in topics are many and small, and have a rate of their own. */
  costOf(parsed: ParsedSignalingFrame, chars: number): number {
    const isMessage = parsed.ok && parsed.frame.type === 'publish-topic' && chars <= topicFrameLengthMax;
    return isMessage ? topicFrameShare : 1;
  }

  handle(parsed: ParsedSignalingFrame): Promise<void> | undefined {
    const session = this.conversation.member;
    if (!session) return this.#begin(parsed);
    if (!parsed.ok) {
      const { id, code, errorCode, detail } = parsed;
      if (id === undefined) this.end(code, { detail });
      else this.#refuse(id, { code: errorCode, reason: detail });
      return undefined;
    }
    const { frame } = parsed;
    // A client that sends its next frame has read the welcome, and knows what is to be done.
    session.isWhole = true;
    switch (frame.type) {
      case 'login':
        this.end('already_joined');
        return undefined;
      case 'ping':
        this.send({ type: 'pong', serverMs: this.#needs.clock.nowMs() });
        return undefined;
      case 'logout':
        return session.end('left', 'bye');
      default:
        return this.#request(session, frame);
    }
  }

  closing(code: Code, ending: Ending): string {
    const errorCode = errorCodeOf(code);
    return JSON.stringify({
      type: 'closing',
      code,
      ...(errorCode !== undefined && { errorCode }),
      message: messageOf(code, ending.detail),
      ...retryOf(code, ending),
    } satisfies SignalingServerFrame);
  }

  heard(session: Session, steadyMs: number): void {
    session.heardMs = steadyMs;
    if (session.link === 'silent') session.tellHeard();
  }

  silent(session: Session): void {
    const { heardMs } = this.conversation;
    if (session.link === 'silent') return;
    session.heardMs = heardMs;
    session.tellSilent('silence');
  }

  /** Tokens may have ended, or be about to. */
  look(session: Session, nowMs: number): void {
    const { tokenEndsMs } = session;
    if (tokenEndsMs !== undefined && tokenEndsMs <= nowMs) {
      void session.end('token_expired', 'token-end');
      return;
    }
    if (tokenEndsMs !== undefined && !session.warned && tokenEndsMs - nowMs <= tokenWarningMs) {
      session.warned = true;
      this.send({ type: 'token-will-expire', endsMs: tokenEndsMs });
    }
    for (const stream of session.subscriptions.streams)
      if (stream.shallWarn(nowMs + tokenWarningMs))
        this.send({
          type: 'token-will-expire',
          channel: stream.key.name,
          endsMs: stream.tokenEndsMs ?? nowMs,
        });
  }

  drained(session: Session): void {
    session.tellMore();
  }

  /** A session that it had is left behind, unless that has ended. */
  left(session: Session, settled: boolean): void {
    if (!settled) session.detach(this, this.conversation.heardMs);
  }

  end(code: Code, ending?: Ending): void {
    this.conversation.end(code, ending);
  }

  send(frame: SignalingServerFrame): void {
    this.conversation.send(frame);
  }

  answer(id: number, answer: Answer): void {
    if (this.isOver || 'later' in answer) return;
    if (!answer.ok) {
      this.#refuse(id, answer);
      return;
    }
    const { result, afterOk } = answer;
    this.send({ type: 'ok', id, serverMs: this.#needs.clock.nowMs(), ...(result && { result }) });
    afterOk?.();
  }

  #begin(parsed: ParsedSignalingFrame): Promise<void> | undefined {
    if (!parsed.ok) this.end(parsed.code, { detail: parsed.detail });
    else if (parsed.frame.type === 'login') return this.#login(parsed.frame);
    else this.end('frame_unexpected', { detail: 'The first frame must be a login.' });
    return undefined;
  }

  async #login(frame: SignalingLogin): Promise<void> {
    const { conversation } = this;
    conversation.entering();
    const { logins, clock, secret, recoveryMs, onRefusedLogin } = this.#needs;
    const admission = await logins.login(this, frame);
    if (!admission.ok) {
      const { code, detail } = admission;
      const { app, userId: user } = frame;
      onRefusedLogin?.({ over: 'signaling', app, user, address: this.socket.address, code });
      this.end(code, detail === undefined ? {} : { detail });
      return;
    }
    const { session, resumed, putOut = [] } = admission;
    const { app, userId, id } = session;
    // The socket may have closed while it was decided.
    if (conversation.isOver) {
      session.lost(conversation.heardMs);
      return;
    }
    if (session.isOver) {
      this.end('replaced');
      return;
    }
    conversation.enter(session);
    // From one turn: what happens next comes after the welcome, and nothing is missed between.
    this.send({
      type: 'welcome',
      session: { id, key: makeSessionKey(secret, { app: app.id, userId, id }) },
      resumed,
      attempt: session.attempt,
      serverMs: clock.nowMs(),
      pingMs: fixed.pingMs,
      leaseMs: session.leaseMs,
      recoveryMs,
      ...(putOut.length > 0 && { ended: putOut.map((place) => putOutFrame(place, clock.nowMs())) }),
    });
    session.attach(this);
  }

  #request(session: Session, frame: Request): Promise<void> | undefined {
    const answer = this.#needs.requests.handle(session, frame);
    if (!(answer instanceof Promise)) {
      this.answer(frame.id, answer);
      return undefined;
    }
    return answer.then(
      (decided) => this.answer(frame.id, decided),
      (cause: unknown) => {
        const code = this.conversation.codeOf(cause);
        this.#refuse(frame.id, refusalOf({ code }, signalingErrors.presenceFailed));
      },
    );
  }

  #refuse(id: number, { code, reason }: { readonly code: number; readonly reason: string }): void {
    if (this.isOver) return;
    this.#needs.refusals.add(1, { code: String(code) });
    this.send({ type: 'refused', id, code, reason });
  }
}

const messageOf = (code: Code, detail?: string): string =>
  code === 'replaced'
    ? withDetail('The same user logged in elsewhere (SAME_UID_LOGIN).', detail)
    : sentenceOf(code, detail);

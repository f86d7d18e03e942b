import {
  type Code,
  codes,
  HousecountError,
  type ParsedSignalingFrame,
  parseSignalingFrame,
  type SignalingLogin,
  type SignalingServerFrame,
  signalingErrors,
  signalingFrameBytesMax,
} from '@housecount/protocol';
import { limits } from '../limits.ts';
import { judgeLiveness, type Look } from '../net/socket/liveness.ts';
import type { Socket, SocketHandler } from '../net/socket/socket.ts';
import { steadyRate, TokenBucket } from '../net/token-bucket.ts';
import type { SignalingContext } from './context.ts';
import { putOutFrame } from './messages/put-out.ts';
import { errorCodeOf, refusalOf } from './names/refusals.ts';
import { type Answer, handleRequest, type Request } from './requests.ts';
import type { Session } from './session/session.ts';
import { makeSessionKey } from './session/session-key.ts';

/** How far a connection is. A union of shapes, so that only one that is logged in has a session. */
type Phase =
  | { readonly is: 'greeting' }
  | { readonly is: 'entering' }
  | { readonly is: 'in'; readonly session: Session }
  | { readonly is: 'ended' };

const frameRate = steadyRate(limits.signalingFramesPerSecondMax);

/** How long before the login privilege ends the client is told, milliseconds (spec: signaling 1.7). */
const tokenWarningMs = 30_000;

/** Characters of a topic's message in its frame, and what it counts as a frame: there are up to 200 a second in each of 8 topics. */
const topicFrameLengthMax = 8 * 1024;
const topicFrameShare = 1 / 8;

/** One WebSocket of signaling: logs in or resumes, then does what the client asks, in order, until it ends. */
export class SignalingConnection implements SocketHandler {
  readonly socket: Socket;
  readonly #context: SignalingContext;
  readonly #budget: TokenBucket;
  #phase: Phase = { is: 'greeting' };
  /** When the socket opened, then when anything was last heard; by the clock that only runs. */
  #heardMs: number;
  #pinged = false;
  /** Frames that wait while an earlier one is being decided, with their characters; undefined while none is. */
  #waiting: { readonly parsed: ParsedSignalingFrame; readonly chars: number }[] | undefined;
  #waitingChars = 0;

  constructor(context: SignalingContext, socket: Socket) {
    this.#context = context;
    this.socket = socket;
    this.#heardMs = context.clock.steadyMs();
    this.#budget = new TokenBucket(frameRate, this.#heardMs);
  }

  /** It has been told to go, or its socket is closed. */
  get isOver(): boolean {
    return this.#phase.is === 'ended';
  }

  onText(text: string): void {
    if (this.isOver) return;
    const steadyMs = this.#context.clock.steadyMs();
    this.#heard(steadyMs);
    this.#context.frames.add();
    if (!this.#budget.take(steadyMs)) {
      this.end('rate_limited');
      return;
    }
    // A character is at most three bytes: only texts near the limit need counting.
    if (text.length * 3 > signalingFrameBytesMax && Buffer.byteLength(text) > signalingFrameBytesMax) {
      this.end('frame_too_large');
      return;
    }
    const parsed = parseSignalingFrame(text);
    // Of topics' messages there are many and small ones, which their own rate counts.
    if (parsed.ok && parsed.frame.type === 'publish-topic' && text.length <= topicFrameLengthMax)
      this.#budget.giveBack(1 - topicFrameShare);
    if (this.#waiting === undefined) this.#start(parsed);
    else this.#wait(parsed, text.length);
  }

  onBinary(): void {
    if (!this.isOver) this.end('frame_not_json', { detail: 'Frames are text.' });
  }

  onPong(): void {
    if (this.#phase.is === 'in') this.#heard(this.#context.clock.steadyMs());
  }

  onDrain(): void {
    if (this.#phase.is === 'in') this.#phase.session.tellMore();
  }

  onClosed(): void {
    const phase = this.#phase;
    this.#phase = { is: 'ended' };
    this.#waiting = undefined;
    if (phase.is === 'in') phase.session.detach(this, this.#heardMs);
    this.#context.closed(this);
  }

  /** Looks at what time has done to it. */
  sweep({ nowMs, steadyMs, fair }: Look): void {
    if (this.#phase.is === 'greeting' && steadyMs - this.#heardMs > limits.helloMs) this.end('hello_timeout');
    if (this.#phase.is !== 'in') return;
    const { session } = this.#phase;
    if (this.socket.bufferedBytes() > limits.socketBacklogBytesMax) {
      this.end('slow_reader');
      return;
    }
    session.tellMore();
    const { tokenEndsMs } = session;
    if (tokenEndsMs !== undefined && tokenEndsMs <= nowMs) {
      void session.end('token_expired', 'token-end');
      return;
    }
    if (tokenEndsMs !== undefined && !session.warned && tokenEndsMs - nowMs <= tokenWarningMs) {
      session.warned = true;
      this.send({ type: 'token-will-expire', endsMs: tokenEndsMs });
    }
    for (const stream of session.streams)
      if (stream.shallWarn(nowMs + tokenWarningMs))
        this.send({
          type: 'token-will-expire',
          channel: stream.key.channel,
          endsMs: stream.tokenEndsMs ?? nowMs,
        });
    if (fair) this.#judge(session, steadyMs);
  }

  /** Tells the client why, and closes the socket. A session that it had is left behind, unless that has ended. */
  end(
    code: Code,
    {
      detail,
      retryAfterMs,
      settled = false,
    }: { readonly detail?: string; readonly retryAfterMs?: number; readonly settled?: boolean } = {},
  ): void {
    if (this.isOver) return;
    const phase = this.#phase;
    this.#phase = { is: 'ended' };
    this.#waiting = undefined;
    const { retry, close } = codes[code];
    const again = retryAfterMs ?? (retry ? retryAfterMsOf(code) : undefined);
    const errorCode = errorCodeOf(code);
    this.send({
      type: 'closing',
      code,
      ...(errorCode !== undefined && { errorCode }),
      message: sentence(code, detail),
      retry,
      ...(again !== undefined && { retryAfterMs: again }),
    });
    this.#context.refusals.add(1, { code });
    if (phase.is === 'in' && !settled) phase.session.detach(this, this.#heardMs);
    this.#context.ended(this);
    this.socket.close(close, code);
  }

  send(frame: SignalingServerFrame): void {
    this.socket.send(JSON.stringify(frame));
  }

  #judge(session: Session, steadyMs: number): void {
    const finding = judgeLiveness(steadyMs - this.#heardMs, this.#pinged);
    if (finding === 'heard') return;
    if (!this.#pinged) {
      this.#pinged = true;
      this.socket.ping();
    }
    if (finding !== 'silent') return;
    // Of who subscribes to nothing the log has no lease.
    if (session.subscriptions.size === 0 && steadyMs - this.#heardMs >= session.leaseMs) {
      void session.end('lease_ended', undefined);
      return;
    }
    if (session.link === 'silent') return;
    session.heardMs = this.#heardMs;
    session.tellSilent('silence');
  }

  #heard(steadyMs: number): void {
    this.#pinged = false;
    if (this.#phase.is === 'greeting') return;
    this.#heardMs = steadyMs;
    if (this.#phase.is !== 'in') return;
    const { session } = this.#phase;
    session.heardMs = steadyMs;
    if (session.link === 'silent') session.tellHeard();
  }

  /** Handles a frame, and those that come before it is done. Frames that need no decision never wait. */
  #start(parsed: ParsedSignalingFrame): void {
    const done = this.#attempt(parsed);
    if (!done) return;
    this.#waiting = [];
    void this.#finish(done);
  }

  #wait(parsed: ParsedSignalingFrame, chars: number): void {
    this.#waitingChars += chars;
    this.#waiting?.push({ parsed, chars });
    const { signalingPendingFramesMax, signalingPendingCharsMax } = limits;
    if (
      (this.#waiting?.length ?? 0) > signalingPendingFramesMax ||
      this.#waitingChars > signalingPendingCharsMax
    )
      this.end('rate_limited');
  }

  async #finish(first: Promise<void>): Promise<void> {
    await first;
    while (this.#waiting) {
      const next = this.#waiting.shift();
      this.#waitingChars -= next?.chars ?? 0;
      if (next === undefined) this.#waiting = undefined;
      else await this.#attempt(next.parsed);
    }
  }

  /** Never throws or rejects: what goes wrong ends this connection and no other. */
  #attempt(parsed: ParsedSignalingFrame): Promise<void> | undefined {
    try {
      return this.#handle(parsed)?.catch((cause: unknown) => this.end(this.#codeOf(cause)));
    } catch (cause) {
      this.end(this.#codeOf(cause));
      return undefined;
    }
  }

  #handle(parsed: ParsedSignalingFrame): Promise<void> | undefined {
    const phase = this.#phase;
    if (phase.is !== 'in') {
      if (!parsed.ok) this.end(parsed.code, { detail: parsed.detail });
      else if (parsed.frame.type === 'login') return this.#login(parsed.frame);
      else this.end('frame_unexpected', { detail: 'The first frame must be a login.' });
      return undefined;
    }
    if (!parsed.ok) {
      const { id, code, errorCode, detail } = parsed;
      if (id === undefined) this.end(code, { detail });
      else this.#refuse(id, { code: errorCode, reason: detail });
      return undefined;
    }
    const { session } = phase;
    const { frame } = parsed;
    // Who goes on has read the welcome, and knows what is to be done.
    session.isWhole = true;
    switch (frame.type) {
      case 'login':
        this.end('already_joined');
        return undefined;
      case 'ping':
        this.send({ type: 'pong', serverMs: this.#context.clock.nowMs() });
        return undefined;
      case 'logout':
        return session.end('left', 'bye');
      default:
        return this.#request(session, frame);
    }
  }

  async #login(frame: SignalingLogin): Promise<void> {
    this.#phase = { is: 'entering' };
    const context = this.#context;
    this.#heardMs = context.clock.steadyMs();
    const admission = await context.sessions.login(this, frame);
    if (!admission.ok) {
      const { code, detail } = admission;
      const { app, userId: user } = frame;
      context.onRefusedLogin?.({ over: 'signaling', app, user, address: this.socket.address, code });
      this.end(code, detail === undefined ? {} : { detail });
      return;
    }
    const { session, resumed, putOut = [] } = admission;
    const { app, userId, id } = session;
    if ((this.#phase as Phase).is === 'ended') {
      session.lost(this.#heardMs);
      return;
    }
    if (session.isOver) {
      this.end('replaced');
      return;
    }
    this.#phase = { is: 'in', session };
    // From one turn: what happens next comes after the welcome, and nothing is missed between.
    this.send({
      type: 'welcome',
      session: { id, key: makeSessionKey(context.secret, { app: app.id, userId, id }) },
      resumed,
      serverMs: context.clock.nowMs(),
      pingMs: limits.pingMs,
      leaseMs: session.leaseMs,
      recoveryMs: context.recoveryMs,
      ...(putOut.length > 0 && { ended: putOut.map((place) => putOutFrame(place, context.clock.nowMs())) }),
    });
    session.attach(this);
  }

  #request(session: Session, frame: Request): Promise<void> | undefined {
    const answer = handleRequest(this.#context, session, frame);
    if (!(answer instanceof Promise)) {
      this.answer(frame.id, answer);
      return undefined;
    }
    return answer.then(
      (decided) => this.answer(frame.id, decided),
      (cause: unknown) =>
        this.#refuse(frame.id, refusalOf({ code: this.#codeOf(cause) }, signalingErrors.presenceFailed)),
    );
  }

  /** Answers a request. */
  answer(id: number, answer: Answer): void {
    if (this.isOver || 'later' in answer) return;
    if (!answer.ok) {
      this.#refuse(id, answer);
      return;
    }
    const { result, afterOk } = answer;
    this.send({ type: 'ok', id, serverMs: this.#context.clock.nowMs(), ...(result && { result }) });
    afterOk?.();
  }

  #refuse(id: number, { code, reason }: { readonly code: number; readonly reason: string }): void {
    if (this.isOver) return;
    this.#context.refusals.add(1, { code: String(code) });
    this.send({ type: 'refused', id, code, reason });
  }

  /** The code of a failure; one that has none is logged and shown as `internal`. */
  #codeOf(cause: unknown): Code {
    if (cause instanceof HousecountError) return cause.code;
    this.#context.logger.error('a signaling frame could not be handled', { cause: String(cause) });
    return 'internal';
  }
}

const sentence = (code: Code, detail?: string): string => {
  const { message } = codes[code];
  const said = code === 'replaced' ? 'The same user logged in elsewhere (SAME_UID_LOGIN).' : message;
  return detail ? `${said} ${detail}` : said;
};

/** When the client may try again, milliseconds. Chosen: long enough that a crowd does not come back in one burst. */
function retryAfterMsOf(code: Code): number {
  // The server has nothing against this client: back at once, so that the lease holds.
  return code === 'slow_reader' || code === 'lease_ended' ? 0 : 1_000;
}

import {
  type ClientFrame,
  type Code,
  clientFrameBytesMax,
  codes,
  HousecountError,
  type MemberLeft,
  type ParsedClientFrame,
  parseClientFrame,
  type RuleScope,
  type ServerFrame,
} from '@housecount/protocol';
import { allowedOf } from '../channel/membership/rights.ts';
import { stampOf } from '../clock.ts';
import { limits } from '../limits.ts';
import { judgeLiveness, type Look } from '../net/socket/liveness.ts';
import type { Socket, SocketHandler } from '../net/socket/socket.ts';
import { steadyRate, TokenBucket } from '../net/token-bucket.ts';
import type { ConnectionContext } from './connection-context.ts';
import { admit } from './hello.ts';
import { maySendNow, rightsOfMember } from './may-send.ts';
import { closingCodes, type Membership, membershipOf, welcomeOf } from './membership.ts';
import { type Answer, handleRequest, leaveRoster, type RequestFrame } from './requests.ts';
import { hostsTopic } from './roster/topics.ts';

/** How far a connection is. A union of shapes, so that only a joined one has a member. */
type Phase =
  | { readonly is: 'greeting' }
  | { readonly is: 'joining' }
  | { readonly is: 'joined'; readonly member: Membership }
  | { readonly is: 'ended' };

const greeting: Phase = { is: 'greeting' };
const joining: Phase = { is: 'joining' };
const frameRate = steadyRate(limits.framesPerSecondMax);
const ended: Phase = { is: 'ended' };
/** How long before the join privilege ends the client is told, milliseconds (spec: tokens section 4). */
const tokenWarningMs = 30_000;

export interface Ending {
  readonly detail?: string;
  readonly retryAfterMs?: number;
  /** Of a kick or a ban: what the rule is about. */
  readonly ruleScope?: RuleScope;
  /** The member left, or shall stay as it is: the log need not hear of the lost socket. */
  readonly settled?: boolean;
}

/** One WebSocket: greets, joins or resumes, then does what the client asks, in order, until it ends. */
export class Connection implements SocketHandler {
  readonly socket: Socket;
  readonly #context: ConnectionContext;
  readonly #budget: TokenBucket;
  #phase: Phase = greeting;
  /** When the socket opened, then when anything was last heard; by the clock that only runs. */
  #heardMs: number;
  #pinged = false;
  /** Frames that wait while an earlier one is being decided; undefined while none is. */
  #waiting: ParsedClientFrame[] | undefined;

  constructor(context: ConnectionContext, socket: Socket) {
    this.#context = context;
    this.socket = socket;
    this.#heardMs = context.clock.steadyMs();
    this.#budget = new TokenBucket(frameRate, this.#heardMs);
  }

  get member(): Membership | undefined {
    return this.#phase.is === 'joined' ? this.#phase.member : undefined;
  }

  get heardMs(): number {
    return this.#heardMs;
  }

  onText(text: string): void {
    if (this.#phase.is === 'ended') return;
    const steadyMs = this.#context.clock.steadyMs();
    this.#heard(steadyMs);
    this.#context.frames.add();
    if (!this.#budget.take(steadyMs)) {
      this.end('rate_limited');
      return;
    }
    // A character is at most three bytes: only texts near the limit need counting.
    if (text.length * 3 > clientFrameBytesMax && Buffer.byteLength(text) > clientFrameBytesMax) {
      this.end('frame_too_large');
      return;
    }
    const parsed = parseClientFrame(text);
    if (this.#waiting === undefined) this.#start(parsed);
    else if (this.#waiting.length < limits.pendingFramesMax) this.#waiting.push(parsed);
    else this.end('rate_limited');
  }

  onBinary(): void {
    if (this.#phase.is === 'ended') return;
    this.end('frame_not_json', { detail: 'Frames are text.' });
  }

  onPong(): void {
    if (this.#phase.is === 'joined') this.#heard(this.#context.clock.steadyMs());
  }

  onDrain(): void {
    this.member?.roster?.drained();
  }

  onClosed(): void {
    if (this.#phase.is !== 'ended') this.#leaveBehind(false);
    this.#context.closed(this);
  }

  /** Looks at what time has done to it. */
  sweep({ nowMs, steadyMs, fair }: Look): void {
    if (this.#phase.is === 'greeting') {
      if (steadyMs - this.#heardMs > limits.helloMs) this.end('hello_timeout');
      return;
    }
    const { member } = this;
    if (!member) return;
    if (this.socket.bufferedBytes() > limits.socketBacklogBytesMax) {
      this.end('slow_reader');
      return;
    }
    // In case a drained backlog was not reported.
    member.roster?.drained();
    if (!member.warned && member.tokenEndsMs !== undefined && member.tokenEndsMs - nowMs <= tokenWarningMs) {
      member.warned = true;
      this.#send({ type: 'token-will-expire', endsMs: member.tokenEndsMs });
    }
    this.#holdStreams(member, nowMs);
    if (!fair) return;
    const finding = judgeLiveness(steadyMs - this.#heardMs, this.#pinged);
    if (finding === 'heard') return;
    if (!this.#pinged) {
      this.#pinged = true;
      this.socket.ping();
    }
    if (finding === 'silent' && member.link === 'live') this.#tellSilent(member);
  }

  /** A privilege may have ended, a rule may be new, or either may be back. */
  #holdStreams({ app, channel, uid, role, connectionId }: Membership, nowMs: number): void {
    const { signal, log } = this.#context;
    if (role !== 'broadcaster' || !signal.streams.get(app.id, channel, uid)) return;
    const from = { channel, uid, ip: this.socket.address };
    const may = maySendNow(log, app, from, rightsOfMember(log, app, { channel, uid }), nowMs);
    const source = { app: app.id, channel, uid, connectionId };
    signal.streams.allow(source, allowedOf({ audio: true, video: true }, may));
  }

  /** The log says that the member is out, and why. */
  removed({ reason, ruleScope }: Pick<MemberLeft, 'reason' | 'ruleScope'>): void {
    this.end(closingCodes[reason], { settled: true, ...(ruleScope !== undefined && { ruleScope }) });
  }

  /** The log says how the connection stands; if that is behind what was heard, the next frame sets it right. */
  linked(link: 'live' | 'silent'): void {
    if (this.member) this.member.link = link;
  }

  /** Tells the client why, closes the socket, and lets the log know if a member is left behind. */
  end(code: Code, { detail, retryAfterMs, ruleScope, settled = false }: Ending = {}): void {
    if (this.#phase.is === 'ended') return;
    const { retry, close } = codes[code];
    const again = retryAfterMs ?? (retry ? retryAfterMsOf(code) : undefined);
    this.#send({
      type: 'closing',
      code,
      message: sentence(code, detail),
      retry,
      ...(again !== undefined && { retryAfterMs: again }),
      ...(ruleScope !== undefined && { scope: ruleScope }),
    });
    this.#context.refusals.add(1, { code });
    this.#leaveBehind(settled);
    this.#context.ended(this);
    this.socket.close(close, code);
  }

  #leaveBehind(settled: boolean): void {
    const { member } = this;
    this.#phase = ended;
    this.#waiting = undefined;
    if (!member) return;
    leaveRoster(member);
    this.#context.left(this, member);
    if (!settled) this.#lost(member.app.id, member.channel, member.connectionId);
  }

  #lost(app: string, channel: string, connectionId: string): void {
    const heardMs = this.#heardMs;
    this.#context.lost({ app, channel, connectionId, heardMs, evidence: 'socket-closed' });
  }

  #heard(steadyMs: number): void {
    this.#pinged = false;
    if (this.#phase.is === 'greeting') return;
    this.#heardMs = steadyMs;
    const { member } = this;
    if (member?.link === 'silent') this.#tellHeard(member);
  }

  #tellSilent(member: Membership): void {
    const { app, channel, connectionId } = member;
    member.link = 'silent';
    const lastHeardMs = stampOf(this.#context.clock, this.#heardMs);
    this.#submitLink(
      this.#context.log.submit(app.id, channel, {
        type: 'silent',
        connectionId,
        lastHeardMs,
        evidence: 'silence',
      }),
      member,
      { from: 'silent', to: 'live' },
    );
  }

  #tellHeard(member: Membership): void {
    const { app, channel, connectionId } = member;
    member.link = 'live';
    this.#submitLink(this.#context.log.submit(app.id, channel, { type: 'heard', connectionId }), member, {
      from: 'live',
      to: 'silent',
    });
  }

  /** If the log did not take it, goes back to what it was, so that the next sweep or frame tries again. */
  #submitLink(
    submitted: ReturnType<ConnectionContext['log']['submit']>,
    member: Membership,
    undo: { from: Membership['link']; to: Membership['link'] },
  ): void {
    const goBack = () => {
      if (member.link === undo.from) member.link = undo.to;
    };
    submitted.then(
      (outcome) => {
        // not_joined: the leave is on its way here.
        if (!outcome.ok && outcome.code !== 'not_joined') goBack();
      },
      (cause: unknown) => {
        this.#context.logger.warn('silence of a connection could not be logged; trying again', {
          connectionId: member.connectionId,
          cause: String(cause),
        });
        goBack();
      },
    );
  }

  /** Handles a frame, and those that come before it is done. Frames that need no decision never wait. */
  #start(parsed: ParsedClientFrame): void {
    const done = this.#attempt(parsed);
    if (!done) return;
    this.#waiting = [];
    void this.#finish(done);
  }

  async #finish(first: Promise<void>): Promise<void> {
    await first;
    while (this.#waiting) {
      const next = this.#waiting.shift();
      if (next === undefined) this.#waiting = undefined;
      else await this.#attempt(next);
    }
  }

  /** Never throws or rejects: what goes wrong ends this connection and no other. */
  #attempt(parsed: ParsedClientFrame): Promise<void> | undefined {
    try {
      return this.#handle(parsed)?.catch((cause: unknown) => this.#failed(cause));
    } catch (cause) {
      this.#failed(cause);
      return undefined;
    }
  }

  #handle(parsed: ParsedClientFrame): Promise<void> | undefined {
    const { member } = this;
    if (!parsed.ok) {
      if (member) this.#refuse(parsed.code, parsed.detail, parsed.id);
      else this.end(parsed.code, { detail: parsed.detail });
      return undefined;
    }
    const { frame } = parsed;
    if (!member) {
      if (frame.type === 'hello') return this.#greet(frame);
      this.end('frame_unexpected', { detail: 'The first frame must be a hello.' });
      return undefined;
    }
    switch (frame.type) {
      case 'hello':
        this.#refuse('already_joined');
        return undefined;
      case 'ping':
        this.#send({ type: 'pong', ...(frame.id !== undefined && { id: frame.id }) });
        return undefined;
      case 'bye':
        if (frame.graceMs) this.#part(member, frame.graceMs);
        else return this.#leave(member);
        return undefined;
      default:
        return this.#request(member, frame);
    }
  }

  async #greet(hello: Extract<ClientFrame, { type: 'hello' }>): Promise<void> {
    this.#phase = joining;
    const context = this.#context;
    const startMs = context.clock.steadyMs();
    this.#heardMs = startMs;
    const admission = await admit(context, hello, this.socket);
    // The socket may have closed while the log decided.
    const gone = (this.#phase as Phase).is === 'ended';
    if (!admission.ok) {
      const { code, detail, ruleScope } = admission;
      context.onRefusedLogin?.({
        over: 'live',
        app: hello.app,
        channel: hello.channel,
        user: hello.account ?? hello.uid,
        address: this.socket.address,
        code,
      });
      if (!gone)
        this.end(code, {
          ...(detail !== undefined && { detail }),
          ...(ruleScope !== undefined && { ruleScope }),
        });
      return;
    }
    const { app, channel, member, grant } = admission;
    if (gone) {
      this.#lost(app.id, channel.channel, member.connectionId);
      return;
    }
    if (grant.hint !== undefined)
      context.logger.warn(`a token will not last as meant: ${grant.hint}`, {
        app: app.id,
        channel: channel.channel,
      });
    this.#phase = { is: 'joined', member: membershipOf(admission) };
    context.joined(this, member.connectionId);
    // Taken out by a reload while the log decided.
    if (context.apps.get(app.id) === undefined) return this.end('invalid_app_id');
    // From one turn: what the log says next comes after the welcome, and nothing is missed between.
    this.#send(welcomeOf(context, admission));
    this.socket.subscribe(hostsTopic(app.id, channel.channel));
    context.joinSeconds.observe((context.clock.steadyMs() - startMs) / 1_000);
  }

  async #leave({ app, channel, connectionId }: Membership): Promise<void> {
    const command = { type: 'leave', connectionId, evidence: 'bye' } as const;
    const outcome = await this.#context.log.submit(app.id, channel, command);
    if (outcome.ok || outcome.code === 'not_joined') this.end('left', { settled: true });
    else this.end(outcome.code);
  }

  /** A goodbye that a resume may take back: until then the member is silent, so that a crash now forgets nothing. */
  #part({ app, channel, connectionId }: Membership, graceMs: number): void {
    this.end('left');
    this.#context.parting({ app: app.id, channel, connectionId }, graceMs);
  }

  #request(member: Membership, frame: RequestFrame): Promise<void> | undefined {
    const requester = {
      context: this.#context,
      member,
      socket: this.socket,
      onSlow: () => this.end('slow_reader'),
    };
    const answer = handleRequest(requester, frame);
    if (!(answer instanceof Promise)) {
      this.#answer(frame.id, answer);
      return undefined;
    }
    return answer.then(
      (decided) => this.#answer(frame.id, decided),
      (cause: unknown) => this.#answer(frame.id, { code: this.#codeOf(cause) }),
    );
  }

  #answer(id: number, answer: Answer): void {
    if (this.#phase.is !== 'joined') return;
    if (answer && 'code' in answer) {
      this.#refuse(answer.code, answer.detail, id);
      return;
    }
    this.#send({ type: 'ok', id });
    answer?.afterOk();
  }

  #refuse(code: Code, detail?: string, id?: number): void {
    this.#context.refusals.add(1, { code });
    this.#send({ type: 'error', ...(id !== undefined && { id }), code, message: sentence(code, detail) });
  }

  #failed(cause: unknown): void {
    this.end(this.#codeOf(cause));
  }

  /** The code of a failure; one that has none is logged under an id and shown as `internal`. */
  #codeOf(cause: unknown): Code {
    if (cause instanceof HousecountError) return cause.code;
    this.#context.logger.error('a frame could not be handled', { cause: String(cause) });
    return 'internal';
  }

  #send(frame: ServerFrame): void {
    this.socket.send(JSON.stringify(frame));
  }
}

const sentence = (code: Code, detail?: string): string =>
  detail ? `${codes[code].message} ${detail}` : codes[code].message;

/** When the client may try again, milliseconds. Chosen: long enough that a crowd does not come back in one burst. */
function retryAfterMsOf(code: Code): number {
  // The server has nothing against this client: back at once, so that the lease holds.
  return code === 'slow_reader' || code === 'lease_ended' ? 0 : 1_000;
}

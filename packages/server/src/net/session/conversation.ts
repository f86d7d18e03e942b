import { type Code, codes, HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Counter, Logger } from '../../observe/contract.ts';
import type { Look } from '../socket/liveness.ts';
import type { Socket, SocketHandler } from '../socket/socket.ts';
import { type Rate, TokenBucket } from '../token-bucket.ts';
import type { Ending } from './closing.ts';
import { type FrameHandler, FrameQueue, type FrameQueueBounds } from './frame-queue.ts';
import { Liveness } from './liveness.ts';

export interface ConversationBounds extends FrameQueueBounds {
  /** UTF-8 bytes of a frame. */
  readonly frameBytesMax: number;
  /** Frames that a client may send. */
  readonly frameRate: Rate;
  /** Time for the first frame after the socket opened, milliseconds; then closed with `hello_timeout`. */
  readonly helloMs: number;
  /** Bytes waiting for the peer; then it is told `slow_reader` and cut. */
  readonly backlogBytesMax: number;
}

/** The operations that each protocol does in its own way. None of them throws but `handle`. */
export interface Protocol<Parsed, Member> {
  readonly bounds: ConversationBounds;
  parse(text: string): Parsed;
  /** The share of a frame that it counts as; absent: each counts as one. */
  costOf?(parsed: Parsed, chars: number): number;
  /** Does what a frame asks for. Frames that come before that is decided wait. */
  handle(parsed: Parsed): Promise<void> | undefined;
  /** The frame that tells why the socket is closed. */
  closing(code: Code, ending: Ending): string;
  /** Something was heard of a member. */
  heard(member: Member, steadyMs: number): void;
  /** Nothing was heard of it for too long. Called at each look until there is. */
  silent(member: Member, steadyMs: number): void;
  /** Applies what time has done to a member, in the log's time; it may end the conversation. */
  look(member: Member, nowMs: number): void;
  /** The peer took some of what was sent. */
  drained(member: Member): void;
  /** The conversation has ended, and with it what backed the member. `settled`: the log need not hear of it. */
  left(member: Member, settled: boolean): void;
}

/** The owner of the sockets. */
export interface SocketKeeper {
  /** It was told to go; its socket may still be open. */
  ended(conversation: Attended): void;
  /** Its socket is closed. */
  closed(conversation: Attended): void;
}

/** A conversation, as who has the sockets sees it. */
export interface Attended {
  readonly socket: Socket;
  sweep(look: Look): void;
  end(code: Code, ending?: Ending): void;
}

/** The parts that the conversations of one protocol share: each holds a reference to one of these. */
export interface ConversationParts {
  readonly keeper: SocketKeeper;
  readonly clock: Pick<Clock, 'steadyMs'>;
  readonly logger: Pick<Logger, 'error'>;
  readonly frames: Counter;
  readonly refusals: Counter;
}

/** The phase of a conversation. A union of shapes, so that only one that is in has a member. */
type Phase<Member> =
  | { readonly is: 'greeting' }
  | { readonly is: 'entering' }
  | { readonly is: 'in'; readonly member: Member }
  | { readonly is: 'ended' };

const greeting: Phase<never> = { is: 'greeting' };
const entering: Phase<never> = { is: 'entering' };
const ended: Phase<never> = { is: 'ended' };

/**
 * One WebSocket from its first frame to its end, whatever it speaks: takes its frames in order and within bounds, looks
 * whether anything is heard of it, and ends it once, with a reason. What the frames mean is the protocol's.
 */
export class Conversation<Parsed, Member> implements SocketHandler, Attended, FrameHandler<Parsed> {
  readonly socket: Socket;
  readonly #parts: ConversationParts;
  readonly #protocol: Protocol<Parsed, Member>;
  readonly #budget: TokenBucket;
  readonly #liveness: Liveness;
  readonly #queue: FrameQueue<Parsed>;
  #phase: Phase<Member> = greeting;

  constructor(socket: Socket, protocol: Protocol<Parsed, Member>, parts: ConversationParts) {
    this.socket = socket;
    this.#protocol = protocol;
    this.#parts = parts;
    const steadyMs = parts.clock.steadyMs();
    this.#liveness = new Liveness(steadyMs);
    this.#budget = new TokenBucket(protocol.bounds.frameRate, steadyMs);
    this.#queue = new FrameQueue(this, protocol.bounds);
  }

  get member(): Member | undefined {
    return this.#phase.is === 'in' ? this.#phase.member : undefined;
  }

  /** It has been told to go, or its socket is closed. */
  get isOver(): boolean {
    return this.#phase.is === 'ended';
  }

  /** When the socket opened, then when anything was last heard; by the clock that only runs. */
  get heardMs(): number {
    return this.#liveness.heardMs;
  }

  /** It is being decided who the peer is. */
  entering(): void {
    this.#phase = entering;
    this.#liveness.heard(this.#parts.clock.steadyMs());
  }

  /** It backs this member from now on. Only where it is not over. */
  enter(member: Member): void {
    this.#phase = { is: 'in', member };
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  onText(text: string): void {
    if (this.isOver) return;
    const protocol = this.#protocol;
    const { clock, frames } = this.#parts;
    const steadyMs = clock.steadyMs();
    this.#heard(steadyMs);
    frames.add();
    if (!this.#budget.take(steadyMs)) {
      this.end('rate_limited');
      return;
    }
    const { frameBytesMax } = protocol.bounds;
    // A character is at most three bytes: only texts near the limit need counting.
    if (text.length * 3 > frameBytesMax && Buffer.byteLength(text) > frameBytesMax) {
      this.end('frame_too_large');
      return;
    }
    const parsed = protocol.parse(text);
    if (protocol.costOf) this.#budget.giveBack(1 - protocol.costOf(parsed, text.length));
    if (!this.#queue.take(parsed, text.length)) this.end('rate_limited');
  }

  onBinary(): void {
    this.end('frame_not_json', { detail: 'Frames are text.' });
  }

  onPong(): void {
    if (this.#phase.is === 'in') this.#heard(this.#parts.clock.steadyMs());
  }

  onDrain(): void {
    if (this.#phase.is === 'in') this.#protocol.drained(this.#phase.member);
  }

  onClosed(): void {
    const { member } = this;
    this.#stop();
    if (member) this.#protocol.left(member, false);
    this.#parts.keeper.closed(this);
  }

  /** Looks at what time has done to it. */
  sweep({ nowMs, steadyMs, fair }: Look): void {
    const protocol = this.#protocol;
    const { helloMs, backlogBytesMax } = protocol.bounds;
    const isGreeting = this.#phase.is === 'greeting';
    if (fair && isGreeting && steadyMs - this.heardMs > helloMs) this.end('hello_timeout');
    const { member } = this;
    if (member === undefined) return;
    if (this.socket.bufferedBytes() > backlogBytesMax) {
      this.end('slow_reader');
      return;
    }
    // In case a drained backlog was not reported.
    protocol.drained(member);
    protocol.look(member, nowMs);
    if (!fair || this.isOver) return;
    const finding = this.#liveness.judge(steadyMs, () => this.socket.ping());
    if (finding === 'silent') protocol.silent(member, steadyMs);
  }

  /** Tells the client why, and closes the socket. */
  end(code: Code, ending: Ending = {}): void {
    if (this.isOver) return;
    const { refusals, keeper } = this.#parts;
    const { member } = this;
    this.#stop();
    this.socket.send(this.#protocol.closing(code, ending));
    refusals.add(1, { code });
    if (member) this.#protocol.left(member, ending.settled ?? false);
    keeper.ended(this);
    this.socket.close(codes[code].close, code);
  }

  /** The code of a failure; one that has none is logged and shown as `internal`. */
  codeOf(cause: unknown): Code {
    if (cause instanceof HousecountError) return cause.code;
    this.#parts.logger.error('a frame could not be handled', { cause: String(cause) });
    return 'internal';
  }

  /** Never throws or rejects: what goes wrong ends this conversation and no other. */
  attempt(parsed: Parsed): Promise<void> | undefined {
    try {
      return this.#protocol.handle(parsed)?.catch((cause: unknown) => this.end(this.codeOf(cause)));
    } catch (cause) {
      this.end(this.codeOf(cause));
      return undefined;
    }
  }

  #stop(): void {
    this.#phase = ended;
    this.#queue.end();
  }

  #heard(steadyMs: number): void {
    // A peer that only connects, and says nothing that counts, is not waited for any longer.
    if (this.#phase.is === 'greeting') return;
    this.#liveness.heard(steadyMs);
    if (this.#phase.is === 'in') this.#protocol.heard(this.#phase.member, steadyMs);
  }
}

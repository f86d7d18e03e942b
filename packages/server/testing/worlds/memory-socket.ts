import type { Socket, SocketHandler } from '../../src/net/socket/socket.ts';
import type { FramesHeld } from '../frames-held.ts';

/** The world that a socket in memory is in. */
export interface SocketWorld {
  /** Everything that needs no time to pass has happened. */
  settled(): Promise<void>;
  /** Whatever the server sends is as its schema says, in every test: see SHAPE8 and SHAPE11. */
  readonly held: FramesHeld;
}

/** A socket in memory. What is sent to it piles up in `frames`; `backlog` is what it claims not to have taken. */
export class MemorySocket<Frame extends { readonly type: string }> implements Socket {
  readonly frames: Frame[] = [];
  readonly topics = new Set<string>();
  closed: { code: number; reason: string } | undefined;
  pings = 0;
  backlog = 0;
  /** True: it answers pings, as every client that is there does. */
  answersPings = true;
  handler: SocketHandler | undefined;
  readonly #world: SocketWorld;
  readonly #open: Pick<Set<Socket>, 'delete'>;

  /** Once it is closed it is none of the `open` ones any more. */
  constructor(
    world: SocketWorld,
    open: Pick<Set<Socket>, 'delete'>,
    readonly address = '192.0.2.1',
  ) {
    this.#world = world;
    this.#open = open;
  }

  send(text: string): void {
    this.#world.held.hold(text);
    if (!this.closed) this.frames.push(JSON.parse(text) as Frame);
  }

  close(code: number, reason: string): void {
    if (this.closed) return;
    this.closed = { code, reason };
    this.#open.delete(this);
    this.handler?.onClosed();
  }

  terminate(): void {
    this.close(1006, '');
  }

  ping(): void {
    this.pings += 1;
    if (this.answersPings) this.handler?.onPong();
  }

  bufferedBytes(): number {
    return this.backlog;
  }

  subscribe(topic: string): void {
    this.topics.add(topic);
  }

  unsubscribe(topic: string): void {
    this.topics.delete(topic);
  }

  /** The client sends, and everything that needs no time to pass happens. */
  async says(frame: object | string): Promise<this> {
    this.handler?.onText(typeof frame === 'string' ? frame : JSON.stringify(frame));
    await this.#world.settled();
    return this;
  }

  /** The path breaks without a word. */
  async drops(): Promise<void> {
    this.close(1006, '');
    await this.#world.settled();
  }

  all<Type extends Frame['type']>(type: Type): Extract<Frame, { type: Type }>[] {
    return this.frames.filter((frame): frame is Extract<Frame, { type: Type }> => frame.type === type);
  }
}

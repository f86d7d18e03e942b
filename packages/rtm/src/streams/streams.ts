import type { SignalingChannelEnded } from '@housecount/protocol';
import type { LinkStateEvent } from '../events/events.ts';
import type { SignalingLink } from '../link/signaling-link.ts';
import type { Log } from '../settings/log.ts';
import { OwnStates, type StateChange } from '../states/own-states.ts';
import { ToldStates } from '../states/told-states.ts';
import { type Membership, Stream } from './stream.ts';

/** Channels that are being restored at one time. Chosen. */
const restoredAtOnce = 4;

/** The stream channels of a client and one's own states in them. */
export class Streams {
  readonly states = new OwnStates();
  readonly #link: SignalingLink;
  readonly #log: Log;
  readonly #told: ToldStates;
  readonly #onState: (event: LinkStateEvent) => void;
  readonly #streams = new Map<string, Stream>();
  /** Identifies the connection whose channels are being restored. */
  #round: object = {};

  constructor(link: SignalingLink, log: Log, onState: (event: LinkStateEvent) => void) {
    this.#link = link;
    this.#log = log;
    this.#onState = onState;
    this.#told = new ToldStates(this.states, 'STREAM', link, log);
  }

  /** The channel of this name; all objects that the app has made for it share it. */
  open(channel: string): Stream {
    const known = this.#streams.get(channel);
    if (known) return known;
    const stream = new Stream(channel, {
      link: this.#link,
      log: this.#log,
      states: this.states,
      told: this.#told,
      onState: this.#onState,
    });
    this.tidy();
    this.#streams.set(channel, stream);
    return stream;
  }

  get(channel: string): Stream | undefined {
    return this.#streams.get(channel);
  }

  /** The membership in a channel, current or being joined; undefined without one. */
  of(channel: string): Membership | undefined {
    return this.#streams.get(channel)?.membership;
  }

  /** Changes one's own states: at once where joined and connected, else when that is so. Resolves with a time or 0. */
  async changeStates(channel: string, change: StateChange, operation: string): Promise<number> {
    this.states.add(channel, change);
    if (!this.#streams.get(channel)?.isIn || this.#link.state !== 'CONNECTED') return 0;
    return this.#told.send(channel, change, operation);
  }

  ended(frame: SignalingChannelEnded): void {
    this.#streams.get(frame.channel)?.ended(frame);
  }

  /** The session's link has changed. `resumed`: a session that is connected again had lived on. */
  onLink({ currentState, operation, reasonCode }: LinkStateEvent, resumed: boolean): void {
    const all = [...this.#streams.values()];
    switch (currentState) {
      case 'CONNECTED':
        for (const stream of all) stream.expectRestore(resumed);
        void this.#restore(all);
        return;
      case 'IDLE':
        this.#round = {};
        for (const stream of all) stream.loggedOut();
        this.states.forget();
        this.#streams.clear();
        return;
      default:
        this.#round = {};
        for (const stream of all) stream.lost([operation, reasonCode], currentState === 'FAILED');
    }
  }

  /** A few at a time: together they would ask for more than the server takes. */
  async #restore(streams: Stream[]): Promise<void> {
    const round = {};
    this.#round = round;
    const restoreNext = async (): Promise<void> => {
      const next = streams.shift();
      if (!next || this.#round !== round) return;
      await next.restore();
      await restoreNext();
    };
    await Promise.all(Array.from({ length: restoredAtOnce }, restoreNext));
  }

  /** Forgets channels of which there is nothing to remember. */
  tidy(): void {
    for (const [channel, stream] of this.#streams) if (stream.isIdle) this.#streams.delete(channel);
  }
}

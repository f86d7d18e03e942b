import type { ChannelEvent, StreamState } from '@housecount/protocol';
import { liveKey } from '../../channel/channel.ts';
import { streamsOf } from '../../channel/membership/streams.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Commands } from '../../log/contract/commands.ts';
import type { Logger } from '../../observe/contract.ts';

const off: StreamState = { audio: false, video: false };
const all: StreamState = { audio: true, video: true };

/** The sender of streams: a member, over the connection that backs it (an SDK client's socket, or a plain WHIP session). */
export interface StreamSource {
  readonly app: string;
  readonly channel: string;
  readonly uid: number;
  readonly connectionId: string;
}

interface Stream {
  readonly connectionId: string;
  /** The kinds that the connection says that it sends. */
  readonly said: StreamState;
  /** The kinds that its media session can carry; undefined: it has had none, so its word counts alone. */
  readonly carried?: StreamState;
  /** The kinds that it may send now; undefined: all. */
  readonly allowed?: StreamState;
  /** What the log was asked to record, while it has not decided. */
  readonly asked?: StreamState;
  /** The sid and seq of the channel when this was set: a leave before them is of an earlier stay. */
  readonly sid: string;
  readonly seq: number;
}

export interface StreamsOptions {
  readonly log: Pick<Channels, 'channel'> & Pick<Commands, 'submit'>;
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * The streams that every broadcaster is sending right now. What is shown of a member stands in the log, as a mark, and goes with the
 * connection that sends; so it is the same for everybody, and whatever an earlier connection does, or how it ends, is of no account.
 * What it is made of is kept here, by the process that has the connection: what its client says, what its media session carries, and
 * what it may send. After a restart clients publish anew.
 */
export class Streams {
  readonly #options: StreamsOptions;
  /** Streams by channel, then uid. Never more than the channels' broadcasters. */
  readonly #channels = new Map<string, Map<number, Stream>>();

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /** The streams that a broadcaster is sending over its present connection, by the log. */
  of(app: string, channel: string, uid: number): StreamState {
    const member = this.#options.log.channel(liveKey(app, channel))?.roster.get(uid);
    return member ? streamsOf(member) : off;
  }

  /** True if the connection that backs the member now has said what it sends, or has had a media session. */
  has({ app, channel, uid, connectionId }: StreamSource): boolean {
    return this.#channels.get(`${app}/${channel}`)?.get(uid)?.connectionId === connectionId;
  }

  /**
   * Notes what a connection says that it sends, and has it recorded if that is new. Ignored unless it backs a broadcaster now. With
   * `mayAsk`, which is called if there is something to be recorded, its client asks: then nothing is recorded while that says no, or the
   * log cannot be written, and `hold` makes up for it. Resolves when the log has decided; undefined: there is nothing to be recorded.
   */
  set(source: StreamSource, said: StreamState, mayAsk?: () => boolean): Promise<void> | undefined {
    const { audio, video } = said;
    return this.#change(source, { said: { audio, video } }, mayAsk);
  }

  /**
   * Notes what the media session of a connection can carry, `undefined` once it has none: what it says counts as far as
   * that goes. Ignored unless the connection backs a broadcaster now.
   */
  carry(source: StreamSource, kinds: StreamState | undefined): void {
    const { audio, video } = kinds ?? off;
    void this.#change(source, { carried: { audio, video } });
  }

  /**
   * Notes what a connection may send now: what it says counts as far as that goes, and again when it may once more. Also has recorded
   * what could not be before. Ignored unless it has said something and backs a broadcaster now.
   */
  hold(source: StreamSource, kinds: StreamState, mayAsk: () => boolean): void {
    const stream = this.has(source) && this.#channels.get(`${source.app}/${source.channel}`)?.get(source.uid);
    if (!stream) return;
    const isNew = !isSame(kinds, stream.allowed ?? all);
    if (isNew) void this.#change(source, { allowed: kinds });
    else if (!isSame(shown(stream), this.of(source.app, source.channel, source.uid)))
      void this.#change(source, {}, mayAsk);
  }

  /** Forgets what the event ends. Events are told later than the state that `set` sees, so newer streams are kept. */
  absorb(event: ChannelEvent): void {
    const key = `${event.app}/${event.channel}`;
    const streams = this.#channels.get(key);
    if (!streams) return;
    const drop = (uid: number) => {
      const stream = streams.get(uid);
      if (stream && stream.sid === event.sid && stream.seq < event.seq) streams.delete(uid);
    };
    if (event.type === 'member-left' || (event.type === 'role-changed' && event.role === 'audience'))
      drop(event.uid);
    else if (event.type === 'channel-closed') for (const uid of streams.keys()) drop(uid);
    if (streams.size === 0) this.#channels.delete(key);
  }

  #change(
    source: StreamSource,
    news: Partial<Pick<Stream, 'said' | 'carried' | 'allowed'>>,
    mayAsk?: () => boolean,
  ): Promise<void> | undefined {
    const { app, channel, uid, connectionId } = source;
    const open = this.#options.log.channel(liveKey(app, channel));
    const member = open?.roster.get(uid);
    if (!open || member?.role !== 'broadcaster' || member.connectionId !== connectionId) return undefined;
    const key = `${app}/${channel}`;
    const streams = this.#channels.get(key) ?? new Map<number, Stream>();
    const known = streams.get(uid);
    const own = known?.connectionId === connectionId ? known : { said: off };
    const stream: Stream = { ...own, ...news, connectionId, sid: open.sid, seq: open.seq };
    this.#channels.set(key, streams.set(uid, stream));
    const wanted = shown(stream);
    if (isSame(wanted, stream.asked ?? streamsOf(member)) || mayAsk?.() === false) return undefined;
    streams.set(uid, { ...stream, asked: wanted });
    return this.#ask(source, wanted, mayAsk === undefined);
  }

  async #ask(source: StreamSource, wanted: StreamState, isFact: boolean): Promise<void> {
    const { app, channel, connectionId } = source;
    const command = { type: 'set-streams', connectionId, ...wanted, ...(isFact && { isFact }) } as const;
    const { log, logger } = this.#options;
    try {
      await log.submit(liveKey(app, channel), command);
    } catch (cause) {
      // Most of the time nobody waits for it. A later look at the connection asks again.
      logger.warn('what a broadcaster sends could not be logged', { connectionId, cause: String(cause) });
    } finally {
      this.#decided(source, wanted);
    }
  }

  /** The log waits for nothing more of what it was asked, unless it was asked for something else meanwhile. */
  #decided({ app, channel, uid }: StreamSource, wanted: StreamState): void {
    const streams = this.#channels.get(`${app}/${channel}`);
    const stream = streams?.get(uid);
    if (!streams || stream?.asked !== wanted) return;
    const { asked: _, ...decided } = stream;
    streams.set(uid, decided);
  }
}

const isSame = (one: StreamState, other: StreamState): boolean =>
  one.audio === other.audio && one.video === other.video;

const shown = ({ said, carried = all, allowed = all }: Stream): StreamState => ({
  audio: said.audio && carried.audio && allowed.audio,
  video: said.video && carried.video && allowed.video,
});

import type { ChannelEvent, StreamState } from '@housecount/protocol';
import type { OpenChannel } from '../../channel/channel.ts';

const off: StreamState = { audio: false, video: false };

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
  /** The sid and seq of the channel when this was set: a leave before them is of an earlier stay. */
  readonly sid: string;
  readonly seq: number;
}

export interface StreamsOptions {
  /** The durable state of a channel. */
  readonly channel: (app: string, channel: string) => OpenChannel | undefined;
  /** A broadcaster's streams are other ones than before. */
  readonly onChange: (app: string, channel: string, uid: number, state: StreamState) => void;
}

/**
 * The streams that every broadcaster is sending right now: a state in memory, not an event. It belongs to the connection that sends, and
 * what is shown of a member is that of its present connection: whatever an earlier one does, or how it ends, is of no account.
 * It is forgotten when the broadcaster leaves or becomes audience, and with the process: after a restart clients publish anew.
 */
export class Streams {
  readonly #options: StreamsOptions;
  /** Streams by channel, then uid. Never more than the channels' broadcasters. */
  readonly #channels = new Map<string, Map<number, Stream>>();
  readonly #watchers = new Set<(app: string, channel: string) => void>();

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /** Calls `onChanged` whenever a broadcaster of a channel sends other streams than before, once that was told. Returns the end of it. */
  watch(onChanged: (app: string, channel: string) => void): () => void {
    this.#watchers.add(onChanged);
    return () => this.#watchers.delete(onChanged);
  }

  /** The streams that a broadcaster is sending over its present connection; undefined if that never said. */
  get(app: string, channel: string, uid: number): StreamState | undefined {
    const stream = this.#channels.get(`${app}/${channel}`)?.get(uid);
    if (!stream) return undefined;
    const present = this.#options.channel(app, channel)?.roster.get(uid);
    return present?.connectionId === stream.connectionId ? shown(stream) : undefined;
  }

  /** As `get`, with "nothing" for one that never said. */
  of(app: string, channel: string, uid: number): StreamState {
    return this.get(app, channel, uid) ?? off;
  }

  /** Notes what a connection says that it sends, and tells the channel if that is new. Ignored unless it backs a broadcaster now. */
  set(source: StreamSource, said: StreamState): void {
    const { audio, video } = said;
    this.#change(source, { said: { audio, video } });
  }

  /**
   * Notes what the media session of a connection can carry, `undefined` once it has none: what it says counts as far as
   * that goes. Ignored unless the connection backs a broadcaster now.
   */
  carry(source: StreamSource, kinds: StreamState | undefined): void {
    const { audio, video } = kinds ?? off;
    this.#change(source, { carried: { audio, video } });
  }

  /** Notes what a connection may send now: what it says counts as far as that goes, and again when it may once more. Ignored unless it has said something and backs a broadcaster now. */
  allow(source: StreamSource, kinds: StreamState): void {
    const { app, channel, uid, connectionId } = source;
    const stream = this.#channels.get(`${app}/${channel}`)?.get(uid);
    if (stream?.connectionId !== connectionId) return;
    const { audio, video } = stream.allowed ?? all;
    if (kinds.audio !== audio || kinds.video !== video) this.#change(source, { allowed: kinds });
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

  #change(source: StreamSource, news: Partial<Pick<Stream, 'said' | 'carried' | 'allowed'>>): void {
    const { app, channel, uid, connectionId } = source;
    const open = this.#options.channel(app, channel);
    const member = open?.roster.get(uid);
    if (!open || member?.role !== 'broadcaster' || member.connectionId !== connectionId) return;
    const before = this.of(app, channel, uid);
    const key = `${app}/${channel}`;
    const streams = this.#channels.get(key) ?? new Map<number, Stream>();
    const known = streams.get(uid);
    const own = known?.connectionId === connectionId ? known : { said: off };
    const stream = { ...own, ...news, connectionId, sid: open.sid, seq: open.seq };
    this.#channels.set(key, streams.set(uid, stream));
    const { audio, video } = shown(stream);
    if (before.audio === audio && before.video === video) return;
    this.#options.onChange(app, channel, uid, { audio, video });
    for (const onChanged of this.#watchers) onChanged(app, channel);
  }
}

const all: StreamState = { audio: true, video: true };

const shown = ({ said, carried = all, allowed = all }: Stream): StreamState => ({
  audio: said.audio && carried.audio && allowed.audio,
  video: said.video && carried.video && allowed.video,
});

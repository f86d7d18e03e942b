import type { ChannelEvent, StreamState } from '@housecount/protocol';
import type { OpenChannel } from '../channel/state.ts';

const off: StreamState = { audio: false, video: false };

interface Stream extends StreamState {
  /** Where the channel stood when it was set: a leave before that is of an earlier stay. */
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
 * What every broadcaster is sending right now: a state in memory, not an event. It is forgotten when the broadcaster
 * leaves or becomes audience, and with the process: after a restart clients publish anew.
 */
export class Streams {
  readonly #options: StreamsOptions;
  /** By channel, then uid. Never more than the channels' broadcasters. */
  readonly #channels = new Map<string, Map<number, Stream>>();

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /** What a broadcaster is sending; undefined if it never said. */
  get(app: string, channel: string, uid: number): StreamState | undefined {
    const stream = this.#channels.get(`${app}/${channel}`)?.get(uid);
    return stream && { audio: stream.audio, video: stream.video };
  }

  /** As `get`, with "nothing" for one that never said. */
  of(app: string, channel: string, uid: number): StreamState {
    return this.get(app, channel, uid) ?? off;
  }

  /** Notes what a broadcaster is sending, and tells the channel if that is new. Ignored unless it is a broadcaster of the channel. */
  set(app: string, channel: string, uid: number, state: StreamState): void {
    const open = this.#options.channel(app, channel);
    if (open?.roster.get(uid)?.role !== 'broadcaster') return;
    const { audio, video } = state;
    const before = this.of(app, channel, uid);
    const key = `${app}/${channel}`;
    const streams = this.#channels.get(key) ?? new Map<number, Stream>();
    this.#channels.set(key, streams);
    streams.set(uid, { audio, video, sid: open.sid, seq: open.seq });
    if (before.audio !== audio || before.video !== video)
      this.#options.onChange(app, channel, uid, { audio, video });
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
}

import { type Channel, type ChannelKey, type OpenChannel, subscribedKinds } from '../channel/channel.ts';
import type { Channels } from './contract/channels.ts';
import type { ChannelRecord } from './record/record.ts';
import type { LogState } from './state/state.ts';

/** The durable state of channels, to those who read it. */
export class ChannelReads implements Channels {
  readonly #state: Pick<LogState, 'channel' | 'channels' | 'channelsOf'>;
  /** Names of each app's open live channels, in order: made when asked for, and kept until one opens or closes. */
  readonly #names = new Map<string, readonly string[]>();

  constructor(state: Pick<LogState, 'channel' | 'channels' | 'channelsOf'>) {
    this.#state = state;
  }

  channel(key: ChannelKey): OpenChannel | undefined {
    const channel = this.#state.channel(key);
    return channel.sid === undefined ? undefined : channel;
  }

  known(key: ChannelKey): Channel {
    return this.#state.channel(key);
  }

  channels(app: string): readonly OpenChannel[] {
    let names = this.#names.get(app);
    const live = this.#state.channelsOf(app, 'live');
    if (!names) {
      names = openOf(live.values())
        .map(({ key }) => key.name)
        .sort();
      this.#names.set(app, names);
    }
    return openOf(names.map((name) => live.get(name)));
  }

  everyChannel(): readonly Channel[] {
    return this.#state.channels();
  }

  /** Open channels of an app, of every kind that somebody can be in; the live ones by name. */
  open(app: string): readonly OpenChannel[] {
    const others = [...subscribedKinds, 'user' as const].flatMap((kind) =>
      openOf(this.#state.channelsOf(app, kind).values()),
    );
    return [...this.channels(app), ...others];
  }

  /** Takes note of what became durable. */
  absorb({ key, change }: ChannelRecord): void {
    if (key.kind !== 'live') return;
    if (change.type === 'channel-opened' || change.type === 'channel-closed') this.#names.delete(key.app);
  }
}

function openOf(channels: Iterable<Channel | undefined>): OpenChannel[] {
  const open: OpenChannel[] = [];
  for (const channel of channels) if (channel && channel.sid !== undefined) open.push(channel);
  return open;
}

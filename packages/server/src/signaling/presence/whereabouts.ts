import type { SignalingChannelType } from '@housecount/protocol';
import type { Log } from '../../log/contract.ts';
import type { LogRecord } from '../../log/record.ts';
import type { ChannelKey } from '../names/channel-key.ts';

/** Where a member is: in a live channel, or a signaling channel of a kind. */
export type Place = { readonly kind: 'live' | SignalingChannelType; readonly channel: string };

/** In which channels everybody is: an index over the records, because the log knows the members of channels only. */
export class Whereabouts {
  /** By app and uid; a place is `kind/channel`. Most are in one or two. */
  readonly #places = new Map<string, Set<string>>();

  readonly #log: Pick<Log, 'channels' | 'signalingChannels'>;

  constructor(log: Pick<Log, 'channels' | 'signalingChannels'>, apps: Iterable<string>) {
    this.#log = log;
    for (const app of apps) this.learn(app);
    for (const { app, channelType, channel, presence } of log.signalingChannels()) {
      if (presence.sid === undefined || channelType === 'USER') continue;
      for (const { uid } of presence.roster) this.#add(app, uid, { kind: channelType, channel });
    }
  }

  /** Takes in who is in the app's live channels by now. */
  learn(app: string): void {
    for (const { channel, roster } of this.#log.channels(app))
      for (const { uid } of roster) this.#add(app, uid, { kind: 'live', channel });
  }

  absorb(record: LogRecord): void {
    const isSignaling = record.type === 'signaling';
    const change = isSignaling ? record.change : record;
    if (change.type !== 'member-joined' && change.type !== 'member-left') return;
    const { app, channel, uid } = change;
    const kind = isSignaling ? record.channelType : 'live';
    if (kind === 'USER') return;
    const place: Place = { kind, channel };
    if (change.type === 'member-joined') this.#add(app, uid, place);
    else this.#delete(app, uid, place);
  }

  /** Where this member is, in no order. */
  *of(app: string, uid: number): IterableIterator<Place> {
    for (const text of this.#places.get(keyOf(app, uid)) ?? []) {
      const slash = text.indexOf('/');
      const kind = text.slice(0, slash);
      const channel = text.slice(slash + 1);
      yield { kind: kind === 'live' || kind === 'STREAM' ? kind : 'MESSAGE', channel };
    }
  }

  /** The signaling channels in which this member is, in no order. */
  *subscriptions(app: string, uid: number): IterableIterator<ChannelKey> {
    for (const { kind, channel } of this.of(app, uid))
      if (kind !== 'live') yield { app, channelType: kind, channel };
  }

  #add(app: string, uid: number, { kind, channel }: Place): void {
    const key = keyOf(app, uid);
    const places = this.#places.get(key);
    if (places) places.add(`${kind}/${channel}`);
    else this.#places.set(key, new Set([`${kind}/${channel}`]));
  }

  #delete(app: string, uid: number, { kind, channel }: Place): void {
    const key = keyOf(app, uid);
    const places = this.#places.get(key);
    places?.delete(`${kind}/${channel}`);
    if (places?.size === 0) this.#places.delete(key);
  }
}

const keyOf = (app: string, uid: number): string => `${app}/${uid}`;

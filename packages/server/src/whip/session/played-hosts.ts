import { HousecountError } from '@housecount/protocol';
import { liveKey } from '../../channel/channel.ts';
import type { Kinds } from '../../channel/membership/rights.ts';
import type { Streams } from '../../live/roster/streams.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { MediaEngine } from '../../media/contract.ts';
import type { MediaSessions } from './media-session.ts';

export interface PlayedHostsNeeds {
  readonly log: Pick<Channels, 'channel'>;
  readonly media: Pick<MediaEngine, 'move'>;
  readonly streams: Pick<Streams, 'of'>;
  readonly sessions: Pick<MediaSessions, 'ofChannel' | 'ofConnection' | 'put'>;
}

/** Chooses the host that each player plays, and moves players whose host has gone to another. */
export class PlayedHosts {
  readonly #needs: PlayedHostsNeeds;

  constructor(needs: PlayedHostsNeeds) {
    this.#needs = needs;
  }

  /**
   * A host to play: the one asked for, else the first to come that sends video, else any that sends.
   * @throws HousecountError host_not_found, no_stream
   */
  toPlay(app: string, channel: string, query: URLSearchParams): number {
    const { log, streams } = this.#needs;
    const asked = query.get('host');
    if (asked !== null) {
      const uid = Number(asked);
      const isHere = log.channel(liveKey(app, channel))?.roster.get(uid) !== undefined;
      const { audio, video } = isHere ? streams.of(app, channel, uid) : nothing;
      if (!audio && !video) throw new HousecountError('host_not_found');
      return uid;
    }
    const found = this.#first(app, channel);
    if (found === undefined) throw new HousecountError('no_stream');
    return found;
  }

  /**
   * Somebody in the channel sends other streams than before. Plain players whose host has no media session any more, and that
   * did not ask for that host, play another one that has, if there is one; until then they wait for theirs.
   */
  changed(app: string, channel: string): void {
    const { log, media, sessions } = this.#needs;
    const isOnAir = (uid: number): boolean => {
      const member = log.channel(liveKey(app, channel))?.roster.get(uid);
      return (
        member?.role === 'broadcaster' &&
        sessions.ofConnection(member.connectionId).some(({ kind }) => kind === 'whip')
      );
    };
    const left = sessions
      .ofChannel(app, channel)
      .filter(
        ({ plain, host, isHostAsked }) => plain && !isHostAsked && host !== undefined && !isOnAir(host),
      );
    const host = left.length === 0 ? undefined : this.#first(app, channel, isOnAir);
    if (host === undefined) return;
    for (const player of left) {
      sessions.put({ ...player, host });
      media.move(player.id, String(host));
    }
  }

  /** The first to come that sends video, else that sends anything; `isMeant` may leave some out. */
  #first(app: string, channel: string, isMeant = (_uid: number): boolean => true): number | undefined {
    const { log, streams } = this.#needs;
    let soundOnly: number | undefined;
    for (const { uid } of log.channel(liveKey(app, channel))?.roster.broadcasters() ?? []) {
      if (!isMeant(uid)) continue;
      const stream = streams.of(app, channel, uid);
      if (stream.video) return uid;
      if (stream.audio) soundOnly ??= uid;
    }
    return soundOnly;
  }
}

const nothing: Kinds = { audio: false, video: false };

import type { SignalingPresenceEvent } from '@housecount/protocol';
import type { Clock } from '../../../clock.ts';
import type { Broadcast, Socket } from '../../../net/socket/socket.ts';
import { presenceBusTopic } from '../../names/bus-topics.ts';
import type { ChannelKey } from '../../names/channel-key.ts';
import type { PresenceLimits } from '../../signaling-limits.ts';
import type { PresenceChange, PresenceFold } from '../presence-fold.ts';
import { presenceText } from '../presence-frames.ts';
import type { PresenceSettings } from '../presence-settings.ts';
import type { Watchers } from './watchers.ts';

/** The collaborators that both ways of telling the watchers of one channel need. */
export interface WayNeeds {
  readonly fold: PresenceFold;
  readonly settings: PresenceSettings;
  readonly clock: Clock;
  readonly limits: Pick<PresenceLimits, 'signalingWindowChangesMax'>;
  readonly watchers: Watchers;
  readonly frames: PresenceFrames;
}

/** A way in which the watchers of one channel are told what changes. */
export interface PresenceWay {
  readonly mode: 'announce' | 'interval';
  /** The number of changes that a snapshot has already and the other watchers have not been told of. */
  readonly untold: number;
  /** The fold has the changes already, and there are watchers. */
  tell(changes: readonly PresenceChange[]): void;
  /** Tells what waits. */
  flush(): void;
  /** Drops what was still to be told. */
  end(): void;
}

/** Makes frames of what happens in one channel, and puts them on its topic. */
export class PresenceFrames {
  readonly #key: ChannelKey;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #broadcast: Broadcast;

  constructor({
    key,
    clock,
    broadcast,
  }: {
    readonly key: ChannelKey;
    readonly clock: Pick<Clock, 'nowMs'>;
    readonly broadcast: Broadcast;
  }) {
    this.#key = key;
    this.#clock = clock;
    this.#broadcast = broadcast;
  }

  text(event: SignalingPresenceEvent): string {
    return presenceText(this.#key, event, this.#clock.nowMs());
  }

  /** Publishes to all watchers that are told together, except one. */
  publish(text: string, except?: Socket): void {
    this.#broadcast.publish(presenceBusTopic(this.#key), text, except);
  }
}

import type { ChannelKey as AnyChannelKey } from '../../../channel/channel.ts';
import type { Clock } from '../../../clock.ts';
import type { Channels } from '../../../log/contract/channels.ts';
import type { Socket } from '../../../net/socket/socket.ts';
import type { Audiences } from '../../names/audiences.ts';
import { storageBusTopic } from '../../names/bus-topics.ts';
import { follow } from '../../names/follow.ts';
import { storageText } from '../../storage/storage-frames.ts';
import type { Begin } from './telling.ts';

export interface StorageNeeds {
  readonly log: Pick<Channels, 'known'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly audiences: Audiences;
}

/** Tells the socket a set of metadata, then each change of it. */
export const followStorage =
  ({ log, clock, audiences }: StorageNeeds, socket: Socket, key: AnyChannelKey): Begin =>
  (told) => {
    const stop = follow(audiences, socket, storageBusTopic(key));
    const { metadata } = log.known(key);
    socket.send(storageText(key, 'SNAPSHOT', { publisher: '', metadata, serverMs: clock.nowMs() }));
    told();
    return stop;
  };

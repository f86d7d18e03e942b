import type { SignalingChannelEnded } from '@housecount/protocol';
import { idOf } from '../../channel/channel.ts';
import type { ChannelKey } from '../names/channel-key.ts';
import type { SessionConnection } from './session-connection.ts';

/**
 * Frames that a session is sent once it has a connection again. At most one answer for each lock that it waited for and for each
 * channel that it was put out of, and one end for each stream channel that it lost.
 */
export class LateNews {
  readonly #ended = new Map<string, SignalingChannelEnded>();
  #answers: ((connection: SessionConnection) => void)[] = [];

  /** It lost a stream channel. */
  ended(key: ChannelKey, frame: SignalingChannelEnded): void {
    this.#ended.set(idOf(key), frame);
  }

  /** It is in the channel again: that it was lost is no news any more. */
  entered(key: ChannelKey): void {
    this.#ended.delete(idOf(key));
  }

  answered(answer: (connection: SessionConnection) => void): void {
    this.#answers.push(answer);
  }

  /** Tells which stream channels were lost. */
  tellEnded(connection: SessionConnection): void {
    for (const frame of this.#ended.values()) connection.send(frame);
    this.#ended.clear();
  }

  /** Gives the answers, in the order in which they came. */
  giveAnswers(connection: SessionConnection): void {
    for (const answer of this.#answers.splice(0)) answer(connection);
  }

  clear(): void {
    this.#answers = [];
  }
}

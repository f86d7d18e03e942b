import type { SignalingChannelType } from '@housecount/protocol';
import { type FailureCodes, isLost, isRefusal, requestError } from '../link/request-error.ts';
import type { SignalingLink } from '../link/signaling-link.ts';
import type { Log } from '../settings/log.ts';
import type { OwnStates, StateChange } from './own-states.ts';

/** Tells the server one's own states in channels of one kind. */
export class ToldStates {
  readonly #states: OwnStates;
  readonly #channelType: SignalingChannelType;
  readonly #link: SignalingLink;
  readonly #log: Log;

  constructor(states: OwnStates, channelType: SignalingChannelType, link: SignalingLink, log: Log) {
    this.#states = states;
    this.#channelType = channelType;
    this.#link = link;
    this.#log = log;
  }

  /** Tells what changed while it could not be told. */
  flush(channel: string): void {
    for (const change of this.#states.compact(channel))
      this.send(channel, change, 'presenceSetState').catch((error: unknown) =>
        this.#log.warn(`states kept for ${channel} were not taken`, error),
      );
  }

  /** Tells one change. Resolves with the server's time, or 0 if it goes out with the next connection. */
  async send(channel: string, change: StateChange, operation: string): Promise<number> {
    const place = { channelType: this.#channelType, channel };
    const body =
      change.type === 'set'
        ? ({ type: 'set-state', ...place, states: change.states } as const)
        : ({ type: 'remove-state', ...place, keys: change.keys } as const);
    try {
      const { serverMs } = await this.#link.request(body);
      this.#states.confirm(channel, change);
      return serverMs;
    } catch (error) {
      // Unless it was forgotten meanwhile, with the channel.
      if (!isRefusal(error) && this.#states.changes(channel).includes(change))
        this.#states.doubt(channel, change);
      // The change stays among the pending ones and goes out with the next connection.
      if (isLost(error) && this.#link.state !== 'IDLE') return 0;
      this.#states.drop(channel, change);
      throw requestError(operation, error, stateCodes);
    }
  }
}

const stateCodes: FailureCodes = {
  lost: 'PRESENCE_OPERATION_FAILED',
  timeout: 'PRESENCE_OPERATION_TIMEOUT',
};

import { HousecountError, type SignalingChannelType, type SignalingStates } from '@housecount/protocol';
import { limits } from '../limits.ts';
import type { SignalingAnswer } from './answer.ts';
import type { ChannelKey } from './channel-key.ts';
import type { SignalingContext } from './context.ts';
import { OwnerRates } from './owner-rates.ts';
import { type Publication, publish, tellUser } from './publish.ts';
import { onlineUsers, userChannels } from './queries.ts';

export interface OwnersPublication extends Publication {
  readonly publisher: string;
  /** The publisher may be a user who is logged in: the owner speaks for them. */
  readonly asUser: boolean;
}

/** Who is shown in a channel: a page of them. */
export interface UsersPage {
  readonly users: readonly { readonly userId: string; readonly states: SignalingStates }[];
  /** All who are shown in the channel, exact. */
  readonly count: number;
  /** Empty after the last page. */
  readonly next: string;
}

/** `reconnecting`: the connection is lost, and the session is kept for its lease. */
export type UserStatus = 'online' | 'reconnecting' | 'offline';

/** What the server's owner does and sees without a session of their own. */
export class Backend {
  readonly #context: SignalingContext;
  readonly #rates = new OwnerRates(limits.ownerPublishersMax);

  constructor(context: SignalingContext) {
    this.#context = context;
  }

  /**
   * Publishes to a channel. Returns how many connections it went to.
   * @throws HousecountError publisher_in_use, rate_limited
   */
  publish(app: string, { publisher, asUser, ...publication }: OwnersPublication): number {
    const rates = this.#admit(app, publisher, asUser);
    const published = publish(this.#context, { app, userId: publisher, rates }, publication);
    if (!published.ok) throw new HousecountError('rate_limited', published.reason);
    return published.receivers;
  }

  /**
   * Publishes to the user whom `channel` names. False if they are not connected: then nobody has it.
   * @throws HousecountError publisher_in_use, rate_limited
   */
  tellUser(app: string, { publisher, asUser, ...publication }: OwnersPublication): boolean {
    const rates = this.#admit(app, publisher, asUser);
    return tellUser(this.#context, { app, userId: publisher, rates }, publication).ok;
  }

  /** @throws HousecountError no_longer_kept for a page that is not known any more. */
  async users(
    { channelType, channel, app }: ChannelKey,
    { states, page }: { readonly states: boolean; readonly page: string | undefined },
  ): Promise<UsersPage> {
    const answer = await onlineUsers(
      this.#context,
      { app, channelType, channel },
      {
        type: 'online-users',
        id: 0,
        channelType,
        channel,
        includedUserId: true,
        includedState: states,
        ...(page !== undefined && { page }),
      },
    );
    const result = resultOf(answer);
    if (!result || !('occupants' in result)) throw new HousecountError('no_longer_kept');
    return { users: result.occupants, count: result.channelOccupancy, next: result.nextPage };
  }

  /** How many are shown in a channel, exact. */
  async count(key: ChannelKey): Promise<number> {
    return (await this.#context.presences.fold(key)).occupancy;
  }

  /** In which channels a user is shown. */
  async channelsOf(
    app: string,
    userId: string,
  ): Promise<readonly { readonly channelName: string; readonly channelType: SignalingChannelType }[]> {
    const result = resultOf(await userChannels(this.#context, app, userId));
    return result && 'channels' in result ? result.channels : [];
  }

  /** Whether a user is logged in, and connected. */
  statusOf(app: string, userId: string): UserStatus {
    const session = this.#context.sessions.of(app, userId);
    if (!session) return 'offline';
    return session.connection && !session.connection.isOver ? 'online' : 'reconnecting';
  }

  #admit(app: string, publisher: string, asUser: boolean) {
    const { sessions, clock } = this.#context;
    if (!asUser && sessions.of(app, publisher)) throw new HousecountError('publisher_in_use');
    const rates = this.#rates.of(app, publisher);
    if (!rates.take('publish', clock.nowMs())) throw new HousecountError('rate_limited');
    return rates;
  }
}

const resultOf = (answer: SignalingAnswer) => (answer.ok ? answer.result : undefined);

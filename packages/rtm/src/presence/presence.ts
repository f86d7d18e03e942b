import { checkChannelName, checkChannelType, checkOptions, checkUserId } from '../errors/checks.ts';
import { rtmError } from '../errors/errors.ts';
import type { StateDetail } from '../events/details.ts';
import type { ChannelType } from '../events/events.ts';
import type { BaseResponse } from '../events/responses.ts';

import type { FailureCodes } from '../link/request-error.ts';
import type { Session } from '../session/session.ts';
import { cachedPairsMax, type StateChange, statePairsMax } from '../states/own-states.ts';
import { checkStateSizes } from '../states/state-sizes.ts';

export interface OccupancyDetail {
  states: StateDetail;
  userId: string;
  statesCount: number;
}
export interface WhoNowResponse extends BaseResponse {
  /** Users in this page; with `includedUserId` false, in the channel. */
  totalOccupancy: number;
  occupants: OccupancyDetail[];
  /** The token of the next page; '' after the last one. */
  nextPage: string;
  /** Housecount: users in the channel, whatever the page. */
  channelOccupancy: number;
}
export interface GetOnlineUsersResponse extends WhoNowResponse {}
export interface WhoNowOptions {
  /** False: only the count. Default true. */
  includedUserId?: boolean;
  /** The users' states as well. Default false. */
  includedState?: boolean;
  /** `nextPage` of the page before. */
  page?: string;
}
export interface GetOnlineUsersOptions extends WhoNowOptions {}
export interface ChannelDetail {
  channelName: string;
  channelType: ChannelType;
}
export interface WhereNowResponse extends BaseResponse {
  channels: ChannelDetail[];
  totalChannel: number;
}
export interface GetUserChannelsResponse extends WhereNowResponse {}
export interface SetStateResponse extends BaseResponse {}
export interface GetStateResponse extends OccupancyDetail, BaseResponse {
  statesCount: number;
  states: StateDetail;
  userId: string;
}
export interface RemoveStateResponse extends BaseResponse {}
export interface RemoveStateOptions {
  /** Keys to remove; none: all. */
  states?: string[];
}

const types = ['MESSAGE', 'STREAM'] as const;
const codes: FailureCodes = { lost: 'PRESENCE_OPERATION_FAILED', timeout: 'PRESENCE_OPERATION_TIMEOUT' };

/** Queries of who is in a channel and which channels a user is in, and the states that users set for themselves there. */
export class RTMPresence {
  readonly #session: Session;

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
  }

  /** The older name of `getOnlineUsers`. */
  whoNow(channelName: string, channelType: ChannelType, options?: WhoNowOptions): Promise<WhoNowResponse> {
    return this.#onlineUsers('whoNow', channelName, channelType, options);
  }

  /** Lists the users in a channel, page by page; the caller need not be in it. */
  getOnlineUsers(
    channelName: string,
    channelType: ChannelType,
    options?: GetOnlineUsersOptions,
  ): Promise<GetOnlineUsersResponse> {
    return this.#onlineUsers('getOnlineUsers', channelName, channelType, options);
  }

  /** The older name of `getUserChannels`. */
  whereNow(userId: string): Promise<WhereNowResponse> {
    return this.#userChannels('whereNow', userId);
  }

  /** The channels a user is in; '' is oneself. */
  getUserChannels(userId: string): Promise<GetUserChannelsResponse> {
    return this.#userChannels('getUserChannels', userId);
  }

  /** Sets keys of one's own state and leaves the others; before the subscription it is kept for it. */
  async setState(
    channelName: string,
    channelType: ChannelType,
    state: StateDetail,
  ): Promise<SetStateResponse> {
    const operation = 'presenceSetState';
    this.#checkChange(operation, channelName, channelType);
    checkOptions(operation, state, 'PRESENCE_INVALID_ARGUMENT');
    if (Object.hasOwn(state, ''))
      throw rtmError(operation, 'PRESENCE_INVALID_STATE_KEY', 'A key must not be empty');
    // Values that are no strings were always taken: apps send numbers and booleans.
    const states = Object.fromEntries(Object.entries(state).map(([key, value]) => [key, String(value)]));
    const change: StateChange = { type: 'set', states };
    this.#checkCounts(operation, channelName, channelType, change);
    const after = this.#session.channels(channelType).states.after(channelName, change);
    checkStateSizes(operation, states, after);
    return {
      timestamp: await this.#session.channels(channelType).changeStates(channelName, change, operation),
    };
  }

  /** Somebody's state in a channel; −13011 if not there. */
  async getState(userId: string, channelName: string, channelType: ChannelType): Promise<GetStateResponse> {
    const operation = 'presenceGetState';
    this.#session.limit('getState');
    checkChannelType(operation, channelType, types);
    this.#session.needConnection(operation);
    checkUserId(operation, userId);
    checkChannelName(operation, channelName);
    const { serverMs, result } = await this.#session.ask(
      { type: 'get-state', channelType, channel: channelName, userId },
      operation,
      codes,
    );
    const states = result && 'states' in result ? { ...result.states } : {};
    return { timestamp: serverMs, userId, states, statesCount: Object.keys(states).length };
  }

  /** Removes keys of one's own state, or all of it. */
  async removeState(
    channelName: string,
    channelType: ChannelType,
    options: RemoveStateOptions = {},
  ): Promise<RemoveStateResponse> {
    const operation = 'presenceRemoveState';
    this.#checkChange(operation, channelName, channelType);
    checkOptions(operation, options, 'PRESENCE_INVALID_ARGUMENT');
    const keys: unknown = options.states ?? [];
    if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string'))
      throw rtmError(operation, 'PRESENCE_INVALID_ARGUMENT', 'states must be a list of keys');
    const change: StateChange = { type: 'remove', keys };
    return {
      timestamp: await this.#session.channels(channelType).changeStates(channelName, change, operation),
    };
  }

  async #onlineUsers(
    operation: string,
    channelName: string,
    channelType: ChannelType,
    options: WhoNowOptions = {},
  ): Promise<WhoNowResponse> {
    this.#session.limit('getOnlineUsers', operation);
    checkChannelType(operation, channelType, types);
    this.#session.needConnection(operation);
    checkChannelName(operation, channelName);
    checkOptions(operation, options, 'PRESENCE_INVALID_ARGUMENT');
    const { includedUserId = true, includedState = false, page = '' } = options;
    if (typeof includedUserId !== 'boolean' || typeof includedState !== 'boolean' || typeof page !== 'string')
      throw rtmError(operation, 'PRESENCE_INVALID_ARGUMENT', 'An option is of the wrong type');
    if (includedState && !includedUserId)
      throw rtmError(operation, 'PRESENCE_INVALID_ARGUMENT', 'There are no states without user ids');
    const { serverMs, result } = await this.#session.ask(
      {
        type: 'online-users',
        channelType,
        channel: channelName,
        includedUserId,
        includedState,
        ...(page !== '' && { page }),
      },
      operation,
      codes,
    );
    if (!result || !('occupants' in result)) throw unreadable(operation);
    return {
      timestamp: serverMs,
      totalOccupancy: result.totalOccupancy,
      occupants: result.occupants.map(occupancyOf),
      nextPage: result.nextPage,
      channelOccupancy: result.channelOccupancy,
    };
  }

  async #userChannels(operation: string, userId: string): Promise<WhereNowResponse> {
    this.#session.limit('getUserChannels', operation);
    this.#session.needConnection(operation);
    const asked = userId === '' ? this.#session.settings.userId : userId;
    checkUserId(operation, asked);
    const { serverMs, result } = await this.#session.ask(
      { type: 'user-channels', userId: asked },
      operation,
      codes,
    );
    if (!result || !('channels' in result)) throw unreadable(operation);
    const channels = result.channels.map((channel) => ({ ...channel }));
    return { timestamp: serverMs, channels, totalChannel: channels.length };
  }

  #checkChange(
    operation: string,
    channelName: string,
    channelType: ChannelType,
  ): asserts channelType is 'MESSAGE' | 'STREAM' {
    this.#session.limit('modifyState');
    checkChannelType(operation, channelType, types);
    this.#session.needLogin(operation);
    checkChannelName(operation, channelName);
  }

  #checkCounts(
    operation: string,
    channelName: string,
    channelType: 'MESSAGE' | 'STREAM',
    change: StateChange,
  ): void {
    const channels = this.#session.channels(channelType);
    const pairs = Object.keys(channels.states.after(channelName, change)).length;
    if (pairs > statePairsMax)
      throw rtmError(
        operation,
        'PRESENCE_STATE_COUNT_OVERFLOW',
        `No more than ${statePairsMax} keys can be set in a channel`,
      );
    if (channels.of(channelName)) return;
    let others = 0;
    for (const type of types) {
      const all = this.#session.channels(type);
      others += all.states.pairs((each) => !(type === channelType && each === channelName) && !all.of(each));
    }
    if (others + pairs > cachedPairsMax)
      throw rtmError(
        operation,
        'PRESENCE_CACHED_TOO_MANY_STATES',
        `No more than ${cachedPairsMax} keys can be kept for channels that are not subscribed`,
      );
  }
}

/** Somebody in a channel as the API shows them. */
export function occupancyOf({ userId, states }: { userId: string; states: StateDetail }): OccupancyDetail {
  return { userId, states: { ...states }, statesCount: Object.keys(states).length };
}

function unreadable(operation: string): Error {
  return rtmError(operation, 'PRESENCE_OPERATION_FAILED', 'The server gave an answer to something else');
}

import type { SignalingOccupant, SignalingPresence } from '@housecount/protocol';
import type { PresenceEvent, UserList, UserState } from '../events/events.ts';

/** A presence frame as the event `presence`; undefined for what is about oneself, which the API does not tell. */
export function presenceEventOf(frame: SignalingPresence, self: string): PresenceEvent | undefined {
  const { event, channel, channelType, serverMs } = frame;
  const blank: PresenceEvent = {
    eventType: event.type,
    channelType,
    channelName: channel,
    publisher: '',
    stateChanged: {},
    interval: null,
    snapshot: null,
    timestamp: serverMs,
  };
  switch (event.type) {
    case 'SNAPSHOT':
      return { ...blank, snapshot: event.occupants.map(userState) };
    case 'INTERVAL':
      return {
        ...blank,
        interval: {
          join: userList(event.join),
          leave: userList(event.leave),
          timeout: userList(event.timeout),
          userStateList: event.states.map(userState),
          totalOccupancy: event.totalOccupancy,
        },
      };
    case 'REMOTE_STATE_CHANGED':
      if (event.userId === self) return undefined;
      return { ...blank, publisher: event.userId, stateChanged: { ...event.states } };
    default:
      return event.userId === self ? undefined : { ...blank, publisher: event.userId };
  }
}

function userState({ userId, states }: SignalingOccupant): UserState {
  return { userId, states: { ...states }, statesCount: Object.keys(states).length };
}

function userList(users: readonly string[]): UserList {
  return { users: [...users], userCount: users.length };
}

import { signalingErrors } from '@housecount/protocol';
import { done, refused } from '../names/answer.ts';
import { needOfChannel, needOfUser, nothing } from '../names/need.ts';
import { keyOf, type RequestLines } from '../names/request.ts';
import { changeStates, type StateNeeds } from './own-states.ts';
import { onlineUsers, statesOf, userChannels, type WhereNeeds } from './queries.ts';

type PresenceRequestType = 'set-state' | 'remove-state' | 'get-state' | 'online-users' | 'user-channels';

const { presenceFailed, userNotInChannel } = signalingErrors;

/** The requests about presence: who is where, and the user's own states there. */
export const presenceLines = (parts: StateNeeds & WhereNeeds): RequestLines<PresenceRequestType> => ({
  'set-state': {
    need: nothing,
    rate: 'modify-state',
    handle: (session, frame) =>
      changeStates(parts, session, keyOf(session, frame), { set: frame.states, remove: [] }),
  },
  'remove-state': {
    need: nothing,
    rate: 'modify-state',
    handle(session, frame) {
      const remove = frame.keys.length === 0 ? 'all' : frame.keys;
      return changeStates(parts, session, keyOf(session, frame), { set: {}, remove });
    },
  },
  'get-state': {
    need: (frame) => needOfChannel(frame, ['read'], presenceFailed),
    rate: 'get-state',
    handle(session, frame) {
      const states = statesOf(parts, session.userId, keyOf(session, frame), frame.userId);
      return states ? done({ states }) : refused(userNotInChannel, 'The user is not in the channel.');
    },
  },
  'online-users': {
    need: (frame) => needOfChannel(frame, ['read'], presenceFailed),
    rate: 'online-users',
    handle: (session, frame) => onlineUsers(parts, keyOf(session, frame), frame),
  },
  'user-channels': {
    need: (frame, userId) => needOfUser(userId, frame.userId || userId, 'read', presenceFailed),
    rate: 'user-channels',
    handle: (session, frame) => userChannels(parts, session.app.id, frame.userId),
  },
});

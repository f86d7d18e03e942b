import { signalingErrors } from '@housecount/protocol';
import { needOfChannel, needOfUser } from '../names/need.ts';
import type { RequestLines } from '../names/request.ts';
import { getMessages, type KeepNeeds, type ReadNeeds } from './kept-messages.ts';
import type { ModerationNeeds } from './moderation.ts';
import { publishAsked } from './publish-request.ts';
import type { ReceiverNeeds } from './receiver.ts';

/** Messages that are published and read. */
export const messageLines = (
  parts: KeepNeeds & ReadNeeds & ModerationNeeds & ReceiverNeeds,
): RequestLines<'publish' | 'get-messages'> => ({
  publish: {
    need: ({ channelType, channel }, userId) =>
      channelType === 'USER'
        ? needOfUser(userId, channel, 'write', signalingErrors.publishFailed)
        : needOfChannel({ channelType: 'MESSAGE', channel }, ['write'], signalingErrors.publishFailed),
    rate: 'publish',
    handle: (session, frame) => publishAsked(parts, session, frame),
  },
  'get-messages': {
    // Between oneself and another they are one's own.
    need: ({ channelType, channel }) =>
      channelType === 'USER'
        ? 'nothing'
        : needOfChannel({ channelType: 'MESSAGE', channel }, ['read'], signalingErrors.historyNotPermitted),
    rate: 'get-messages',
    handle: (session, frame) => getMessages(parts, session, frame),
  },
});

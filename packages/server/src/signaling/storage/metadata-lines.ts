import { signalingErrors } from '@housecount/protocol';
import type { Commands } from '../../log/contract/commands.ts';
import { type MetadataNeeds, writeMetadata } from '../messages/publish.ts';
import { done } from '../names/answer.ts';
import { needOfTarget, needOfUser, nothing } from '../names/need.ts';
import type { RequestLines } from '../names/request.ts';
import { followUser } from '../session/subscription/subscribe.ts';
import { readMetadata } from './storage-requests.ts';

type MetadataRequestType =
  | 'change-metadata'
  | 'get-metadata'
  | 'subscribe-user-metadata'
  | 'unsubscribe-user-metadata';

/** The requests about metadata. */
export const metadataLines = (
  parts: MetadataNeeds & { readonly log: Pick<Commands, 'submit'> },
): RequestLines<MetadataRequestType> => ({
  'change-metadata': {
    need: ({ target }, userId) => needOfTarget(userId, target, 'write'),
    rate: 'modify-metadata',
    handle: (session, frame) => writeMetadata(parts, session, frame),
  },
  'get-metadata': {
    need: ({ target }, userId) => needOfTarget(userId, target, 'read'),
    rate: 'get-metadata',
    handle: (session, { target }) => readMetadata(parts.log, session.app.id, target),
  },
  'subscribe-user-metadata': {
    need: (frame, userId) => needOfUser(userId, frame.userId, 'read', signalingErrors.storageFailed),
    rate: 'get-metadata',
    handle: (session, { userId }) => followUser(session, userId),
  },
  'unsubscribe-user-metadata': {
    need: nothing,
    rate: 'get-metadata',
    handle(session, { userId }) {
      session.users.unfollow(userId);
      return done();
    },
  },
});

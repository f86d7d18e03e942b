import { signalingErrors } from '@housecount/protocol';
import type { Channels } from '../../log/contract/channels.ts';
import { done } from '../names/answer.ts';
import { needOfChannel, nothing } from '../names/need.ts';
import { keyOf, type RequestLines } from '../names/request.ts';
import type { Session } from '../session/session.ts';
import { type AcquireNeeds, acquireLock } from './acquire-lock.ts';
import { lockIdOf } from './lock-id.ts';
import { changeLock, type LockRequest, locksOf } from './lock-requests.ts';

type LockRequestType =
  | 'get-locks'
  | 'set-lock'
  | 'remove-lock'
  | 'acquire-lock'
  | 'release-lock'
  | 'revoke-lock';

const { lockFailed } = signalingErrors;
const needWrite = (frame: Parameters<typeof needOfChannel>[0]) => needOfChannel(frame, ['write'], lockFailed);

/** The requests about locks. */
export function lockLines(
  parts: AcquireNeeds & { readonly log: Pick<Channels, 'known'> },
): RequestLines<LockRequestType> {
  const { log } = parts;
  const change = (session: Session, frame: LockRequest) =>
    changeLock(log, session.app.id, session.userId, frame, session.limits);
  return {
    'get-locks': {
      need: (frame) => needOfChannel(frame, ['read'], lockFailed),
      rate: 'lock',
      handle: (session, frame) => done({ locks: locksOf(log.known(keyOf(session, frame)).locks) }),
    },
    'set-lock': { need: needWrite, rate: 'lock', handle: change },
    'remove-lock': { need: needWrite, rate: 'lock', handle: change },
    'revoke-lock': { need: needWrite, rate: 'lock', handle: change },
    'acquire-lock': {
      need: needWrite,
      rate: 'lock',
      handle: (session, frame) => acquireLock(parts, session, frame),
    },
    'release-lock': {
      need: nothing,
      rate: 'lock',
      handle(session, frame) {
        session.waits.end(lockIdOf(keyOf(session, frame), frame.lockName));
        return change(session, frame);
      },
    },
  };
}

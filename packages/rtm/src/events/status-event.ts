import type { LinkStateEvent } from './events.ts';

/** The event that `linkState` took the place of, for apps of 2.2 and before. */
export interface StatusEvent {
  state: 'DISCONNECTED' | 'CONNECTING' | 'CONNECTED' | 'RECONNECTING' | 'FAILED';
  reason:
    | 'CONNECTING'
    | 'LOGIN_SUCCESS'
    | 'REJECTED_BY_SERVER'
    | 'LOST'
    | 'INTERRUPTED'
    | 'LOGOUT'
    | 'SAME_UID_LOGIN'
    | 'TOKEN_EXPIRED';
  timestamp: number;
}

/** Words a change of the link as the former event `status`. */
export function statusEventOf({
  currentState,
  operation,
  reasonCode,
  timestamp,
}: LinkStateEvent): StatusEvent {
  switch (currentState) {
    case 'IDLE':
      return { state: 'DISCONNECTED', reason: 'LOGOUT', timestamp };
    case 'CONNECTING':
      return operation === 'LOGIN'
        ? { state: 'CONNECTING', reason: 'CONNECTING', timestamp }
        : { state: 'RECONNECTING', reason: 'INTERRUPTED', timestamp };
    case 'CONNECTED':
      return { state: 'CONNECTED', reason: 'LOGIN_SUCCESS', timestamp };
    case 'FAILED':
      return {
        state: 'FAILED',
        reason:
          reasonCode === 'SAME_UID_LOGIN' || reasonCode === 'TOKEN_EXPIRED'
            ? reasonCode
            : 'REJECTED_BY_SERVER',
        timestamp,
      };
    default:
      return { state: 'DISCONNECTED', reason: 'LOST', timestamp };
  }
}

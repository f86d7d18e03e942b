import { signalingErrors } from '@housecount/protocol';
import type { Clock } from '../clock.ts';
import { lockLines } from './locks/lock-lines.ts';
import { messageLines } from './messages/message-lines.ts';
import { topicLines } from './messages/topic-lines.ts';
import { refused } from './names/answer.ts';
import type { Answer, Request, RequestLine, RequestTable } from './names/request.ts';
import { refusalOfNeed } from './permissions.ts';
import { presenceLines } from './presence/presence-lines.ts';
import { rosterLines } from './roster/roster-requests.ts';
import type { Session } from './session/session.ts';
import { sessionLines } from './session/session-lines.ts';
import { metadataLines } from './storage/metadata-lines.ts';

/** The parts that the handlers need, a few for each. */
type RequestParts = Parameters<typeof lockLines>[0] &
  Parameters<typeof messageLines>[0] &
  Parameters<typeof metadataLines>[0] &
  Parameters<typeof presenceLines>[0] &
  Parameters<typeof rosterLines>[0] &
  Parameters<typeof sessionLines>[0] &
  Parameters<typeof topicLines>[0];

/** Everything that a user who is logged in can ask for; each room has the lines of its own requests. */
export const requestTable = (parts: RequestParts): RequestTable => ({
  ...sessionLines(parts),
  ...messageLines(parts),
  ...topicLines(parts),
  ...presenceLines(parts),
  ...rosterLines(parts),
  ...metadataLines(parts),
  ...lockLines(parts),
});

/** Does what a user who is logged in asks for, if their token allows it and they do not ask too often. */
export class Requests {
  readonly #table: RequestTable;
  readonly #clock: Pick<Clock, 'steadyMs'>;

  constructor(table: RequestTable, clock: Pick<Clock, 'steadyMs'>) {
    this.#table = table;
    this.#clock = clock;
  }

  handle(session: Session, frame: Request): Answer | Promise<Answer> {
    // The line is that of the frame's own type, which the compiler cannot follow.
    const line = this.#table[frame.type] as RequestLine<Request['type']>;
    const { permissions } = session;
    const forbidden = permissions && refusalOfNeed(permissions, line.need(frame, session.userId));
    if (forbidden) return forbidden;
    if (line.rate !== 'own' && !session.rates.take(line.rate, this.#clock.steadyMs()))
      return refused(signalingErrors.rateExceeded, 'Too many requests in a short time.');
    return line.handle(session, frame);
  }
}

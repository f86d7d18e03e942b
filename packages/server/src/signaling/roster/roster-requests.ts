import { type SignalingRosterRequest, signalingErrors } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import { rangeOf, keyOf as viewKeyOf } from '../../rosters/window.ts';
import { done, refused } from '../names/answer.ts';
import { rosterBusTopic, rosterViewBusTopic } from '../names/bus-topics.ts';
import type { ChannelKey } from '../names/channel-key.ts';
import { needOfChannel, nothing } from '../names/need.ts';
import { type Answer, keyOf, type RequestLines } from '../names/request.ts';
import type { Presences } from '../presence/presences.ts';
import type { Session } from '../session/session.ts';

export interface RosterNeeds {
  readonly presences: Pick<Presences, 'fold' | 'followRoster' | 'noRosterRoom'>;
  readonly clock: Pick<Clock, 'steadyMs'>;
}

/** The requests about rosters. */
export const rosterLines = (parts: RosterNeeds): RequestLines<'subscribe-roster' | 'unsubscribe-roster'> => ({
  'subscribe-roster': {
    need: (frame) => needOfChannel(frame, ['read'], signalingErrors.presenceFailed),
    rate: 'roster',
    handle: (session, frame) => followRoster(parts, session, keyOf(session, frame), frame),
  },
  'unsubscribe-roster': {
    need: nothing,
    rate: 'roster',
    handle: (session, frame) => leaveRoster(session, keyOf(session, frame), frame),
  },
});

/** Approximate bytes that a member takes in a snapshot. */
const memberBytes = 200;

/** Follows a channel's roster, or a view of it, once the answer is told; in place of the same that is followed already. */
export async function followRoster(
  { presences, clock }: RosterNeeds,
  session: Session,
  key: ChannelKey,
  { view, cursor }: Extract<SignalingRosterRequest, { type: 'subscribe-roster' }>,
): Promise<Answer> {
  const name = nameOf(view);
  if (!session.rosters.has(key, name) && session.rosters.size >= session.limits.signalingRostersMax)
    return refused(
      signalingErrors.tooManyChannels,
      `At most ${session.limits.signalingRostersMax} rosters and views of them can be followed.`,
    );
  const full = presences.noRosterRoom(key, view);
  if (full) return refused(signalingErrors.presenceFailed, full);
  if (!view) {
    // Everybody by name, unless the cursor serves: what a user may put on others' connections it may put on its own.
    const { occupancy } = await presences.fold(key);
    if (!session.rates.takeDelivery(occupancy * memberBytes, clock.steadyMs()))
      return refused(signalingErrors.rateExceeded, 'That is too much in a short time; wait a moment.');
  }
  const topic = view ? rosterViewBusTopic(key, viewKeyOf(rangeOf(view))) : rosterBusTopic(key);
  const follow = () =>
    session.followRoster(key, name, (connection) =>
      presences.followRoster(
        key,
        view,
        {
          send: (text) => connection.socket.send(text),
          bufferedBytes: () => connection.socket.bufferedBytes(),
          goLive: () => connection.socket.subscribe(topic),
          leaveLive: () => connection.socket.unsubscribe(topic),
          onSlow: () => connection.end('slow_reader'),
        },
        cursor && { sid: cursor.stream, after: cursor.after },
      ),
    );
  return { ...done(), afterOk: follow };
}

/** Nothing of it comes after the answer. */
export function leaveRoster(
  session: Session,
  key: ChannelKey,
  { view }: Extract<SignalingRosterRequest, { type: 'unsubscribe-roster' }>,
): Answer {
  session.rosters.leave(key, nameOf(view));
  return done();
}

const nameOf = (view: SignalingRosterRequest['view']): string => (view ? viewKeyOf(rangeOf(view)) : 'all');

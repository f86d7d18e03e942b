import { type SignalingRosterRequest, signalingErrors } from '@housecount/protocol';
import { limits } from '../../limits.ts';
import { rangeOf, keyOf as viewKeyOf } from '../../rosters/window.ts';
import type { SignalingContext } from '../context.ts';
import { done, refused } from '../names/answer.ts';
import type { ChannelKey } from '../names/channel-key.ts';
import { rosterTopic, rosterViewTopic } from '../names/topics.ts';
import type { Answer } from '../requests.ts';
import type { Session } from '../session/session.ts';

/** About how many bytes a member takes in a snapshot. */
const memberBytes = 200;

/** Follows a channel's roster, or a view of it, once the answer is told; in place of the same that is followed already. */
export async function followRoster(
  { presences, clock }: Pick<SignalingContext, 'presences' | 'clock'>,
  session: Session,
  key: ChannelKey,
  { view, cursor }: Extract<SignalingRosterRequest, { type: 'subscribe-roster' }>,
): Promise<Answer> {
  const name = nameOf(view);
  if (!session.followsRoster(key, name) && session.rosters >= limits.signalingRostersMax)
    return refused(
      signalingErrors.tooManyChannels,
      `At most ${limits.signalingRostersMax} rosters and views of them can be followed.`,
    );
  if (!presences.hasRosterRoom(key, view))
    return refused(
      signalingErrors.presenceFailed,
      'Too many different windows of this roster are followed; ask for round ones (from 0, 50, 100 …), which are shared.',
    );
  if (!view) {
    // Everybody by name, unless the cursor serves: what a user may put on others' connections it may put on its own.
    const { occupancy } = await presences.fold(key);
    if (!session.rates.takeDelivery(occupancy * memberBytes, clock.steadyMs()))
      return refused(signalingErrors.rateExceeded, 'That is too much in a short time; wait a moment.');
  }
  const topic = view ? rosterViewTopic(key, viewKeyOf(rangeOf(view))) : rosterTopic(key);
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
  session.leaveRoster(key, nameOf(view));
  return done();
}

const nameOf = (view: SignalingRosterRequest['view']): string => (view ? viewKeyOf(rangeOf(view)) : 'all');

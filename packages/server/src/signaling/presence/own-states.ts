import { type SignalingStates, signalingErrors, signalingStatesBytesMax } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Commands } from '../../log/contract/commands.ts';
import { done, refused, type SignalingAnswer } from '../names/answer.ts';
import type { ChannelKey } from '../names/channel-key.ts';
import { failed } from '../names/refusals.ts';
import type { Session } from '../session/session.ts';
import { merged } from './person.ts';
import type { Presences } from './presences.ts';

export interface StateNeeds {
  readonly log: Pick<Commands, 'submit'> & Pick<Channels, 'channel'>;
  readonly presences: Pick<Presences, 'announcedTo'>;
  readonly clock: Pick<Clock, 'steadyMs'>;
}

/** Changes the user's own states in a channel that it subscribes to; resolves when that is durable. */
export async function changeStates(
  { log, presences, clock }: StateNeeds,
  session: Session,
  key: ChannelKey,
  change: { readonly set: SignalingStates; readonly remove: readonly string[] | 'all' },
): Promise<SignalingAnswer> {
  const after = statesWith(log, session, key, change.set);
  const tooLong = statesFault(after);
  if (tooLong) return tooLong;
  const bytes = frameBytes + bytesOf(after);
  if (!session.rates.takeDelivery(bytes * presences.announcedTo(key), clock.steadyMs()))
    return refused(signalingErrors.rateExceeded, 'That is too much for so many receivers; wait a moment.');
  const outcome = await log.submit(key, { type: 'change-states', connectionId: session.id, ...change });
  return outcome.ok ? done() : failed(outcome, signalingErrors.presenceFailed);
}

/** Are these too long to be all of a user's states in a channel? Then the refusal. */
export function statesFault(states: SignalingStates): SignalingAnswer | undefined {
  if (bytesOf(states) <= signalingStatesBytesMax) return undefined;
  return refused(
    signalingErrors.stateValueTooLong,
    `The states of a user in a channel have at most ${signalingStatesBytesMax} bytes.`,
  );
}

/** Approximate bytes that a frame of presence has around the states. */
const frameBytes = 200;

/** The user's states in the channel once these are set; what is removed at the same time still counts. */
function statesWith(
  log: Pick<Channels, 'channel'>,
  session: Session,
  key: ChannelKey,
  set: SignalingStates,
): SignalingStates {
  const state = log.channel(key);
  const member = state?.roster.getByConnection(session.id);
  const before = member && state?.states.get(member.uid)?.states;
  return before ? merged([before, set]) : set;
}

/** Bytes of keys and values. */
function bytesOf(states: SignalingStates): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(states))
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  return bytes;
}

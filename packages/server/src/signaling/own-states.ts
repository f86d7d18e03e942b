import { type SignalingStates, signalingErrors, signalingStatesBytesMax } from '@housecount/protocol';
import { done, refused, type SignalingAnswer } from './answer.ts';
import type { ChannelKey } from './channel-key.ts';
import type { SignalingContext } from './context.ts';
import { failed } from './refusals.ts';
import type { Session } from './session.ts';

/** Changes the user's own states in a channel that it subscribes to; resolves when that is durable. */
export async function changeStates(
  { log, presences, clock }: Pick<SignalingContext, 'log' | 'presences' | 'clock'>,
  session: Session,
  key: ChannelKey,
  change: { readonly set: SignalingStates; readonly remove: readonly string[] | 'all' },
): Promise<SignalingAnswer> {
  const tooLong = statesFault(log, session, key, change.set);
  if (tooLong) return tooLong;
  const bytes = frameBytes + bytesWith(log, session, key, change.set);
  if (!session.rates.takeDelivery(bytes * presences.announcedTo(key), clock.nowMs()))
    return refused(signalingErrors.rateExceeded, 'That is too much for so many receivers; wait a moment.');
  const outcome = await log.signaling(key, { type: 'change-states', connectionId: session.id, ...change });
  return outcome.ok ? done() : failed(outcome, signalingErrors.presenceFailed);
}

/** Would the user's states in the channel be too long, with these? Then the refusal. */
export function statesFault(
  log: SignalingContext['log'],
  session: Session,
  key: ChannelKey,
  set: SignalingStates,
): SignalingAnswer | undefined {
  if (bytesWith(log, session, key, set) <= signalingStatesBytesMax) return undefined;
  return refused(
    signalingErrors.stateValueTooLong,
    `The states of a user in a channel have at most ${signalingStatesBytesMax} bytes.`,
  );
}

/** About what a frame of presence has around the states, bytes. */
const frameBytes = 200;

/** Bytes of the user's states in the channel once these are set, keys and values. */
function bytesWith(
  log: SignalingContext['log'],
  session: Session,
  key: ChannelKey,
  set: SignalingStates,
): number {
  const state = log.signalingChannel(key);
  const member =
    state?.presence.sid === undefined ? undefined : state.presence.roster.getByConnection(session.id);
  const before = member ? (state?.states.get(member.uid)?.states ?? {}) : {};
  let bytes = 0;
  for (const [name, value] of Object.entries(before))
    if (!Object.hasOwn(set, name)) bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  for (const [name, value] of Object.entries(set))
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  return bytes;
}

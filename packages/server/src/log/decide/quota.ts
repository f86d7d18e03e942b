import { type Channel, hasKept, isForgettable } from '../../channel/channel.ts';
import type { ChannelCommand } from '../../channel/command.ts';
import type { ChannelChange } from '../../channel/decision.ts';
import { evolve } from '../../channel/evolve.ts';
import type { Refused } from '../contract/refused.ts';
import type { StateView } from '../state/state-view.ts';
import { authorGrowth, keptGrowth, keptGrowthMax, textBytesOf } from '../state/usage.ts';
import { refuse } from './decided.ts';

type Used = Pick<StateView, 'usage' | 'limitsOf' | 'idle'>;

/** The refusal of one channel more when the app has as many as it may have. */
export function channelsFull(state: Used, channel: Channel, nowMs: number): Refused | undefined {
  const { usage } = state;
  const { app, kind } = channel.key;
  const limits = state.limitsOf(app);
  const full = (detail: string) => ({ ...refuse('channels_full'), detail });
  if (kind === 'live')
    return channel.sid === undefined && usage.open(app) >= limits.appChannelsMax
      ? full(`That is ${limits.appChannelsMax} live channels.`)
      : undefined;
  const most = limits.appSignalingChannelsMax;
  const isOneMore = kind === 'user' ? !hasKept(channel) : isForgettable(channel);
  return isOneMore && usage.remembered(app) >= most && usage.remembered(app) - state.idle(app, nowMs) >= most
    ? full(`That is ${limits.appSignalingChannelsMax} of signaling, users with metadata counted.`)
    : undefined;
}

/** The refusal of what would make an app's metadata and locks, or what one user wrote of them, more than before and than they may be. */
export function keptFull(
  { usage, limitsOf }: Used,
  channel: Channel,
  command: ChannelCommand,
  changes: readonly ChannelChange[],
): Refused | undefined {
  const isLock = command.type === 'set-lock';
  // What is taken out makes it less.
  if (!isLock && (command.type !== 'change-metadata' || command.mode === 'remove')) return undefined;
  const { app } = channel.key;
  const { appKeptBytesMax, authorKeptBytesMax } = limitsOf(app);
  const author = isLock ? command.by : command.isOwners ? undefined : command.author;
  const ofApp = usage.keptBytes(app);
  const ofAuthor = author === undefined ? 0 : usage.authorBytes(app, author);
  // Mostly there is room whatever was there before, and the set need not be gone through.
  const most = keptGrowthMax(changes);
  if (ofApp + most <= appKeptBytesMax && ofAuthor + most <= authorKeptBytesMax) return undefined;
  const after = changes.reduce<Channel>(evolve, channel);
  const full = (detail: string) => ({ ...refuse(isLock ? 'locks_full' : 'metadata_full'), detail });
  if (isTooMuch(ofApp, keptGrowth(channel, after), appKeptBytesMax))
    return full(`The metadata and locks of the app take at most ${appKeptBytesMax} bytes.`);
  if (author !== undefined && isTooMuch(ofAuthor, authorGrowth(channel, after, author), authorKeptBytesMax))
    return full(`The metadata and locks of one user in the app take at most ${authorKeptBytesMax} bytes.`);
  return undefined;
}

/** The refusal of what would make an app's states and topics more than before and than they may be. */
export function textsFull(
  { usage, limitsOf }: Used,
  channel: Channel,
  changes: readonly ChannelChange[],
): Refused | undefined {
  const asked = changes.find(({ type }) => type === 'states-set' || type === 'topics-set');
  if (!asked) return undefined;
  const { app } = channel.key;
  const { appTextBytesMax } = limitsOf(app);
  const growth = textBytesOf(changes.reduce<Channel>(evolve, channel)) - textBytesOf(channel);
  if (!isTooMuch(usage.textBytes(app), growth, appTextBytesMax)) return undefined;
  const detail = `The states and topics of the app take at most ${appTextBytesMax} bytes.`;
  return { ...refuse(asked.type === 'states-set' ? 'states_full' : 'publishers_full'), detail };
}

/** What does not grow is never too much: a limit may have become less than what is there. */
const isTooMuch = (used: number, growth: number, max: number): boolean => growth > 0 && used + growth > max;

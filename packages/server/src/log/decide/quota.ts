import { type Channel, isForgettable } from '../../channel/channel.ts';
import type { ChannelCommand } from '../../channel/command.ts';
import type { ChannelChange } from '../../channel/decision.ts';
import { evolve } from '../../channel/evolve.ts';
import type { Refused } from '../contract/refused.ts';
import type { StateView } from '../state/state-view.ts';
import { textBytesOf } from '../state/usage.ts';
import { refuse } from './decided.ts';

type Used = Pick<StateView, 'usage' | 'limitsOf'>;

/** The refusal of one channel more when the app has as many as it may have. */
export function channelsFull({ usage, limitsOf }: Used, channel: Channel): Refused | undefined {
  const { app, kind } = channel.key;
  const limits = limitsOf(app);
  const isFull =
    kind === 'live'
      ? channel.sid === undefined && usage.open(app) >= limits.appChannelsMax
      : isForgettable(channel) && usage.remembered(app) >= limits.appSignalingChannelsMax;
  return isFull ? refuse('channels_full') : undefined;
}

/** The refusal of what would add to an app's metadata and locks when there is no room for more. */
export function keptFull(
  { usage, limitsOf }: Used,
  app: string,
  command: ChannelCommand,
): Refused | undefined {
  const isLock = command.type === 'set-lock';
  if (!isLock && (command.type !== 'change-metadata' || command.mode === 'remove')) return undefined;
  const limits = limitsOf(app);
  const full = (detail: string) => ({ ...refuse(isLock ? 'locks_full' : 'metadata_full'), detail });
  if (usage.keptBytes(app) >= limits.appKeptBytesMax)
    return full(`The app has ${limits.appKeptBytesMax} bytes of metadata and locks.`);
  const author = isLock ? command.by : command.isOwners ? undefined : command.author;
  if (author !== undefined && usage.authorBytes(app, author) >= limits.authorKeptBytesMax)
    return full(`The user has ${limits.authorKeptBytesMax} bytes of metadata and locks in this app.`);
  return undefined;
}

/** The refusal of what would add to an app's states and topics when there is no room for more. */
export function textsFull(
  { usage, limitsOf }: Used,
  channel: Channel,
  changes: readonly ChannelChange[],
): Refused | undefined {
  const { app } = channel.key;
  const limits = limitsOf(app);
  for (const change of changes) {
    const isAsked = change.type === 'states-set' || change.type === 'topics-set';
    if (!isAsked || usage.textBytes(app) < limits.appTextBytesMax) continue;
    if (textBytesOf(evolve(channel, change)) <= textBytesOf(channel)) continue;
    const detail = `The app has ${limits.appTextBytesMax} bytes of states and topics.`;
    return { ...refuse(change.type === 'states-set' ? 'states_full' : 'publishers_full'), detail };
  }
  return undefined;
}

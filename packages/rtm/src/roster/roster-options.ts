import { type RosterViewRequest, signalingWindowMembersMax } from '@housecount/protocol';
import { checkChannelName, checkChannelType, checkOptions } from '../errors/checks.ts';
import { rtmError } from '../errors/errors.ts';
import type { RosterOptions } from './roster.ts';
import type { RosterPlace } from './rosters.ts';

/** Checks what the app asks for, in the order of the API: channel type, connection, all else. */
export function rosterPlace(
  operation: string,
  channelName: string,
  options: RosterOptions,
  needConnection: () => void,
): RosterPlace {
  const channelType: unknown = options?.channelType ?? 'MESSAGE';
  checkChannelType(operation, channelType, ['MESSAGE', 'STREAM']);
  needConnection();
  checkChannelName(operation, channelName);
  checkOptions(operation, options, 'PRESENCE_INVALID_ARGUMENT');
  const view = viewOf(operation, options);
  return { channelType, channel: channelName, ...(view && { view }) };
}

function viewOf(operation: string, options: RosterOptions): RosterViewRequest | undefined {
  const { first, from, count, countOnly } = options;
  const given = [first, from ?? count, countOnly || undefined].filter((one) => one !== undefined);
  if (given.length === 0) return undefined;
  if (given.length === 1) {
    if (countOnly === true) return { count: true };
    const window = first === undefined ? { from, count } : { from: 0, count: first };
    if (isPlace(window.from) && isSize(window.count)) return { from: window.from, count: window.count };
  }
  throw rtmError(
    operation,
    'PRESENCE_INVALID_ARGUMENT',
    `A roster is whole, { first }, { from, count } or { countOnly: true }, with 1 to ${signalingWindowMembersMax} members`,
  );
}

const isPlace = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isSize = (value: unknown): value is number =>
  isPlace(value) && value >= 1 && value <= signalingWindowMembersMax;

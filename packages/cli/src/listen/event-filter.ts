import { accountBytesMax, isAccount, isChannelName, noticeTypeNumbers, uidMax } from '@housecount/protocol';
import { matchesName } from '@housecount/server/glob';
import { text, texts, UsageError, uidHint, type Values, whole } from '../command.ts';
import type { PulledEvent } from './pulled-event.ts';

/** The limits of an endpoint's patterns: their number and their length. */
const patternsMax = 100;
const patternLengthMax = 128;

export type EventFilter = (event: PulledEvent) => boolean;

/** Makes the filter of --channel, --type, --uid and --account: an event passes if it fits all that were given. @throws UsageError */
export function filterOf(values: Values): EventFilter {
  const patterns = patternsOf(values);
  const types = typesOf(values);
  const uid = whole(values, 'uid', 1, uidMax, undefined, uidHint);
  const account = text(values, 'account');
  if (account !== undefined && !isAccount(account))
    throw new UsageError(`--account must be a legal account of at most ${accountBytesMax} characters`);
  return (event) =>
    (patterns.length === 0 || patterns.some((pattern) => matchesName(pattern, event.channel))) &&
    (types === undefined || types.has(event.eventType)) &&
    (uid === undefined || ('uid' in event && event.uid === uid)) &&
    (account === undefined || ('account' in event && event.account === account));
}

function patternsOf(values: Values): readonly string[] {
  const patterns = texts(values, 'channel');
  if (patterns.length > patternsMax) throw new UsageError(`--channel may be given ${patternsMax} times`);
  for (const pattern of patterns) {
    const isLegal = pattern.split('*').every((part) => isChannelName(`x${part.slice(0, 63)}`));
    if (pattern === '' || pattern.length > patternLengthMax || !isLegal)
      throw new UsageError(`--channel must be a channel name, or a pattern with * in it, not ${pattern}`);
  }
  return patterns;
}

function typesOf(values: Values): ReadonlySet<number> | undefined {
  const given = text(values, 'type');
  if (given === undefined) return undefined;
  const types = given.split(',').map((one) => noticeTypeNumbers.find((type) => String(type) === one.trim()));
  if (types.includes(undefined))
    throw new UsageError(
      `--type must be numbers of ${noticeTypeNumbers.join(', ')} with commas, not ${given}`,
    );
  return new Set(types as readonly number[]);
}

import { integer as integerShape, type JsonSchema } from '@housecount/schema';
import { limits } from '../limits.ts';
import { child, integer, onlyKeys, type Source } from '../settings/reader.ts';

/** A limit that the operator can set: a schema, whose default holds where the configuration says nothing. */
interface LimitSetting extends JsonSchema {
  readonly minimum: number;
  readonly maximum: number;
  readonly default: number;
  readonly description: string;
  readonly unit: Unit;
}
type Unit = 'milliseconds' | 'days' | 'bytes' | 'count' | 'per second';

type Name = keyof typeof limits;
type Made<Of extends readonly Name[]> = Readonly<Record<Of[number], LimitSetting>>;

/** How high the limits of a unit go. Chosen: what one machine could still be meant to bear. */
const most: Readonly<Record<Unit, number>> = {
  milliseconds: 30 * 24 * 3_600_000,
  days: 3_650,
  bytes: 2 ** 50,
  count: 100_000_000,
  'per second': 1_000_000,
};

/** A limit of this name, with the default that limits.ts gives it. */
function limit<const Of extends Name>(name: Of, unit: Unit, description: string): Made<readonly [Of]> {
  const shape = integerShape(description, { minimum: 1, maximum: most[unit] });
  return { [name]: { ...shape, default: limits[name], unit } } as unknown as Made<readonly [Of]>;
}

/** Every limit that is a setting, under `limits:` of the configuration; docs/settings.md has the table that is made of this. */
export const limitSettings = {
  ...limit('historyDaysMax', 'days', 'Events are kept in the history this long …'),
  ...limit('historyRowsMax', 'count', '… and so many of the newest; older ones are `no_longer_kept`.'),
  ...limit('historyWaitMs', 'milliseconds', 'A request waits this long for the history; then `overloaded`.'),
  ...limit('historyWaitersMax', 'count', 'Requests that wait for the history; the next is `overloaded`.'),
  ...limit('pullWaitersMax', 'count', 'Requests that wait for events; the next is `too_many_connections`.'),
  ...limit('messageBytesMax', 'bytes', 'Kept messages on disk; beyond it the oldest are deleted.'),
  ...limit(
    'messageWaitMs',
    'milliseconds',
    'A request waits this long for kept messages; then `overloaded`.',
  ),
  ...limit('messageWaitersMax', 'count', 'Requests that wait for kept messages; the next is `overloaded`.'),
  ...limit('deliveryDaysMax', 'days', 'Deliveries can be searched this long …'),
  ...limit('deliveryRowsMax', 'count', '… and so many of the newest; older ones are deleted.'),
  ...limit('redeliveriesMax', 'count', 'Redeliveries under way or waiting; the next is `overloaded`.'),
  ...limit('redeliveriesKeptMax', 'count', 'Ended redeliveries whose result can be read.'),
  ...limit('redeliveryNoticesMax', 'count', 'Notices of one redelivery; more are `query_invalid`.'),
  ...limit('redeliveryScanMax', 'count', 'Events looked at to find them; more are `query_invalid`.'),
  ...limit('redeliveryInFlightMax', 'count', 'Attempts of one redelivery under way at once.'),
  ...limit('redeliveryFailuresMax', 'count', 'Attempts in a row that fail; then a redelivery ends.'),
  ...limit('endpointInFlightMax', 'count', 'Attempts of one endpoint under way at once; others wait.'),
  ...limit(
    'endpointOutstandingMax',
    'count',
    'Deliveries of one endpoint that are not finished; the log keeps the rest.',
  ),
  ...limit('batchOutstandingMax', 'count', 'The same of an endpoint in the `batch` format.'),
  ...limit('appEndpointsMax', 'count', 'Endpoints of one app; the next is `endpoints_full`.'),
  ...limit('healthTestsMax', 'count', 'Health tests at once; the next is `rate_limited`.'),
  ...limit(
    'healthTestAgainMs',
    'milliseconds',
    'A failed health test of the configuration is made again after this.',
  ),
  ...limit('eventStreamsMax', 'count', 'Event streams open at once; the next is `too_many_connections`.'),
  ...limit('snapshotStreamsMax', 'count', 'Snapshots read at once; the next is `too_many_connections`.'),
  ...limit('snapshotStreamMs', 'milliseconds', 'A snapshot takes no longer; then it breaks off.'),
  ...limit('loginFailuresMax', 'count', 'Wrong logins from one address at once; then `rate_limited` …'),
  ...limit('loginFailureMs', 'milliseconds', '… but for one in this time.'),
  ...limit(
    'idempotencyMs',
    'milliseconds',
    'A POST with an idempotency key is not done again for this long …',
  ),
  ...limit('idempotencyKeysMax', 'count', '… of so many keys, the newest …'),
  ...limit('idempotencyBytesMax', 'bytes', '… and so many bytes of answers.'),
  ...limit(
    'mediaRequestsPerSecondMax',
    'per second',
    'WHIP and WHEP requests of one client; then `rate_limited`.',
  ),
} as const;

export type LimitName = keyof typeof limitSettings;
/** The limits of one server. Each part takes those that it names in its options. */
export type Limits = Readonly<Record<LimitName, number>>;

const entries = Object.entries(limitSettings) as readonly [LimitName, LimitSetting][];
export const limitNames: readonly LimitName[] = entries.map(([name]) => name);

/** One value for each limit that is a setting. */
export const ofEachLimit = <const Of extends string, const T>(prefix: Of, value: T) =>
  Object.fromEntries(limitNames.map((name) => [`${prefix}${name}`, value])) as Readonly<
    Record<`${Of}${LimitName}`, T>
  >;

/** Reads `limits:`, of which `others` are read elsewhere. */
export function readLimits(source: Source, others: readonly string[]): Limits {
  onlyKeys(source, [...others, ...limitNames]);
  return Object.fromEntries(
    entries.map(([name, { minimum: min, maximum: max, default: fallback }]) => [
      name,
      integer(child(source, name), { min, max, fallback }),
    ]),
  ) as Limits;
}

/** The table of docs/settings.md (Markdown). */
export function limitsTable(): string {
  const rows = entries.map(
    ([name, { default: fallback, minimum, maximum, unit, description }]) =>
      `| \`${name}\` | ${grouped(fallback)} | ${grouped(minimum)} to ${grouped(maximum)} ${unit === 'count' ? '' : unit} | ${description} |`,
  );
  return ['| limit | default | range | |', '|---|---|---|---|', ...rows, '']
    .join('\n')
    .replaceAll('  |', ' |');
}

const grouped = (value: number) => value.toLocaleString('en-US');

import { whyFixed } from '../fixed-limits.ts';
import type { limits } from '../limits.ts';
import { mediaLimits as fixedOfMedia } from '../media/limits.ts';
import { child, integer, onlyKeys, type Source } from '../settings/reader.ts';
import { apiLimits } from './limits/api-limits.ts';
import { ledgerLimits } from './limits/ledger-limits.ts';
import { liveLimits } from './limits/live-limits.ts';
import { logLimits } from './limits/log-limits.ts';
import { mediaLimits } from './limits/media-limits.ts';
import { notifyLimits } from './limits/notify-limits.ts';
import { appLimit, type LimitSetting } from './limits/setting.ts';
import { signalingLimits } from './limits/signaling-limits.ts';

/** Every limit that is a setting, under `limits:` of the configuration; docs/settings.md has the table that is made of this. */
export const limitSettings = {
  ...liveLimits,
  ...logLimits,
  ...signalingLimits,
  ...mediaLimits,
  ...ledgerLimits,
  ...notifyLimits,
  ...apiLimits,
} as const;

/** The limits that are settings of another section. */
export const settingsElsewhere = {
  connectionsMax: 'listen.socketsMax',
  connectionsPerAddressMax: 'listen.socketsPerAddressMax',
  requestsMax: 'listen.requestsMax',
  requestsPerAddressMax: 'listen.requestsPerAddressMax',
  retentionHours: 'retention.hours',
  retentionBytes: 'retention.bytes',
  retentionBytesPerApp: 'retention.bytesPerApp',
  accountDays: 'accounts.days',
  joinsPerAddress: 'limits.joinsPerAddress',
  joinsPerToken: 'limits.joinsPerToken',
  mediaSessionsPerAppMax: 'media.sessionsPerAppMax',
} as const satisfies Record<Exclude<keyof typeof limits, LimitName>, string>;

export type LimitName = keyof typeof limitSettings;
/** The limits of one server. Each part takes those that it names in its options. */
export type Limits = Readonly<Record<LimitName, number>>;

type AppLimitName = {
  [Name in LimitName]: (typeof limitSettings)[Name] extends { readonly isOfApp: true } ? Name : never;
}[LimitName];
/** The limits that an app has of its own, in place of those that the server has for every app. */
export type AppLimits = Readonly<Partial<Record<AppLimitName | 'mediaSessionsPerAppMax', number>>>;

const entries = Object.entries(limitSettings) as readonly [LimitName, LimitSetting][];
export const limitNames: readonly LimitName[] = entries.map(([name]) => name);
export const appLimitNames = entries.flatMap(([name, { isOfApp }]) =>
  isOfApp ? [name] : [],
) as readonly AppLimitName[];

/** Every limit that an app may have of its own; what the server has in place of the last ones is a setting of another section. */
const appLimitSettings = {
  ...(limitSettings as Pick<typeof limitSettings, AppLimitName>),
  ...appLimit('mediaSessionsPerAppMax', 'count', 'In place of media.sessionsPerAppMax.'),
};

/** One value for each limit that is a setting. */
export const ofEachLimit = <const Of extends string, const T>(prefix: Of, value: T) =>
  Object.fromEntries(limitNames.map((name) => [`${prefix}${name}`, value])) as Readonly<
    Record<`${Of}${LimitName}`, T>
  >;

/** Reads `limits:` of an app of a server with `room`: no app has more media sessions than there are in all. */
export function readAppLimits(source: Source, room: Pick<Limits, 'mediaSessionsMax'>): AppLimits {
  const names = [...appLimitNames, 'mediaSessionsPerAppMax'] as const;
  onlyKeys(source, names);
  return Object.fromEntries(
    names.flatMap((name) => {
      const given = child(source, name);
      const { minimum: min, maximum, default: fallback } = appLimitSettings[name];
      const max = name === 'mediaSessionsPerAppMax' ? Math.min(maximum, room.mediaSessionsMax) : maximum;
      return given.value === undefined ? [] : [[name, integer(given, { min, max, fallback })]];
    }),
  );
}

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
    ([name, { default: fallback, minimum, maximum, unit, description, isOfApp }]) =>
      `| \`${name}\`${isOfApp ? ' *' : ''} | ${grouped(fallback)} | ${grouped(minimum)} to ${grouped(maximum)} ${unit === 'count' ? '' : unit} | ${description} |`,
  );
  return ['| limit | default | range | |', '|---|---|---|---|', ...rows, '']
    .join('\n')
    .replaceAll('  |', ' |');
}

/** Those that are none, with the reason why. */
export const everyFixed = [
  ...whyFixed,
  ['The protocols of media ask for it, or it was measured with browsers', fixedOfMedia],
] as const;

/** The table of those that are none (Markdown). */
export function fixedLimitsTable(): string {
  const rows = everyFixed.flatMap(([why, group]) =>
    Object.entries(group).map(([name, value]) => `| \`${name}\` | ${grouped(value)} | ${why} |`),
  );
  return ['| number | value | why it is no setting |', '|---|---|---|', ...rows, ''].join('\n');
}

const grouped = (value: number) => value.toLocaleString('en-US');

import { isIP } from 'node:net';
import { HousecountError, isChannelName, uidMax } from '@housecount/protocol';
import { type AgoraPrivilege, agoraPrivileges, type KickingRule } from '../../channel/rules.ts';
import { canonicalIp } from '../../net/address/ip-address.ts';
import { integer, number, object, optional, string } from '../document/schema.ts';

/** The fields of a kicking rule's body, by name. */
export type RuleBody = Readonly<Record<string, unknown>>;

/** @throws HousecountError body_invalid unless the body is a JSON object. */
export function ruleBody(body: unknown): RuleBody {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid('It must be a JSON object.');
  return body as RuleBody;
}

const secondsDefault = 3600;

/**
 * How long a rule lasts, milliseconds (spec: rest 3.1): seconds win over minutes, both are clamped, 0 means a kick and
 * no rule, neither means an hour.
 */
export function durationMsOf(body: RuleBody): number {
  const seconds = duration(body, 'time_in_seconds');
  if (seconds !== undefined) return seconds === 0 ? 0 : Math.round(clamp(seconds, 10, 86_430) * 1000);
  const minutes = duration(body, 'time');
  if (minutes !== undefined) return minutes === 0 ? 0 : Math.round(clamp(minutes, 1, 1440) * 60_000);
  return secondsDefault * 1000;
}

function duration(body: RuleBody, name: string): number | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !(value >= 0)) throw invalid(`${name} must be a number from 0.`);
  return value;
}

const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));

export type Scope = Pick<KickingRule, 'channel' | 'uid' | 'ip'>;

/**
 * Whom a rule speaks of: the AND of the fields set; an empty text is not set. None set would speak of the whole app and
 * is refused. So is null: a client that lost its uid on the way must not ban the channel in its place.
 */
export function scopeOf(body: RuleBody): Scope {
  const { cname = '', uid, ip = '' } = body;
  if (cname !== '' && !isChannelName(cname)) throw invalid('cname must be a channel name.');
  if (uid !== undefined && !isRuleUid(uid)) throw invalid(`uid must be a whole number from 1 to ${uidMax}.`);
  if (ip !== '' && (typeof ip !== 'string' || isIP(ip) === 0)) throw invalid('ip must be an IP address.');
  if (cname === '' && uid === undefined && ip === '') throw invalid('Set cname, uid or ip.');
  return {
    ...(cname !== '' && { channel: cname }),
    ...(uid !== undefined && { uid }),
    ...(ip !== '' && { ip: canonicalIp(String(ip)) }),
  };
}

const isRuleUid = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= uidMax;

export function privilegesOf(body: RuleBody): readonly AgoraPrivilege[] {
  const given = body.privileges;
  if (!Array.isArray(given) || given.length === 0)
    throw invalid(`privileges must be a list of ${agoraPrivileges.join(', ')}.`);
  const found = given.map((one: unknown) => agoraPrivileges.find((privilege) => privilege === one));
  if (found.some((privilege) => privilege === undefined))
    throw invalid(`privileges must be a list of ${agoraPrivileges.join(', ')}.`);
  return [...new Set(found.filter((privilege) => privilege !== undefined))];
}

export function ruleIdOf(body: RuleBody): number {
  if (!Number.isSafeInteger(body.id)) throw invalid('id must be the number of a rule.');
  return body.id as number;
}

export function invalid(detail: string): HousecountError {
  return new HousecountError('body_invalid', detail);
}

export const durationSchemas = {
  time: optional(number('Minutes, 1 to 1440, clamped; default 60.')),
  time_in_seconds: optional(integer('Seconds, 10 to 86430, clamped; wins over `time`.')),
};
export const appidSchema = string('App id.');
export const ruleIdSchema = object({ appid: appidSchema, id: integer() });
export const isoOf = (ms: number) => new Date(ms).toISOString();

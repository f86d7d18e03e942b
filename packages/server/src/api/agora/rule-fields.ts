import type { agoraRuleChange, newAgoraRule, TypeOf } from '@housecount/schema';
import type { KickingRule } from '../../channel/rules.ts';
import { canonicalIp } from '../../net/address/ip-address.ts';

const secondsDefault = 3600;

/**
 * The duration of a rule, milliseconds (spec: rest 3.1): seconds win over minutes, both are clamped, 0 means a kick and
 * no rule, neither means an hour.
 */
export function durationMsOf({
  time: minutes,
  time_in_seconds: seconds,
}: Pick<TypeOf<typeof agoraRuleChange>, 'time' | 'time_in_seconds'>): number {
  if (seconds !== undefined) return seconds === 0 ? 0 : Math.round(clamp(seconds, 10, 86_430) * 1000);
  if (minutes !== undefined) return minutes === 0 ? 0 : Math.round(clamp(minutes, 1, 1440) * 60_000);
  return secondsDefault * 1000;
}

const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));

/**
 * The scope of a rule: the AND of the fields set; an empty text is not set. The shape refuses a rule without any, which would
 * speak of the whole app, and null: a client that lost its uid on the way must not ban the channel in its place.
 */
export function scopeOf({
  cname = '',
  uid,
  ip = '',
}: TypeOf<typeof newAgoraRule>): Pick<KickingRule, 'channel' | 'uid' | 'ip'> {
  return {
    ...(cname !== '' && { channel: cname }),
    ...(uid !== undefined && { uid }),
    ...(ip !== '' && { ip: canonicalIp(ip) }),
  };
}

export const isoOf = (ms: number) => new Date(ms).toISOString();

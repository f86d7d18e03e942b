import { isIP } from 'node:net';
import { HousecountError, isChannelName, uidMax } from '@housecount/protocol';
import { type KickingRule, type Privilege, privileges } from '../../channel/rules.ts';
import { limits } from '../../limits.ts';
import type { Log, RuleDraft } from '../../log/contract.ts';
import { canonicalIp } from '../../net/address/ip-address.ts';
import type { Backend } from '../../signaling/backend.ts';
import { array, integer, object, oneOf, optional, ref, string } from '../document/schema.ts';
import { type AppList, appOf } from '../request/apps.ts';
import type { Operation } from '../request/operation.ts';
import { appParameter, path, queryInteger } from '../request/parameters.ts';
import { type Fields, fieldsOf } from './signaling/body.ts';
import { legalPerson } from './signaling/places.ts';

/** Longest that a rule lasts, seconds: a year. */
const secondsMax = 365 * 86_400;

const limit = queryInteger('limit', 'Rules in one page.', {
  minimum: 1,
  maximum: limits.pageMax,
  default: 100,
});
const after = queryInteger('after', 'The `next` of the page before.', {
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  default: 0,
});
const ruleParameter = path('rule', 'Id of the rule.', integer());

interface Parts extends AppList {
  readonly log: Pick<Log, 'createRule' | 'deleteRule' | 'rules'>;
  readonly signaling: Pick<Backend, 'uidFor'>;
}

/** Rules that keep users, addresses or channels from something, for a time: made, listed and ended. */
export function ruleOperations(parts: Parts): readonly Operation[] {
  return [createRule(parts), listRules(parts), deleteRule(parts)];
}

function createRule(parts: Parts): Operation {
  const { log, signaling } = parts;
  return {
    method: 'POST',
    path: '/v1/apps/{app}/rules',
    id: 'createRule',
    summary: 'Keep a user, an address or a channel out, or from publishing, for a time',
    description:
      'It speaks of whom all fields that are set speak of; at least one is. `join_channel` puts them out at once, of live and signaling channels; without `channel` it ends their signaling session and refuses logins. `publish_message` refuses their messages. The rules of the Agora-compatible API are the same ones.',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'invalid_user_id', 'rate_limited', 'log_unavailable'],
    },
    parameters: [appParameter],
    body: object({
      channel: optional(string('Channel name.')),
      userId: optional(string('User id, or account.')),
      uid: optional(integer('In place of userId.', { minimum: 1, maximum: uidMax })),
      ip: optional(string('Address.')),
      privileges: array(oneOf(...privileges), 'What they may not do.'),
      seconds: integer('How long, from now.', { minimum: 1, maximum: secondsMax }),
    }),
    answer: { description: 'The rule holds, and those whom it keeps out are out.', schema: ref('Rule') },
    async handle({ context, body }) {
      const app = appOf(parts, context).id;
      const fields = fieldsOf(body, ['channel', 'userId', 'uid', 'ip', 'privileges', 'seconds']);
      const { seconds } = fields;
      if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 1 || seconds > secondsMax)
        throw invalid(`"seconds" must be a whole number from 1 to ${secondsMax}.`);
      const scope = { ...scopeOf(fields), privileges: privilegesOf(fields) };
      const whom = fields.userId === undefined ? {} : await signaling.uidFor(app, legalPerson(fields.userId));
      const outcome = await log.createRule({ app, ...scope, ...whom }, seconds * 1000);
      if (!outcome.ok) throw new HousecountError(outcome.code, outcome.detail);
      return shown(outcome.rule);
    },
  };
}

function listRules(parts: Pick<Parts, 'apps' | 'log'>): Operation {
  const { log } = parts;
  return {
    method: 'GET',
    path: '/v1/apps/{app}/rules',
    id: 'listRules',
    summary: 'The rules that hold',
    style: { kind: 'native', refusals: ['invalid_app_id'] },
    parameters: [appParameter, limit, after],
    answer: {
      description: 'In the order in which they were made.',
      schema: object({
        rules: array(ref('Rule')),
        total: integer('Rules of the app that hold.'),
        next: optional(integer('Send it as `after` for the next page; absent on the last.')),
      }),
    },
    handle({ context }) {
      const rules = log.rules(appOf(parts, context).id).toSorted((a, b) => a.id - b.id);
      const begin = after.read(context);
      const size = limit.read(context);
      const rest = rules.filter(({ id }) => id > begin);
      const page = rest.slice(0, size);
      const last = page.at(-1);
      return {
        rules: page.map(shown),
        total: rules.length,
        ...(last && rest.length > size && { next: last.id }),
      };
    },
  };
}

function deleteRule(parts: Pick<Parts, 'apps' | 'log'>): Operation {
  const { log } = parts;
  return {
    method: 'DELETE',
    path: '/v1/apps/{app}/rules/{rule}',
    id: 'deleteRule',
    summary: 'End a rule',
    style: { kind: 'native', refusals: ['invalid_app_id', 'not_found', 'log_unavailable'] },
    parameters: [appParameter, ruleParameter],
    answer: { description: 'The rule no longer holds.', schema: object({ id: integer() }) },
    async handle({ context }) {
      const app = appOf(parts, context).id;
      const { rule = '' } = context.params;
      const id = /^\d{1,16}$/.test(rule) ? Number(rule) : 0;
      const outcome = await log.deleteRule(app, id);
      if (!outcome.ok) throw new HousecountError(outcome.code, outcome.detail);
      return { id };
    },
  };
}

/** The shape of a rule, as it is shown. */
export const ruleSchema = object({
  id: integer(),
  channel: optional(string()),
  uid: optional(integer()),
  userId: optional(string('Where the rule was made for it.')),
  ip: optional(string()),
  privileges: array(oneOf(...privileges)),
  createdMs: integer('UTC epoch milliseconds.'),
  endsMs: integer('UTC epoch milliseconds.'),
});

function shown({ id, channel, uid, account, ip, privileges: of, createdMs, endsMs }: KickingRule) {
  return {
    id,
    ...(channel !== undefined && { channel }),
    ...(uid !== undefined && { uid }),
    ...(account !== undefined && { userId: account }),
    ...(ip !== undefined && { ip }),
    privileges: of,
    createdMs,
    endsMs,
  };
}

/** A field that is null is refused: who lost a name on the way must not ban everybody in its place. */
function scopeOf({ channel, userId, uid, ip }: Fields): Pick<RuleDraft, 'channel' | 'uid' | 'ip'> {
  if (channel !== undefined && !isChannelName(channel)) throw invalid('"channel" must be a channel name.');
  if (uid !== undefined && !isUid(uid)) throw invalid(`"uid" must be a whole number from 1 to ${uidMax}.`);
  if (ip !== undefined && (typeof ip !== 'string' || isIP(ip) === 0))
    throw invalid('"ip" must be an IP address.');
  if (uid !== undefined && userId !== undefined) throw invalid('Set "uid" or "userId".');
  if ([channel, userId, uid, ip].every((field) => field === undefined))
    throw invalid('Set "channel", "userId", "uid" or "ip".');
  return {
    ...(channel !== undefined && { channel }),
    ...(uid !== undefined && { uid }),
    ...(ip !== undefined && { ip: canonicalIp(ip) }),
  };
}

const isUid = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= uidMax;

function privilegesOf({ privileges: given }: Fields): readonly Privilege[] {
  const isKnown = (one: unknown): one is Privilege => privileges.some((privilege) => privilege === one);
  if (!Array.isArray(given) || given.length === 0 || !given.every(isKnown))
    throw invalid(`"privileges" must be a list of ${privileges.join(', ')}.`);
  return [...new Set(given)];
}

const invalid = (detail: string) => new HousecountError('body_invalid', detail);

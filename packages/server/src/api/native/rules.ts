import { HousecountError } from '@housecount/protocol';
import { deletedRule, integer, newRule, readBody, rule, ruleList } from '@housecount/schema';
import type { KickingRule } from '../../channel/rules.ts';
import { fixed } from '../../fixed-limits.ts';
import type { KickingRules } from '../../log/contract/rules.ts';
import { canonicalIp } from '../../net/address/ip-address.ts';
import type { Backend } from '../../signaling/backend.ts';
import { type AppList, appOf } from '../request/apps.ts';
import { type Operation, operation } from '../request/operation.ts';
import { appParameter, path, queryInteger } from '../request/parameters.ts';

const limit = queryInteger('limit', 'Rules in one page.', {
  minimum: 1,
  maximum: fixed.pageMax,
  default: 100,
});
const after = queryInteger('after', 'The `next` of the page before.', {
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  default: 0,
});
const ruleParameter = path('rule', 'Id of the rule.', integer());

interface Parts extends AppList {
  readonly log: Pick<KickingRules, 'deleteRule' | 'rules'>;
  readonly rules: Pick<KickingRules, 'createRule'>;
  readonly signaling: Pick<Backend, 'uidFor'>;
}

/** Rules that keep users, addresses or channels from something, for a time: made, listed and ended. */
export function ruleOperations(parts: Parts): readonly Operation[] {
  return [createRule(parts), listRules(parts), deleteRule(parts)];
}

function createRule(parts: Pick<Parts, 'apps' | 'rules' | 'signaling'>): Operation {
  const { rules, signaling } = parts;
  return operation({
    method: 'POST',
    path: '/v1/apps/{app}/rules',
    id: 'createRule',
    summary: 'Keep a user, an address or a channel out, or from publishing, for a time',
    description:
      'It speaks of whom all fields that are set speak of; at least one is. `join_channel` puts them out at once, of live and signaling channels; without `channel` it ends their signaling session and refuses logins. `publish_message` refuses their messages. Who is linked to a user of signaling is one person with them, and the rule keeps whom else it meant. The rules of the Agora-compatible API are the same ones.',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'invalid_user_id', 'rate_limited', 'log_unavailable'],
    },
    parameters: [appParameter],
    body: newRule,
    answer: {
      description:
        'The rule holds, and those whom it keeps out are out; by address, as far as that takes half a second.',
      schema: rule,
    },
    async handle({ context, body }) {
      const app = appOf(parts, context).id;
      const { userId, seconds, ip, privileges, ...scope } = readBody(newRule, body);
      const draft = {
        app,
        ...scope,
        ...(ip !== undefined && { ip: canonicalIp(ip) }),
        privileges: [...new Set(privileges)],
      };
      const whom = userId === undefined ? {} : await signaling.uidFor(app, userId);
      const outcome = await rules.createRule({ ...draft, ...whom }, seconds * 1000);
      if (!outcome.ok) throw new HousecountError(outcome.code, outcome.detail);
      return shown(outcome.rule);
    },
  });
}

function listRules(parts: Pick<Parts, 'apps' | 'log'>): Operation {
  const { log } = parts;
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/rules',
    id: 'listRules',
    summary: 'The rules that hold',
    style: { kind: 'native', refusals: ['invalid_app_id'] },
    parameters: [appParameter, limit, after],
    answer: {
      description: 'In the order in which they were made.',
      schema: ruleList,
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
  });
}

function deleteRule(parts: Pick<Parts, 'apps' | 'log'>): Operation {
  const { log } = parts;
  return operation({
    method: 'DELETE',
    path: '/v1/apps/{app}/rules/{rule}',
    id: 'deleteRule',
    summary: 'End a rule',
    style: { kind: 'native', refusals: ['invalid_app_id', 'not_found', 'log_unavailable'] },
    parameters: [appParameter, ruleParameter],
    answer: { description: 'The rule no longer holds.', schema: deletedRule },
    async handle({ context }) {
      const app = appOf(parts, context).id;
      const { rule = '' } = context.params;
      const id = /^\d{1,16}$/.test(rule) ? Number(rule) : 0;
      const outcome = await log.deleteRule(app, id);
      if (!outcome.ok) throw new HousecountError(outcome.code, outcome.detail);
      return { id };
    },
  });
}

function shown({
  id,
  channel,
  uid,
  account,
  ip,
  members,
  membersIn,
  users,
  privileges: of,
  createdMs,
  endsMs,
}: KickingRule) {
  return {
    id,
    ...(channel !== undefined && { channel }),
    ...(uid !== undefined && { uid }),
    ...(account !== undefined && { userId: account }),
    ...(ip !== undefined && { ip }),
    ...(members && { members }),
    ...(membersIn && { membersIn }),
    ...(users && { users }),
    privileges: of,
    createdMs,
    endsMs,
  };
}

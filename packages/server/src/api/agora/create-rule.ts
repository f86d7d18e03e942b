import { HousecountError } from '@housecount/protocol';
import { agoraRuleMade, newAgoraRule, readBody } from '@housecount/schema';
import type { KickingRules } from '../../log/contract/rules.ts';
import { type AppList, agoraAppOf } from '../request/apps.ts';
import { type Operation, operation } from '../request/operation.ts';
import { durationMsOf, scopeOf } from './rule-fields.ts';
import { other } from './style.ts';

interface Parts extends AppList {
  readonly rules: Pick<KickingRules, 'createRule'>;
}

/** Spec: rest 3.1. */
export function createRule(parts: Parts): Operation {
  return operation({
    method: 'POST',
    path: '/dev/v1/kicking-rule',
    id: 'agoraCreateRule',
    summary: 'Keep a user, channel or address out, or from publishing; time 0 puts offline once',
    style: other('create rule', 'invalid_app_id', 'log_unavailable'),
    parameters: [],
    body: newAgoraRule,
    answer: {
      description:
        'The rule holds, and those whom it keeps out are out; by address, as far as that takes half a second.',
      schema: agoraRuleMade,
    },
    async handle({ body: given }) {
      const body = readBody(newAgoraRule, given);
      const app = agoraAppOf(parts, body.appid).id;
      const draft = { app, ...scopeOf(body), privileges: [...new Set(body.privileges)] };
      const outcome = await parts.rules.createRule(draft, durationMsOf(body));
      if (!outcome.ok) throw new HousecountError(outcome.code, outcome.detail);
      return { status: 'success', id: outcome.rule.id };
    },
  });
}

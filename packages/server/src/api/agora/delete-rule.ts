import { HousecountError } from '@housecount/protocol';
import { agoraRuleId, agoraRuleMade, readBody } from '@housecount/schema';
import type { KickingRules } from '../../log/contract/rules.ts';
import { type AppList, agoraAppOf } from '../request/apps.ts';
import { type Operation, operation } from '../request/operation.ts';
import { other } from './style.ts';

interface Parts extends AppList {
  readonly log: Pick<KickingRules, 'deleteRule'>;
}

/** Spec: rest 3.4. The rule is named in a JSON body. */
export function deleteRule(parts: Parts): Operation {
  return operation({
    method: 'DELETE',
    path: '/dev/v1/kicking-rule',
    id: 'agoraDeleteRule',
    summary: 'End a rule',
    style: other('delete rule', 'invalid_app_id', 'not_found', 'log_unavailable'),
    parameters: [],
    body: agoraRuleId,
    answer: {
      description: 'The rule no longer holds.',
      schema: agoraRuleMade,
    },
    async handle({ body: given }) {
      const body = readBody(agoraRuleId, given);
      const app = agoraAppOf(parts, body.appid).id;
      const { id } = body;
      const outcome = await parts.log.deleteRule(app, id);
      if (!outcome.ok) throw new HousecountError(outcome.code, outcome.detail);
      return { status: 'success', id };
    },
  });
}

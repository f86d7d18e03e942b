import { HousecountError } from '@housecount/protocol';
import { agoraRuleChange, agoraRuleChanged, readBody } from '@housecount/schema';
import type { KickingRules } from '../../log/contract/rules.ts';
import { type AppList, agoraAppOf } from '../request/apps.ts';
import { type Operation, operation } from '../request/operation.ts';
import { durationMsOf, isoOf } from './rule-fields.ts';
import { other } from './style.ts';

interface Parts extends AppList {
  readonly log: Pick<KickingRules, 'changeRule'>;
}

/** Spec: rest 3.3. The new end counts from now; a rule cannot be made to last 0: that is what DELETE is for. */
export function changeRule(parts: Parts): Operation {
  return operation({
    method: 'PUT',
    path: '/dev/v1/kicking-rule',
    id: 'agoraChangeRule',
    summary: 'Change when a rule ends',
    style: other('change rule', 'invalid_app_id', 'not_found', 'log_unavailable'),
    parameters: [],
    body: agoraRuleChange,
    answer: {
      description: 'The rule ends at `ts`.',
      schema: agoraRuleChanged,
    },
    async handle({ body: given }) {
      const body = readBody(agoraRuleChange, given);
      const app = agoraAppOf(parts, body.appid).id;
      const { id } = body;
      const durationMs = durationMsOf(body);
      const outcome = await parts.log.changeRule(app, id, durationMs);
      if (!outcome.ok) throw new HousecountError(outcome.code, outcome.detail);
      return { status: 'success', result: { id, ts: isoOf(outcome.rule.endsMs) } };
    },
  });
}

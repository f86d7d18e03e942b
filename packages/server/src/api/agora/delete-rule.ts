import { HousecountError } from '@housecount/protocol';
import type { Log } from '../../log/contract.ts';
import { constant, integer, object } from '../document/schema.ts';
import { type AppList, agoraAppOf } from '../request/apps.ts';
import type { Operation } from '../request/operation.ts';
import { ruleBody, ruleIdOf, ruleIdSchema } from './rule-fields.ts';
import { other } from './style.ts';

interface Parts extends AppList {
  readonly log: Pick<Log, 'deleteRule'>;
}

/** Spec: rest 3.4. The rule is named in a JSON body. */
export function deleteRule(parts: Parts): Operation {
  return {
    method: 'DELETE',
    path: '/dev/v1/kicking-rule',
    id: 'agoraDeleteRule',
    summary: 'End a rule',
    style: other('delete rule', 'invalid_app_id', 'not_found', 'log_unavailable'),
    parameters: [],
    body: ruleIdSchema,
    answer: {
      description: 'The rule no longer holds.',
      schema: object({ status: constant('success'), id: integer() }),
    },
    async handle({ body: given }) {
      const body = ruleBody(given);
      const app = agoraAppOf(parts, body.appid).id;
      const id = ruleIdOf(body);
      const outcome = await parts.log.deleteRule(app, id);
      if (!outcome.ok) throw new HousecountError(outcome.code, outcome.detail);
      return { status: 'success', id };
    },
  };
}

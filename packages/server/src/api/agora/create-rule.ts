import { HousecountError } from '@housecount/protocol';
import { agoraPrivileges } from '../../channel/rules.ts';
import type { Log } from '../../log/contract.ts';
import { array, constant, integer, object, oneOf, optional, string } from '../document/schema.ts';
import { type AppList, agoraAppOf } from '../request/apps.ts';
import type { Operation } from '../request/operation.ts';
import {
  appidSchema,
  durationMsOf,
  durationSchemas,
  privilegesOf,
  ruleBody,
  scopeOf,
} from './rule-fields.ts';
import { other } from './style.ts';

interface Parts extends AppList {
  readonly log: Pick<Log, 'createRule'>;
}

/** Spec: rest 3.1. */
export function createRule(parts: Parts): Operation {
  return {
    method: 'POST',
    path: '/dev/v1/kicking-rule',
    id: 'agoraCreateRule',
    summary: 'Keep a user, channel or address out, or from publishing; time 0 puts offline once',
    style: other('create rule', 'invalid_app_id', 'log_unavailable'),
    parameters: [],
    body: object({
      appid: appidSchema,
      cname: optional(string('Channel; empty: not set.')),
      uid: optional(integer('1 to 4294967295.', { minimum: 1, maximum: 0xffffffff })),
      ip: optional(string('Address; empty: not set.')),
      ...durationSchemas,
      privileges: array(oneOf(...agoraPrivileges)),
    }),
    answer: {
      description: 'The rule holds, and those whom it keeps out are out.',
      schema: object({ status: constant('success'), id: integer() }),
    },
    async handle({ body: given }) {
      const body = ruleBody(given);
      const app = agoraAppOf(parts, body.appid).id;
      const draft = { app, ...scopeOf(body), privileges: privilegesOf(body) };
      const outcome = await parts.log.createRule(draft, durationMsOf(body));
      if (!outcome.ok) throw new HousecountError(outcome.code, outcome.detail);
      return { status: 'success', id: outcome.rule.id };
    },
  };
}

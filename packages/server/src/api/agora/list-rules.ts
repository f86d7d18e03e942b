import { agoraRuleList } from '@housecount/schema';
import { agoraPrivileges, type KickingRule } from '../../channel/rules.ts';
import type { KickingRules } from '../../log/contract/rules.ts';
import { type AppList, agoraAppOf } from '../request/apps.ts';
import { type Operation, operation } from '../request/operation.ts';
import { queryText } from '../request/parameters.ts';
import { isoOf } from './rule-fields.ts';
import { other } from './style.ts';

const appid = { ...queryText('appid', 'App id.'), required: true };

interface Parts extends AppList {
  readonly log: Pick<KickingRules, 'rules'>;
}

/** Spec: rest 3.2. Rules that have ended are not listed. */
export function listRules(parts: Parts): Operation {
  return operation({
    method: 'GET',
    path: '/dev/v1/kicking-rule',
    id: 'agoraListRules',
    summary: 'The rules of an app',
    style: other('list rules', 'invalid_app_id'),
    parameters: [appid],
    answer: {
      description: 'All of them.',
      schema: agoraRuleList,
    },
    handle({ context }) {
      const app = agoraAppOf(parts, appid.read(context));
      return { status: 'success', rules: parts.log.rules(app.id).flatMap(toAgoraRule) };
    },
  });
}

/** A rule as far as this API has words for it. */
function toAgoraRule(rule: KickingRule) {
  const privileges = agoraPrivileges.filter((privilege) => rule.privileges.includes(privilege));
  if (privileges.length === 0) return [];
  const shown = {
    id: rule.id,
    appid: rule.app,
    // 0 would be a uid that never was; null says "not set".
    uid: rule.uid ?? null,
    opid: rule.id,
    cname: rule.channel ?? '',
    ip: rule.ip ?? '',
    ts: isoOf(rule.endsMs),
    privileges,
    createAt: isoOf(rule.createdMs),
    updateAt: isoOf(rule.updatedMs),
  };
  return [shown];
}

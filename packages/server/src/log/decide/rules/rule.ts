import { isOtherHalf, type KickingRule, type MemberPlace, type PutOutOnce } from '../../../channel/rules.ts';
import { fixed } from '../../../fixed-limits.ts';
import type { RuleDraft } from '../../contract/rules.ts';
import type { StateView } from '../../state/state-view.ts';
import { type Decided, refuse } from '../decided.ts';
import { nobodyElse, type OtherHalves } from './other-halves.ts';

/** A new rule, with an id of its own in the app. When there is no room, those of the app that have ended make it. */
export function decideRule(
  state: StateView,
  draft: RuleDraft,
  durationMs: number,
  nowMs: number,
  others: OtherHalves = nobodyElse,
  isMemberAlone = false,
): Decided {
  const { app } = draft;
  const { appRulesMax } = state.limitsOf(app);
  const isFull = state.rules.size(app) >= appRulesMax;
  const ended = isFull ? state.rules.all(app).filter(({ endsMs }) => endsMs <= nowMs) : [];
  if (isFull && ended.length === 0)
    return {
      ...refuse('rate_limited'),
      detail: `The app has as many kicking rules as it may have (${appRulesMax}).`,
    };
  const id = Math.max(nowMs, state.rules.lastId(app) + 1);
  const times = { endsMs: nowMs + durationMs, createdMs: nowMs, updatedMs: nowMs };
  const rule: KickingRule = { ...draft, ...recorded(draft, others), id, ...times };
  const deletions = ended
    .slice(0, fixed.batchRecordsMax)
    .map((each) => ({ type: 'rule-deleted', app, ruleId: each.id, atMs: nowMs }) as const);
  const isByAddress = draft.ip !== undefined && draft.privileges.includes('join_channel');
  const putsOut = isByAddress && { putsOut: putOutOnce(others, isMemberAlone) };
  return { ok: true, records: [...deletions, { type: 'rule-set', app, rule, ...putsOut, atMs: nowMs }] };
}

/** Whom else a rule puts out when it is made, and does not keep: as many as it keeps at most. */
function putOutOnce({ members, unproven, users }: OtherHalves, isMemberAlone: boolean): PutOutOnce {
  const { rulePersonsMax } = fixed;
  const membersIn = [...members.slice(rulePersonsMax), ...unproven].slice(0, rulePersonsMax);
  const more = users.slice(rulePersonsMax, 2 * rulePersonsMax);
  return {
    ...(membersIn.length > 0 && { membersIn }),
    ...(more.length > 0 && { users: more }),
    ...(isMemberAlone && { isMemberAlone }),
  };
}

/** What a rule keeps of whom else it means: nothing where there is nobody. */
const recorded = ({ channel }: RuleDraft, { members, users }: OtherHalves) => ({
  ...(members.length > 0 && keptMembers(channel, members.slice(0, fixed.rulePersonsMax))),
  ...(users.length > 0 && { users: users.slice(0, fixed.rulePersonsMax) }),
});

const keptMembers = (channel: string | undefined, members: readonly MemberPlace[]) =>
  channel === undefined ? { membersIn: members } : { members: members.map(({ uid }) => uid) };

/**
 * The rule as it is when a member that was linked late has been put out by it: it keeps out that member from then on. undefined: it names
 * it already, or has no more room.
 */
export function ruleWithMember(
  rule: KickingRule,
  { channel, uid }: MemberPlace,
  nowMs: number,
): KickingRule | undefined {
  const { members = [], membersIn = [] } = rule;
  if (rule.uid === undefined || rule.uid === uid || isOtherHalf(rule, { channel, uid })) return undefined;
  if (members.length + membersIn.length >= fixed.rulePersonsMax) return undefined;
  const more =
    rule.channel === undefined
      ? { membersIn: [...membersIn, { channel, uid }] }
      : { members: [...members, uid] };
  return { ...rule, ...more, updatedMs: nowMs };
}

/** A rule that lasts `durationMs` from now on; ended ones are not found. */
export function decideRuleChange(
  state: StateView,
  app: string,
  id: number,
  durationMs: number,
  nowMs: number,
): Decided {
  const rule = state.rules.get(app, id);
  if (!rule || rule.endsMs <= nowMs) return refuse('not_found');
  const changed: KickingRule = { ...rule, endsMs: nowMs + durationMs, updatedMs: nowMs };
  return { ok: true, records: [{ type: 'rule-set', app, rule: changed, atMs: nowMs }] };
}

export function decideRuleDelete(state: StateView, app: string, id: number, nowMs: number): Decided {
  const rule = state.rules.get(app, id);
  if (!rule || rule.endsMs <= nowMs) return refuse('not_found');
  return { ok: true, records: [{ type: 'rule-deleted', app, ruleId: id, atMs: nowMs }] };
}

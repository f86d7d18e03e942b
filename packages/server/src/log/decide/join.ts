import type { RuleScope } from '@housecount/protocol';
import { apply } from '../../channel/apply.ts';
import type { JoinCommand } from '../../channel/command.ts';
import type { RuleSubject } from '../../channel/rules.ts';
import type { Random } from '../../clock.ts';
import type { JoinRequest } from '../contract/commands.ts';
import type { StateView } from '../state/state-view.ts';
import { channelLimits } from './channel-limits.ts';
import { type Decided, decidedOf, refuse } from './decided.ts';
import { decideIdentity, isAccountsUid } from './identity.ts';
import { channelsFull } from './quota.ts';
import { userSubject } from './rules/other-halves.ts';

/** A join: who it is, whether a rule keeps it out, then what the channel says. `on`: the number of the node's incarnation that it came to. */
export function decideJoin(
  state: StateView,
  request: JoinRequest,
  random: Random,
  nowMs: number,
  on?: number,
): Decided {
  const { key, identity, insteadOf } = request;
  const { app, kind } = key;
  const channel = state.channel(key);
  const ending = insteadOf === undefined ? undefined : state.endingOf(app, insteadOf, nowMs);
  if (ending) return refuse(ending.code);
  const identified = decideIdentity(state, request, random, nowMs);
  if (!identified.ok) return identified;
  const { uid } = identified;
  const ruleScope = bannedFrom(state, request, uid, nowMs);
  if (ruleScope !== undefined) return { ok: false, code: 'banned', ruleScope };
  if (kind === 'live' && 'uid' in identity && isAccountsUid(state, key, uid)) return refuse('uid_taken');
  const full = kind === 'user' ? undefined : channelsFull(state, channel, nowMs);
  if (full) return full;
  const command = commandOf(request, uid, newSid(random), on);
  const room = channelLimits(state.limitsOf(app), kind, request);
  const decided = decidedOf(channel, apply(channel, command, nowMs, room));
  if (!decided.ok || identified.records.length === 0) return decided;
  return { ok: true, records: [...identified.records, ...decided.records] };
}

/** A rule that keeps out who joins, or the user that its token says it is. */
function bannedFrom(
  state: StateView,
  { key, identity, userId, ip }: JoinRequest,
  uid: number,
  nowMs: number,
): RuleScope | undefined {
  const { app, kind } = key;
  // Most apps have none.
  if (state.rules.size(app) === 0) return undefined;
  // A rule about a channel of that name is not about the user.
  const channel = kind === 'user' ? '' : key.name;
  const name = 'account' in identity ? identity.account : String(uid);
  const subjects: RuleSubject[] = [{ channel, uid, ip, ...(kind !== 'live' && { userId: name }) }];
  if (userId !== undefined) subjects.push(userSubject(state, app, { channel, ip, userId }, nowMs));
  for (const subject of subjects) {
    const scope = state.rules.banned(app, subject, 'join_channel', nowMs);
    if (scope !== undefined) return scope;
  }
  return undefined;
}

function commandOf(request: JoinRequest, uid: number, sid: string, on?: number): JoinCommand {
  const { identity, userId, linkAwaited, unproven } = request;
  return {
    type: 'join',
    connectionId: request.connectionId,
    connectionKind: request.connectionKind,
    ...(on !== undefined && { on }),
    uid,
    ...('account' in identity && { account: identity.account }),
    role: request.role,
    ...(request.profile !== undefined && { profile: request.profile }),
    platform: request.platform,
    ...(request.clientType !== undefined && { clientType: request.clientType }),
    ...(request.tokenEndsMs !== undefined && { tokenEndsMs: request.tokenEndsMs }),
    ...(request.publish && { publish: request.publish }),
    ...(request.streams && { streams: request.streams }),
    ...(request.formerConnectionId !== undefined && { formerConnectionId: request.formerConnectionId }),
    ...(request.insteadOf !== undefined && { insteadOf: request.insteadOf }),
    ...(request.attempt !== undefined && { attempt: request.attempt }),
    leaseMs: request.leaseMs,
    ...(request.quiet !== undefined && { quiet: request.quiet }),
    ...(userId !== undefined && { userId }),
    ...(linkAwaited && { linkAwaited }),
    ...(unproven && { unproven }),
    newSid: sid,
  };
}

/** `C` and 15 characters, 75 bits: as long as the ids that receivers have seen so far, and never the same twice. */
const newSid = (random: Random): string => `C${random.id(15)}`;

import type { Code, Role } from '@housecount/protocol';
import { apply } from '../../channel/apply.ts';
import type { ChannelCommand } from '../../channel/command.ts';
import type { KickingRule } from '../../channel/rules.ts';
import type { SignalingCommand, SignalingState } from '../../channel/signaling.ts';
import {
  applySignaling,
  isForgettable,
  type SignalingDecision,
  textBytesAdded,
} from '../../channel/signaling-apply.ts';
import type { Random } from '../../clock.ts';
import { limits } from '../../limits.ts';
import type { JoinRequest, Refused, RuleDraft, SignalingKey, SignalingRequest } from '../contract.ts';
import type { LogRecord, MessageRecord } from '../record.ts';
import { conversationOf, type WorldView } from '../world.ts';
import { decideIdentity, isAccountsUid } from './identity.ts';

/** One command decided: the records of its transaction, or why not. Everything here is a pure function of its arguments. */
export type Decided = { readonly ok: true; readonly records: readonly LogRecord[] } | Refusal;
export type Refusal = Refused;

const refuse = (code: Code): Refusal => ({ ok: false, code });

/** A join: who it is, whether a rule keeps it out, then what the channel says. */
export function decideJoin(world: WorldView, request: JoinRequest, random: Random, nowMs: number): Decided {
  const { app, channel } = request;
  const state = world.state(app, channel);
  const identified = decideIdentity(world, request, random, nowMs);
  if (!identified.ok) return identified;
  const { uid } = identified;
  const ruleScope = world.rules.banned(app, { channel, uid, ip: request.ip }, 'join_channel', nowMs);
  if (ruleScope !== undefined) return { ok: false, code: 'banned', ruleScope };
  if ('uid' in request.identity && isAccountsUid(world, { app, channel, uid })) return refuse('uid_taken');
  if (state.sid === undefined && world.openCount(app) >= limits.appChannelsMax)
    return refuse('channels_full');

  const decision = apply(
    state,
    {
      type: 'join',
      connectionId: request.connectionId,
      connectionKind: request.connectionKind,
      uid,
      ...('account' in request.identity && { account: request.identity.account }),
      role: request.role,
      ...(request.profile !== undefined && { profile: request.profile }),
      platform: request.platform,
      ...(request.clientType !== undefined && { clientType: request.clientType }),
      ...(request.tokenEndsMs !== undefined && { tokenEndsMs: request.tokenEndsMs }),
      ...(request.publish && { publish: request.publish }),
      ...(request.formerConnectionId !== undefined && { formerConnectionId: request.formerConnectionId }),
      leaseMs: request.leaseMs,
      newSid: newSid(random),
    },
    nowMs,
    liveLimits(request),
  );
  if ('refused' in decision) return refuse(decision.refused);
  return { ok: true, records: [...identified.records, ...decision.records] };
}

/** Any other command of a channel. */
export function decideCommand(
  world: WorldView,
  app: string,
  channel: string,
  command: ChannelCommand,
  nowMs: number,
): Decided {
  const rights = command.type === 'set-role' ? command : {};
  const decision = apply(world.state(app, channel), command, nowMs, liveLimits(rights));
  return 'refused' in decision ? refuse(decision.refused) : { ok: true, records: decision.records };
}

/** A command of a signaling channel; a join says first who it is, and whether a rule keeps it out. */
export function decideSignaling(
  world: WorldView,
  key: SignalingKey,
  request:
    | SignalingRequest
    | { readonly type: 'tick' }
    | Extract<SignalingCommand, { type: 'recover' | 'blind' }>,
  random: Random,
  nowMs: number,
): Decided {
  const state = world.signaling(key);
  if (isForgettable(state) && world.signalingCount(key.app) >= limits.appSignalingChannelsMax)
    return refuse('channels_full');
  const full = appFull(world, key.app, request);
  if (full) return full;
  const channelLimits = key.channelType === 'STREAM' ? streamLimits : signalingLimits;
  if (request.type !== 'join') {
    const decision = decided(applySignaling(state, request, nowMs, channelLimits));
    return textsFull(world, state, decision) ?? decision;
  }
  const { app, channel } = key;
  const { identity, connectionId, quiet, leaseMs, tokenEndsMs, ip } = request;
  const identified = decideIdentity(world, { app, channel, identity }, random, nowMs);
  if (!identified.ok) return identified;
  const { uid } = identified;
  const ruleScope = world.rules.banned(app, { channel, uid, ip }, 'join_channel', nowMs);
  if (ruleScope !== undefined) return { ok: false, code: 'banned', ruleScope };
  const join = {
    type: 'join',
    connectionId,
    connectionKind: 'signaling',
    uid,
    ...('account' in identity && { account: identity.account }),
    role: 'audience',
    platform: 0,
    quiet,
    ...(tokenEndsMs !== undefined && { tokenEndsMs }),
    leaseMs,
    newSid: newSid(random),
  } as const;
  const decision = decided(applySignaling(state, join, nowMs, channelLimits));
  return decision.ok ? { ok: true, records: [...identified.records, ...decision.records] } : decision;
}

/** The refusal of what would add to an app's metadata and locks when there is no room for more. */
function appFull(
  world: WorldView,
  app: string,
  request: SignalingRequest | { readonly type: 'tick' | 'recover' | 'blind' },
): Refusal | undefined {
  const isLock = request.type === 'set-lock';
  if (!isLock && (request.type !== 'change-metadata' || request.mode === 'remove')) return undefined;
  const full = (detail: string) => ({ ...refuse(isLock ? 'locks_full' : 'metadata_full'), detail });
  if (world.keptBytes(app) >= limits.appKeptBytesMax)
    return full(`The app has ${limits.appKeptBytesMax} bytes of metadata and locks.`);
  const author = isLock ? request.by : request.isOwners ? undefined : request.author;
  if (author !== undefined && world.authorBytes(app, author) >= limits.authorKeptBytesMax)
    return full(`The user has ${limits.authorKeptBytesMax} bytes of metadata and locks in this app.`);
  return undefined;
}

/** The refusal of what would add to an app's states and topics when there is no room for more. */
function textsFull(world: WorldView, state: SignalingState, decision: Decided): Refusal | undefined {
  if (!decision.ok || world.textBytes(state.app) < limits.appTextBytesMax) return undefined;
  for (const record of decision.records) {
    if (record.type !== 'signaling') continue;
    const { type } = record.change;
    const isAsked = type === 'states-set' || type === 'topics-set';
    if (!isAsked || textBytesAdded(state, record) <= 0) continue;
    const detail = `The app has ${limits.appTextBytesMax} bytes of states and topics.`;
    return { ...refuse(type === 'states-set' ? 'states_full' : 'publishers_full'), detail };
  }
  return undefined;
}

const decided = (decision: SignalingDecision): Decided =>
  'refused' in decision ? refuse(decision.refused) : { ok: true, records: decision.records };

/** A message to be kept. Its time may be ahead of the clock's where a conversation has more than one in a millisecond. */
export function decideMessage(
  world: WorldView,
  message: Omit<MessageRecord, 'type' | 'atMs'>,
  nowMs: number,
): Decided {
  const atMs = world.messageTimes.next(conversationOf(message), nowMs);
  if (atMs > nowMs + limits.messageAheadMsMax) return refuse('rate_limited');
  return { ok: true, records: [{ type: 'message', ...message, atMs }] };
}

/** A new rule, with an id of its own in the app. When there is no room, those of the app that have ended make it. */
export function decideRule(world: WorldView, draft: RuleDraft, durationMs: number, nowMs: number): Decided {
  const { app } = draft;
  const isFull = world.rules.size(app) >= limits.appRulesMax;
  const ended = isFull ? world.rules.all(app).filter(({ endsMs }) => endsMs <= nowMs) : [];
  if (isFull && ended.length === 0) return refuse('rate_limited');
  const id = Math.max(nowMs, world.rules.lastId(app) + 1);
  const rule: KickingRule = { ...draft, id, endsMs: nowMs + durationMs, createdMs: nowMs, updatedMs: nowMs };
  const deletions = ended.map(
    (each) => ({ type: 'rule-deleted', app, ruleId: each.id, atMs: nowMs }) as const,
  );
  return { ok: true, records: [...deletions, { type: 'rule-set', app, rule, atMs: nowMs }] };
}

/** A rule that lasts `durationMs` from now on; ended ones are not found. */
export function decideRuleChange(
  world: WorldView,
  app: string,
  id: number,
  durationMs: number,
  nowMs: number,
): Decided {
  const rule = world.rules.get(app, id);
  if (!rule || rule.endsMs <= nowMs) return refuse('not_found');
  const changed: KickingRule = { ...rule, endsMs: nowMs + durationMs, updatedMs: nowMs };
  return { ok: true, records: [{ type: 'rule-set', app, rule: changed, atMs: nowMs }] };
}

export function decideRuleDelete(world: WorldView, app: string, id: number, nowMs: number): Decided {
  const rule = world.rules.get(app, id);
  if (!rule || rule.endsMs <= nowMs) return refuse('not_found');
  return { ok: true, records: [{ type: 'rule-deleted', app, ruleId: id, atMs: nowMs }] };
}

/** `C` and 15 characters, 75 bits: as long as the ids that receivers have seen so far, and never the same twice. */
const newSid = (random: Random): string => `C${random.id(15)}`;

/** A broadcaster finds a place in a channel full of audience, and who may publish one among broadcasters who may not. */
function liveLimits({ role, mayPublish = true }: { readonly role?: Role; readonly mayPublish?: boolean }) {
  const { channelMembersMax, channelHostsMax, channelHostsReserved } = limits;
  return {
    membersMax: channelMembersMax + (role === 'broadcaster' ? channelHostsMax : 0),
    hostsMax: channelHostsMax - (mayPublish ? 0 : channelHostsReserved),
  };
}
const signalingLimits = {
  membersMax: limits.channelMembersMax,
  hostsMax: 0,
  statesMax: limits.signalingStatesMax,
  metadataBytesMax: limits.metadataBytesMax,
  metadataItemsMax: limits.metadataItemsMax,
  locksMax: limits.channelLocksMax,
  topicsMax: limits.memberTopicsMax,
  publishersMax: limits.channelPublishersMax,
};
const streamLimits = { ...signalingLimits, membersMax: limits.streamMembersMax };

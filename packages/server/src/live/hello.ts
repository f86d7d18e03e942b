import type { Code, HelloFrame } from '@housecount/protocol';
import { liveKey, type OpenChannel } from '../channel/channel.ts';
import type { Member } from '../channel/membership/member.ts';
import { mayBroadcast, type PublishRights } from '../channel/membership/rights.ts';
import type { Clock, Random } from '../clock.ts';
import { fixed } from '../fixed-limits.ts';
import type { AddressNotes } from '../log/contract/address-notes.ts';
import type { Channels } from '../log/contract/channels.ts';
import type { CommandOutcome, Commands } from '../log/contract/commands.ts';
import type { Identities } from '../log/contract/identities.ts';
import type { PastEndings } from '../log/contract/past-endings.ts';
import type { Refused } from '../log/contract/refused.ts';
import type { Bans } from '../log/contract/rules.ts';
import type { Socket } from '../net/socket/socket.ts';
import { type EdgeApp, pinnedProfile } from '../token/edge-app.ts';
import { publishEndsMsOf } from '../token/publish-ends.ts';
import { type ResumeClaim, verifyResumeKey } from '../token/resume-key.ts';
import {
  checkToken,
  type TokenGrant,
  type TokenIdentity,
  type TokenTime,
  tokenTime,
} from '../token/verify.ts';
import { isForOne, type JoinBudgets } from './join-budgets.ts';
import { rightsOf } from './may-send.ts';

/** A hello that was taken: the member stands in the log. */
export interface Admission {
  readonly ok: true;
  readonly app: EdgeApp;
  readonly grant: TokenGrant;
  readonly channel: OpenChannel;
  readonly member: Member;
  readonly resumed: boolean;
}
export type HelloRefusal = Refused;

export interface HelloNeeds {
  readonly apps: Pick<ReadonlyMap<string, EdgeApp>, 'get'>;
  readonly log: Bans &
    Pick<Channels, 'channel'> &
    Pick<PastEndings, 'endingOf'> &
    Commands &
    AddressNotes &
    Pick<Identities, 'uidOf'>;
  readonly clock: Clock;
  readonly random: Pick<Random, 'id'>;
  readonly joins: Pick<JoinBudgets, 'takeJoin' | 'takeChange'>;
  readonly resumeSecret: Uint8Array;
  /** Silence allowed for an rtc connection, milliseconds. */
  readonly leaseMs: number;
  /** A client is about to resume: its old socket is dropped. `failed`: it did not, so the member is without a socket. */
  comingBack(claim: ResumeClaim): { failed(): void };
}

const tooManyJoins = 'Too many joins with this address or token; come back a little later.';

/**
 * Decides a hello whose fields are legal: app, token, kicking rules, then the log. Resolves when the join or the resume is
 * durable. A refusal changed nothing.
 */
export async function admit(
  needs: HelloNeeds,
  hello: HelloFrame,
  client: Pick<Socket, 'address' | 'isHere'>,
): Promise<Admission | HelloRefusal> {
  const app = needs.apps.get(hello.app);
  if (!app) return refuse('invalid_app_id');
  return hello.resume === undefined
    ? join(needs, app, hello, client)
    : resume(needs, app, hello, hello.resume, client);
}

async function join(
  needs: HelloNeeds,
  app: EdgeApp,
  hello: HelloFrame,
  { address, isHere }: Pick<Socket, 'address' | 'isHere'>,
): Promise<Admission | HelloRefusal> {
  const { log, clock, random } = needs;
  const { channel } = hello;
  const identity: TokenIdentity =
    hello.account === undefined ? { uid: hello.uid ?? 0 } : { account: hello.account };
  const time = tokenTime(clock);
  const grant = tokenOf(app, hello, identity, { ...time, isHere });
  if (!grant.ok) return grant;
  const knownUid = 'account' in identity ? log.uidOf(app.id, identity.account) : identity.uid;
  const ruleScope = log.banned(app.id, { channel, uid: knownUid ?? 0, ip: address }, 'join_channel');
  if (ruleScope !== undefined) return { ok: false, code: 'banned', ruleScope };
  const role = hello.role ?? 'audience';
  const pinned = pinnedProfile(app, channel);
  if (pinned !== undefined && hello.profile !== undefined && hello.profile !== pinned)
    return refuse('profile_mismatch', `The server has pinned it: ${pinned}.`);
  const profile = pinned ?? hello.profile ?? 'live';
  const rights = rightsOf(app, grant);
  if ((role === 'broadcaster' || profile === 'communication') && !mayBroadcast(rights, time.nowMs))
    return refuse('token_no_privilege', 'It does not allow publishing, which a broadcaster needs here.');

  const token = app.certificate === undefined ? '' : (hello.token ?? '');
  const joiner = { address, token, isForOne: isForOne(grant.tokenUid) };
  if (!needs.joins.takeJoin(joiner)) return refuse('rate_limited', tooManyJoins);

  const connectionId = random.id(24);
  const outcome = await log.join({
    key: liveKey(app.id, channel),
    identity,
    connectionId,
    connectionKind: 'rtc',
    role,
    profile,
    platform: hello.platform ?? 0,
    ...(hello.clientType !== undefined && { clientType: hello.clientType }),
    ...(grant.joinEndsMs !== undefined && { tokenEndsMs: grant.joinEndsMs }),
    mayPublish: publishEndsMsOf(grant) > time.nowMs,
    ...(rights && { publish: rights }),
    leaseMs: needs.leaseMs,
    ip: address,
  });
  if (!outcome.ok) return outcome;
  // Removed again while the answer was on its way: the reason is of no use to somebody who never was told "welcome".
  return present(needs, app, channel, connectionId, grant, false) ?? refuse('replaced');
}

async function resume(
  needs: HelloNeeds,
  app: EdgeApp,
  hello: HelloFrame,
  key: string,
  { address, isHere }: Pick<Socket, 'address' | 'isHere'>,
): Promise<Admission | HelloRefusal> {
  const { log, clock } = needs;
  const { channel } = hello;
  const claim = verifyResumeKey(needs.resumeSecret, key);
  if (!claim || claim.app !== app.id || claim.channel !== channel) return refuse('resume_invalid');
  const { connectionId, uid } = claim;
  const member = log.channel(liveKey(app.id, channel))?.roster.get(uid);
  if (member && !isSame(hello, member)) return refuse('resume_invalid');
  if (member?.connectionId !== connectionId) {
    const ended = endingOf(needs, claim);
    if (ended) return ended;
    // Told "join anew", a client that comes back by itself would push out the device that took its place.
    return refuse(member ? 'replaced' : 'resume_invalid');
  }
  if (!needs.joins.takeChange(connectionId)) return refuse('rate_limited', tooManyJoins);
  const identity = hello.account === undefined ? { uid } : { account: hello.account };
  const grant = tokenOf(app, hello, identity, { ...tokenTime(clock), isHere });
  if (!grant.ok) return grant;
  const ruleScope = log.banned(app.id, { channel, uid, ip: address }, 'join_channel');
  if (ruleScope !== undefined) return { ok: false, code: 'banned', ruleScope };

  const back = needs.comingBack(claim);
  try {
    const token = { tokenEndsMs: grant.joinEndsMs, publish: rightsOf(app, grant) };
    const outcome = await takeUp(needs, claim, member, token);
    const admission = outcome.ok && present(needs, app, channel, connectionId, grant, true);
    if (admission) {
      log.noteAddress(liveKey(app.id, channel), connectionId, address);
      return admission;
    }
    back.failed();
    // Perhaps it was put out while this was being decided.
    if (outcome.ok || outcome.code === 'resume_invalid')
      return endingOf(needs, claim) ?? refuse('resume_invalid');
    return outcome;
  } catch (cause) {
    back.failed();
    throw cause;
  }
}

/** If others ended what the key stands for, while its client was away: how, as it would have been told then. */
function endingOf(
  { log }: Pick<HelloNeeds, 'log'>,
  { app, connectionId }: ResumeClaim,
): HelloRefusal | undefined {
  const ending = log.endingOf(app, connectionId);
  return ending && { ok: false, ...ending };
}

async function takeUp(
  { log }: Pick<HelloNeeds, 'log'>,
  { app, channel, connectionId }: ResumeClaim,
  member: Member,
  { tokenEndsMs, publish }: { tokenEndsMs: number | undefined; publish: PublishRights | undefined },
): Promise<CommandOutcome> {
  const until = tokenEndsMs === undefined ? {} : { tokenEndsMs };
  const rights = publish && { publish };
  const outcome = await log.submit(liveKey(app, channel), {
    type: 'resume',
    connectionId,
    ...until,
    ...rights,
  });
  if (!outcome.ok || tokenEndsMs !== undefined || member.tokenEndsMs === undefined) return outcome;
  // A token without an end does not show in the command, which then kept the earlier end.
  return log.submit(liveKey(app, channel), { type: 'renew-token', connectionId, ...rights });
}

/** The membership as the log has it now, which is what the welcome tells; undefined if the member is gone already. */
function present(
  { log }: Pick<HelloNeeds, 'log'>,
  app: EdgeApp,
  channel: string,
  connectionId: string,
  grant: TokenGrant,
  resumed: boolean,
): Admission | undefined {
  const state = log.channel(liveKey(app.id, channel));
  const member = state?.roster.getByConnection(connectionId);
  return state && member && { ok: true, app, grant, channel: state, member, resumed };
}

/** A resume may repeat who it is, as in its first hello, but not be somebody else. */
function isSame({ uid, account }: HelloFrame, member: Member): boolean {
  if (account !== undefined) return account === member.account;
  return uid === undefined || uid === 0 || uid === member.uid;
}

/** The hello's token, checked for this identity. */
function tokenOf(
  app: EdgeApp,
  hello: HelloFrame,
  identity: TokenIdentity,
  when: TokenTime & { readonly isHere?: boolean | undefined },
): TokenGrant | HelloRefusal {
  const { token, channel } = hello;
  return checkToken({ token, app, channel, identity, ...when, lengthMax: fixed.tokenLengthMax });
}

const refuse = (code: Code, detail?: string): HelloRefusal => ({
  ok: false,
  code,
  ...(detail !== undefined && { detail }),
});

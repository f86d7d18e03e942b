import type { Code, HelloFrame } from '@housecount/protocol';
import { liveKey, type OpenChannel } from '../channel/channel.ts';
import type { ResumeCommand } from '../channel/command.ts';
import type { Member } from '../channel/membership/member.ts';
import { attachmentOf, decideResume } from '../channel/membership/resume.ts';
import { mayBroadcast } from '../channel/membership/rights.ts';
import type { Clock, Random } from '../clock.ts';
import { fixed } from '../fixed-limits.ts';
import type { KnownAddresses } from '../kicks/known-addresses.ts';
import type { Channels } from '../log/contract/channels.ts';
import type { Commands, JoinRequest } from '../log/contract/commands.ts';
import type { Identities } from '../log/contract/identities.ts';
import type { PastEndings } from '../log/contract/past-endings.ts';
import type { Refused } from '../log/contract/refused.ts';
import type { Bans } from '../log/contract/rules.ts';
import type { Socket } from '../net/socket/socket.ts';
import { type EdgeApp, pinnedProfile } from '../token/edge-app.ts';
import { publishEndsMsOf } from '../token/publish-ends.ts';
import { type ResumeClaim, verifyResumeKey } from '../token/resume-key.ts';
import { tokenLink } from '../token/token-link.ts';
import {
  accountOrUid,
  checkToken,
  namesOne,
  type TokenGrant,
  type TokenIdentity,
  type TokenTime,
  tokenTime,
} from '../token/verify.ts';
import type { AwaitedLinks } from './awaited-links.ts';
import type { JoinBudgets } from './join-budgets.ts';
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
    Pick<Channels, 'channel' | 'known'> &
    Pick<PastEndings, 'endingOf'> &
    Commands &
    Pick<Identities, 'uidOf'>;
  readonly clock: Clock;
  readonly random: Pick<Random, 'id'>;
  readonly joins: Pick<JoinBudgets, 'takeJoin' | 'takeChange'>;
  readonly awaited: Pick<AwaitedLinks, 'mayAwait'>;
  readonly addresses: Pick<KnownAddresses, 'arrives'>;
  readonly resumeSecret: Uint8Array;
  /** Silence allowed for an rtc connection, milliseconds. */
  readonly leaseMs: number;
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
  const identity = accountOrUid({ uid: hello.uid ?? 0, account: hello.account });
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
  const joiner = { address, token, isForOne: namesOne(grant.tokenUid) };
  if (!needs.joins.takeJoin(joiner)) return refuse('rate_limited', tooManyJoins);

  const key = liveKey(app.id, channel);
  const connectionId = random.id(24);
  const request: JoinRequest = {
    key,
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
    ...tokenLink(app, grant),
    ...(app.linkIdentities &&
      hello.linkAwaited &&
      needs.awaited.mayAwait({ app: app.id, channel, ...identity }) && { linkAwaited: true }),
    leaseMs: needs.leaseMs,
    ip: address,
  };
  const outcome = await needs.addresses.arrives({ key, connectionId, address }, () => log.join(request));
  if (!outcome.ok) return outcome;
  // Removed again while the answer was on its way: the reason is of no use to somebody who never was told "welcome".
  return present(needs, app, channel, connectionId, grant, false) ?? refuse('replaced');
}

async function resume(
  needs: HelloNeeds,
  app: EdgeApp,
  hello: HelloFrame,
  resumeKey: string,
  client: Pick<Socket, 'address' | 'isHere'>,
): Promise<Admission | HelloRefusal> {
  const { log } = needs;
  const { channel, account, attempt } = hello;
  const claim = verifyResumeKey(needs.resumeSecret, resumeKey);
  if (!claim || claim.app !== app.id || claim.channel !== channel || !isSame(hello, claim))
    return refuse('resume_invalid');
  const { connectionId, uid } = claim;
  const key = liveKey(app.id, channel);
  const asked: ResumeCommand = {
    type: 'resume',
    connectionId,
    uid,
    ...(account !== undefined && { account }),
    ...(attempt !== undefined && { attempt }),
  };
  const grant = grantOf(needs, app, hello, claim, client);
  if (!grant.ok) return goneAs(needs, claim, asked) ?? grant;
  const rights = rightsOf(app, grant);
  const { userId } = tokenLink(app, grant);
  const command: ResumeCommand = {
    ...asked,
    ...(grant.joinEndsMs === undefined ? { tokenNeverEnds: true } : { tokenEndsMs: grant.joinEndsMs }),
    ...(rights && { publish: rights }),
    ...(userId !== undefined && { userId }),
  };
  const { address } = client;
  const outcome = await needs.addresses.arrives({ key, connectionId, address }, () =>
    log.submit(key, command),
  );
  if (!outcome.ok) {
    const isGone = outcome.code === 'resume_invalid' || outcome.code === 'replaced';
    return (isGone && endingOf(needs, claim)) || outcome;
  }
  const admission = present(needs, app, channel, connectionId, grant, true);
  // Perhaps it was put out, or came back by another socket, while this was being decided.
  if (!admission) return endingOf(needs, claim) ?? refuse('resume_invalid');
  if (admission.member.attachment !== attachmentOf(outcome.changes, connectionId)) return refuse('replaced');
  return admission;
}

/** What of a client that comes back is not in the log to say: whether it may, with this token, from there, so soon. */
function grantOf(
  { log, clock, joins }: HelloNeeds,
  app: EdgeApp,
  hello: HelloFrame,
  { channel, uid, connectionId }: ResumeClaim,
  { address, isHere }: Pick<Socket, 'address' | 'isHere'>,
): TokenGrant | HelloRefusal {
  if (!joins.takeChange(connectionId)) return refuse('rate_limited', tooManyJoins);
  const identity = accountOrUid({ uid, account: hello.account });
  const grant = tokenOf(app, hello, identity, { ...tokenTime(clock), isHere });
  if (!grant.ok) return grant;
  const ruleScope = log.banned(app.id, { channel, uid, ip: address }, 'join_channel');
  return ruleScope === undefined ? grant : { ok: false, code: 'banned', ruleScope };
}

/** Who is refused in any case is told that its membership is gone, if it is, rather than what its token is worth by now. */
function goneAs(needs: HelloNeeds, claim: ResumeClaim, asked: ResumeCommand): HelloRefusal | undefined {
  const { log, clock } = needs;
  const decision = decideResume(log.known(liveKey(claim.app, claim.channel)), asked, clock.nowMs());
  return 'refused' in decision ? (endingOf(needs, claim) ?? refuse(decision.refused)) : undefined;
}

/** If others ended what the key stands for, while its client was away: how, as it would have been told then. */
function endingOf(
  { log }: Pick<HelloNeeds, 'log'>,
  { app, connectionId }: ResumeClaim,
): HelloRefusal | undefined {
  const ending = log.endingOf(app, connectionId);
  return ending && { ok: false, ...ending };
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

/** A resume may repeat its number, as in its first hello, but not be somebody else. The account is the log's to compare. */
const isSame = ({ uid, account }: HelloFrame, claim: ResumeClaim): boolean =>
  account !== undefined || uid === undefined || uid === 0 || uid === claim.uid;

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

import type { Role, WelcomeFrame } from '@housecount/protocol';
import type { Member } from '../channel/membership/member.ts';
import type { Clock } from '../clock.ts';
import { fixed } from '../fixed-limits.ts';
import type { RosterStream } from '../rosters/roster-stream.ts';
import type { EdgeApp } from '../token/edge-app.ts';
import type { IceServers } from '../token/ice-servers.ts';
import type { LinkProofs } from '../token/link-proof.ts';
import { publishEndsMsOf } from '../token/publish-ends.ts';
import { makeResumeKey } from '../token/resume-key.ts';
import type { Admission } from './hello.ts';
import type { FanOut } from './roster/fan-out.ts';

export interface WelcomeNeeds {
  readonly fanOut: Pick<FanOut, 'hosts'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly resumeSecret: Uint8Array;
  readonly linkProofs: Pick<LinkProofs, 'nonceOf'>;
  /** Silence allowed for an rtc connection, milliseconds. */
  readonly leaseMs: number;
  /** After a restart: how long the server waits for its clients to come back, milliseconds. Told to them. */
  readonly recoveryMs: number;
  readonly iceServers: Pick<IceServers, 'of' | 'renewalMs' | 'isDue'>;
}

/** The part of its member that a connection knows. Small: there is one for every viewer. */
export interface Membership {
  readonly app: EdgeApp;
  readonly channel: string;
  readonly connectionId: string;
  /** The attachment that this socket is, of which alone it may tell anything. */
  readonly attachment: number;
  readonly uid: number;
  readonly account?: string;
  role: Role;
  /** As the log has it, or will have it once what was submitted is decided. */
  link: 'live' | 'silent';
  tokenEndsMs?: number;
  /** token-will-expire was sent for this end. */
  warned: boolean;
  /** End of the publish privilege of its token, whether the app asks for it or not, epoch milliseconds. */
  publishEndsMs: number;
  /** Proofs of a user that this attachment has taken; absent: none. */
  proofsTaken?: number;
  roster?: RosterStream;
  /** When it is to be told new passwords of TURN servers, by the wall clock; undefined: never. */
  iceRenewalMs?: number | undefined;
}

/** `iceRenewalMs`: when what the welcome tells of ICE servers is to be renewed. */
export function membershipOf(
  { app, grant, channel, member }: Admission,
  iceRenewalMs: number | undefined,
): Membership {
  const { uid, account, role, connectionId, attachment, tokenEndsMs } = member;
  return {
    app,
    channel: channel.key.name,
    connectionId,
    attachment,
    uid,
    ...(account !== undefined && { account }),
    role,
    link: member.link.state,
    ...(tokenEndsMs !== undefined && { tokenEndsMs }),
    warned: false,
    publishEndsMs: publishEndsMsOf(grant),
    iceRenewalMs,
  };
}

/** The first frame of a connection that was admitted. */
export function welcomeOf(needs: WelcomeNeeds, admission: Admission): WelcomeFrame {
  const { app, channel, member, resumed } = admission;
  const { uid, account, role, connectionId, attempt = 0, tokenEndsMs } = member;
  return {
    type: 'welcome',
    connectionId,
    resume: makeResumeKey(needs.resumeSecret, { app: app.id, channel: channel.key.name, uid, connectionId }),
    resumed,
    attempt,
    sid: channel.sid,
    seq: channel.seq,
    uid,
    ...(account !== undefined && { account }),
    role,
    profile: channel.profile,
    hosts: needs.fanOut.hosts(channel),
    count: channel.roster.size,
    nowMs: needs.clock.nowMs(),
    pingMs: fixed.pingMs,
    leaseMs: needs.leaseMs,
    recoveryMs: needs.recoveryMs,
    ...(tokenEndsMs !== undefined && { tokenEndsMs }),
    iceServers: needs.iceServers.of({ app: app.id, channel: channel.key.name, uid }),
    ...(app.linkIdentities && { link: linkOf(needs, member) }),
  };
}

/** The nonce for a proof by the page, and the user that the member is linked to already. */
const linkOf = (
  { linkProofs }: Pick<WelcomeNeeds, 'linkProofs'>,
  member: Member,
): WelcomeFrame['link'] & object => ({
  nonce: linkProofs.nonceOf(member),
  ...(member.userId !== undefined && { userId: member.userId }),
});

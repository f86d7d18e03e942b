import { signalingErrors } from '@housecount/protocol';
import type { KickingRule } from '../../channel/rules.ts';
import type { Clock } from '../../clock.ts';
import type { Identities } from '../../log/contract/identities.ts';
import type { Bans } from '../../log/contract/rules.ts';
import type { LogRecord } from '../../log/record/record.ts';
import { refused, type SignalingAnswer } from '../names/answer.ts';
import type { ChannelKey } from '../names/channel-key.ts';
import { uidOf } from '../names/identity.ts';
import type { Session } from '../session/session.ts';
import { putOutFrame } from './put-out.ts';

export interface ModerationNeeds {
  readonly log: Rules;
}

/** The ports of the log that tell which rules apply. */
type Rules = Bans & Pick<Identities, 'uidOf'>;

/** Rules about an app as a whole speak of no channel: no channel has this name. */
const noChannel = '';

/** A rule that keeps the session's user from publishing: there, or, where no channel is named, anywhere. */
export function muted(
  { log }: ModerationNeeds,
  session: Session,
  channel: string | undefined,
): Extract<SignalingAnswer, { ok: false }> | undefined {
  const subject = subjectOf(log, session, channel);
  if (log.banned(session.app.id, subject, 'publish_message') === undefined) return undefined;
  return refused(signalingErrors.publishFailed, 'A rule keeps this user from publishing messages.');
}

/** Does a rule about the app as a whole keep this user out of it? */
export function isBanned(
  log: Rules,
  app: string,
  { userId, address }: { readonly userId: string; readonly address: string },
): boolean {
  const subject = { channel: noChannel, uid: uidOf(log, app, userId) ?? 0, ip: address, userId };
  return log.banned(app, subject, 'join_channel') !== undefined;
}

/** Does a rule keep the session out of a channel that it is in: one that was made while nobody could put it out? */
export function keptOut({ log }: ModerationNeeds, session: Session, key: ChannelKey) {
  return log.banned(key.app, subjectOf(log, session, key.name), 'join_channel');
}

/** If the record is of a rule about the app as a whole that puts people offline: does it speak of this session? */
export function expels(log: Rules, record: LogRecord, session: Session): boolean {
  if (record.type !== 'rule-set' || !isExpulsion(record.rule)) return false;
  const { app, uid, users = [] } = record.rule;
  const { userId } = session;
  if (session.app.id !== app) return false;
  return uid === undefined || uidOf(log, app, userId) === uid || users.includes(userId);
}

/**
 * Made now, not only moved to another end; an older one has put people out when it was made. One about an address is heeded with all others
 * that are (session/session-kicks.ts).
 */
export const isExpulsion = ({ channel, ip, privileges, createdMs, updatedMs }: KickingRule): boolean =>
  channel === undefined && ip === undefined && privileges.includes('join_channel') && createdMs === updatedMs;

/** The session is out of a channel: nothing of it is told any more, and the client hears why, now or as soon as it is back. */
export function tellKicked(
  { clock }: { readonly clock: Pick<Clock, 'nowMs'> },
  session: Session,
  key: ChannelKey,
): void {
  session.waits.endAll(key);
  if (key.kind === 'stream') {
    session.streamEnded(key, 'kicked');
    return;
  }
  if (!session.subscriptions.drop(key)) return;
  const frame = putOutFrame(key, clock.nowMs());
  session.answerLate((connection) => connection.send(frame));
}

const subjectOf = (log: Rules, { app, userId, address }: Session, channel = noChannel) => ({
  channel,
  uid: uidOf(log, app.id, userId) ?? 0,
  ip: address,
  userId,
});

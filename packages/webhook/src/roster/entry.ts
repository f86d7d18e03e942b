import type { EventNotice, NoticeRole } from '../notice.ts';
import { RosterError } from './roster-error.ts';

/** Somebody in a channel. */
export interface RosterMember {
  readonly uid: number;
  /** The string account; absent when the member joined without one. */
  readonly account?: string;
  /** The signaling user that the member is linked to, as its last notice or the server's roster has it; absent: none, so far. */
  readonly userId?: string;
  readonly role: NoticeRole;
  readonly platform?: number;
  readonly clientType?: number;
  /** Epoch seconds; absent if a notice of a plain Agora channel spoke of the member first that was not its join. */
  readonly joinedSeconds?: number;
}

interface EntryBase {
  readonly sid: string;
  readonly seq: number;
  /** When it happened, epoch seconds. */
  readonly ts: number;
  /** Members after it. */
  readonly count?: number;
}

/** The part of a numbered notice, or of an event from the REST API, that a roster needs. */
export type Entry =
  | (EntryBase & { readonly what: 'opened' | 'closed' })
  | (EntryBase & { readonly what: 'joined'; readonly member: RosterMember })
  | (EntryBase & {
      readonly what: 'left';
      readonly uid: number;
      readonly userId?: string;
      readonly reason?: number;
    })
  | (EntryBase & {
      readonly what: 'role';
      readonly uid: number;
      readonly userId?: string;
      readonly role: NoticeRole;
    });

/** A notice that carries sid and seq, as an entry; undefined if it has none. Throws RosterError `notice_invalid`. */
export function entryOf(notice: EventNotice): Entry | undefined {
  const { sid, seq, ts, count } = notice;
  if (sid === undefined || seq === undefined) return undefined;
  if (sid === '' || sid.length > 256 || !Number.isSafeInteger(seq) || seq < 1)
    throw new RosterError('notice_invalid', 'A notice has a sid, and a seq that counts from 1.');
  const base = { sid, seq, ts, ...(count !== undefined && { count }) };
  switch (notice.kind) {
    case 'channel-created':
      return { ...base, what: 'opened' };
    case 'channel-destroyed':
      return { ...base, what: 'closed' };
    case 'joined':
      return { ...base, what: 'joined', member: memberOf(notice, notice) };
    case 'left':
      return {
        ...base,
        what: 'left',
        uid: uidOf(notice),
        ...linkOf(notice),
        ...(notice.reason !== undefined && { reason: notice.reason }),
      };
    case 'role-changed':
      return { ...base, what: 'role', uid: uidOf(notice), ...linkOf(notice), role: notice.role };
  }
}

interface Named {
  readonly uid: number;
  readonly account: string | undefined;
  readonly userId: string | undefined;
  readonly role: NoticeRole;
  readonly ts: number;
}

/** The member that a notice speaks of. */
export function memberOf(
  notice: Named,
  device: { readonly platform?: number | undefined; readonly clientType?: number | undefined },
): RosterMember {
  return {
    uid: uidOf(notice),
    ...(notice.account !== undefined && { account: notice.account }),
    ...linkOf(notice),
    role: notice.role,
    ...(device.platform !== undefined && { platform: device.platform }),
    ...(device.clientType !== undefined && { clientType: device.clientType }),
    joinedSeconds: notice.ts,
  };
}

const linkOf = ({ userId }: Pick<Named, 'userId'>) => (userId === undefined ? {} : { userId });

/** The uid, checked: throws RosterError `notice_invalid` if it is not one of 32 bits. */
export function uidOf({ uid }: { readonly uid: number }): number {
  if (uid >>> 0 === uid) return uid;
  throw new RosterError('notice_invalid', 'A uid is an integer from 0 to 4294967295.');
}

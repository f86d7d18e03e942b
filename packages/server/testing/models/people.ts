import { isSignalingName, type SignalingRosterMember } from '@housecount/protocol';
import { liveKey } from '../../src/channel/channel.ts';
import { interruptedSinceMs } from '../../src/channel/membership/lease.ts';
import type { Member } from '../../src/channel/membership/member.ts';
import type { Channels } from '../../src/log/contract/channels.ts';

/** A model for tests: the people in a MESSAGE channel that is bound to the live one, from the log alone; slow, and by another way than the fold. */
export function peopleOf(
  log: Pick<Channels, 'channel'>,
  app: string,
  name: string,
): Map<string, SignalingRosterMember> {
  const signaling = log.channel({ app, kind: 'message', name });
  const live = log.channel(liveKey(app, name));
  const members = Array.from(live?.roster ?? []).filter(isTold);
  const subscribers = Array.from(signaling?.roster ?? []).filter(({ quiet }) => !quiet);
  const own = ({ uid }: Member) => signaling?.states.get(uid)?.states ?? {};
  const names = new Set([...members.map(nameOf), ...subscribers.map(nameOf)]);
  const people = new Map<string, SignalingRosterMember>();
  for (const userId of names) {
    const theirs = (member: Member) => nameOf(member) === userId;
    const [subscriber] = subscribers.filter(theirs);
    const all = members.filter(theirs);
    const proven = all.filter(({ unproven, userId: linked }) => !unproven || linked !== undefined);
    const links = subscriber || proven.length > 0 ? proven : all;
    const given = live ? ['role', 'uid', 'uids'] : [];
    const set = Object.entries(subscriber ? own(subscriber) : {}).filter(([key]) => !given.includes(key));
    const [first] = links;
    const role = links.some((link) => link.role === 'broadcaster') ? 'broadcaster' : 'audience';
    const uids = links.map(({ uid }) => uid);
    const states = {
      ...Object.fromEntries(set),
      ...(first && { role, uid: String(first.uid), ...(uids.length > 1 && { uids: uids.join(',') }) }),
    };
    const since = [...links, ...(subscriber ? [subscriber] : [])].map(({ link }) => interruptedSinceMs(link));
    const known = since.filter((ms): ms is number => ms !== undefined);
    people.set(userId, {
      userId,
      states,
      ...(first && {
        live: { uid: first.uid, role, joinedMs: first.joinedMs, ...(uids.length > 1 && { uids }) },
      }),
      ...(subscriber && { signaling: { joinedMs: subscriber.joinedMs } }),
      ...(known.length === since.length && { interruptedSinceMs: Math.max(...known) }),
    });
  }
  return people;
}

const nameOf = ({ userId, account, uid }: Member): string => userId ?? account ?? String(uid);

/** Is anybody told of this member over signaling? */
const isTold = ({ userId, account, linkAwaited }: Member): boolean =>
  userId !== undefined || (!linkAwaited && (account === undefined || isSignalingName(account)));

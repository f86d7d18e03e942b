import { liveKey } from '../../src/channel/channel.ts';
import type { ChannelChange } from '../../src/channel/decision.ts';
import type { Log } from '../../src/log/contract/log.ts';
import { type LogRecord, liveChangeOf } from '../../src/log/record/record.ts';
import { type PersonChange, PresenceFold } from '../../src/signaling/presence/presence-fold.ts';
import type { SimClient } from './sim-client.ts';
import { app } from './sim-op.ts';
import { isSignaling } from './sim-signaling.ts';
import type { Truth } from './truth.ts';

/** The channel that has both kinds of members. */
const channel = 'lobby';

/** A member of a live channel as the slow, obvious fold sees it. */
interface Half {
  readonly connectionId: string;
  readonly attachment: number;
  readonly isAwaited: boolean;
  readonly userId?: string | undefined;
  readonly byPage?: boolean | undefined;
}

/**
 * The faults in who is linked to whom, and in how presence tells it: each link has its cause and changes something; everybody is shown once
 * after every record, under the user that they are linked to; and nobody joins or leaves but who comes or goes, or goes on as part of another.
 */
export function judgePeople(
  records: readonly LogRecord[],
  {
    log,
    truth,
    clients,
  }: { readonly log: Log; readonly truth: Truth; readonly clients: readonly SimClient[] },
): readonly string[] {
  const wrong: string[] = [];
  const halves = new Map<string, Half>();
  const subscribers = new Set<string>();
  const fold = new PresenceFold({});
  for (const record of records) {
    const live = liveChangeOf(record);
    if (live && 'channel' in live) absorb(live, halves, { truth, wrong });
    if (record.type !== 'channel' || record.key.name !== channel) continue;
    const { key, change } = record;
    if (key.kind !== 'live' && key.kind !== 'message') continue;
    if (key.kind === 'message' && change.type === 'member-joined') subscribers.add(String(change.uid));
    if (key.kind === 'message' && change.type === 'member-left') subscribers.delete(String(change.uid));
    const before = namesOf(fold);
    const changes = key.kind === 'live' ? fold.absorbLive(change) : fold.absorbSignaling(change);
    const after = namesOf(fold);
    const name = `${change.type} of uid ${'uid' in change ? change.uid : 'nobody'} at ${change.atMs}`;
    const expected = new Set([...subscribers, ...shownOf(halves)]);
    if (listed(after) !== listed(expected))
      wrong.push(`${name}: presence has ${listed(after)}; in truth ${listed(expected)}`);
    wrong.push(...untrue(changes, { before, after, into: intoOf(change) }).map((why) => `${name}: ${why}`));
  }
  for (const { isIn, linkedTo, options } of clients) {
    if (!isIn || isSignaling(options.channel)) continue;
    const member = log.channel(liveKey(app, options.channel))?.roster.get(options.uid);
    const name = `uid ${options.uid} in ${options.channel}`;
    if (member?.userId !== linkedTo)
      wrong.push(
        `${name} is linked to ${linkedTo ?? 'nobody'}, and to ${member?.userId ?? 'nobody'} in the log`,
      );
    if (member?.userId !== halves.get(nameOf(options.channel, options.uid))?.userId)
      wrong.push(`${name} is served as linked to ${member?.userId ?? 'nobody'}`);
  }
  return wrong;
}

function absorb(
  change: ChannelChange & { readonly channel: string },
  halves: Map<string, Half>,
  { truth, wrong }: { readonly truth: Truth; readonly wrong: string[] },
): void {
  if (!('uid' in change)) return;
  const name = nameOf(change.channel, change.uid);
  const half = halves.get(name);
  const is = (more: Partial<Half>) => half && halves.set(name, { ...half, ...more });
  switch (change.type) {
    case 'member-joined': {
      const { connectionId, clientSeq: attachment, userId, linkAwaited: isAwaited = false } = change;
      if (userId !== undefined && !truth.links.has(`${connectionId} token ${userId}`))
        wrong.push(`${name} joined as ${userId}: no token says so`);
      halves.set(name, { connectionId, attachment, userId, isAwaited });
      return;
    }
    case 'link-live':
      is({ attachment: change.attachment ?? half?.attachment ?? 0 });
      return;
    case 'role-changed':
    case 'member-left':
      if (change.userId !== half?.userId)
        wrong.push(`${change.type} of ${name} names ${change.userId}; it is linked to ${half?.userId}`);
      if (change.type === 'member-left') halves.delete(name);
      return;
    case 'person-known': {
      const { userId, byPage } = change;
      const why = half ? withoutCause(half, change, truth) : 'it is not in';
      if (why !== undefined) wrong.push(`${name} is known as ${userId ?? 'itself'}: ${why}`);
      is({ isAwaited: false, ...(userId !== undefined && { userId, byPage }) });
    }
  }
}

/** Why nothing should be known of it, or nothing else than before; undefined if it is a fact. */
function withoutCause(
  half: Half,
  { userId, byPage }: Extract<ChannelChange, { type: 'person-known' }>,
  truth: Truth,
): string | undefined {
  const { connectionId, attachment } = half;
  if (userId === undefined) return half.isAwaited ? undefined : 'no link was awaited';
  if (half.userId === userId && half.byPage === byPage) return 'that was known';
  if (!byPage && half.byPage) return 'its page has proved another';
  if (truth.links.has(`${connectionId} ${byPage ? `page ${attachment}` : 'token'} ${userId}`))
    return undefined;
  return byPage ? 'its page has not said so over this attachment' : 'no token says so';
}

/** The changes that are none, and those that were not told, going by who was shown before and is after. */
function untrue(
  changes: readonly PersonChange[],
  {
    before,
    after,
    into,
  }: { readonly before: ReadonlySet<string>; readonly after: ReadonlySet<string>; readonly into: boolean },
): readonly string[] {
  const wrong: string[] = [];
  const gone = changes.flatMap((change) =>
    change.type === 'leave' || change.type === 'timeout' ? [change] : [],
  );
  const joined = changes.filter(({ type }) => type === 'join').map(({ userId }) => userId);
  const came = [...after].filter((userId) => !before.has(userId));
  const left = [...before].filter((userId) => !after.has(userId));
  if (listed(joined) !== listed(came))
    wrong.push(`${listed(joined)} are told as coming; ${listed(came)} came`);
  const told = gone.map(({ userId }) => userId);
  if (listed(told) !== listed(left)) wrong.push(`${listed(told)} are told as gone; ${listed(left)} are`);
  for (const { userId, into: user } of gone)
    if ((user !== undefined) !== into)
      wrong.push(`${userId} is told as ${user === undefined ? 'gone' : `part of ${user}`}`);
  return wrong;
}

/** True of a record after which somebody is part of another. */
const intoOf = (change: ChannelChange): boolean => change.type === 'person-known';

function* shownOf(halves: ReadonlyMap<string, Half>): Iterable<string> {
  for (const [name, { isAwaited, userId }] of halves) {
    const [place, uid = ''] = name.split(' ');
    if (place === channel && !isAwaited) yield userId ?? uid;
  }
}

const namesOf = (fold: PresenceFold): ReadonlySet<string> =>
  new Set(Array.from(fold.occupants(), ({ userId }) => userId));

const nameOf = (place: string, uid: number): string => `${place} ${uid}`;

const listed = (names: Iterable<string>): string => [...names].sort().join(' ') || 'nobody';

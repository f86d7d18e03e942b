import type { ChannelEvent, MemberLeft } from '@housecount/protocol';
import type { LogRecord } from '../../src/log/record/record.ts';
import { leaseMs } from './sim-edge.ts';
import { recoveryMs } from './sim-machine.ts';
import { type StatesTold, unwrapped } from './sim-signaling.ts';
import type { Truth } from './truth.ts';

/** Messages, decisions and disks take time; who is later than the lease by less than this is nobody's fault. */
const slackMs = 1_500;

/** A time in which nothing is recorded, above which it counts, and the time in which a client that was refused comes again, milliseconds. */
const gapMsMax = 2_000;
const nextTryMsMax = 5_000;

/** A member as the slow, obvious fold sees it. */
interface Person {
  readonly connectionId: string;
  role: string;
}

/** The roster by (channel, uid) that the records give, and whatever is wrong with their order, numbers or causes. */
export function judgeLog(
  records: readonly LogRecord[],
  truth: Truth,
): { readonly rosters: ReadonlyMap<string, ReadonlyMap<number, Person>>; readonly wrong: readonly string[] } {
  const wrong: string[] = [];
  const rosters = new Map<string, Map<number, Person>>();
  const open = new Map<string, { sid: string; seq: number }>();
  const sids = new Set<string>();
  for (const each of records) {
    const record = unwrapped(each);
    if (!record) continue;
    if (record.type === 'states-set') {
      wrong.push(...statesSet(record, rosters.get(record.channel), truth));
      continue;
    }
    const { channel, sid, seq } = record;
    const name = `${record.type} ${channel} ${sid} ${seq}`;
    const life = open.get(channel);
    if (record.type === 'channel-opened') {
      if (life || sids.has(sid) || seq !== 1) wrong.push(`${name}: opened twice, or not at seq 1`);
      sids.add(sid);
      open.set(channel, { sid, seq });
      rosters.set(channel, new Map());
      continue;
    }
    if (!life || life.sid !== sid || seq !== life.seq + 1)
      wrong.push(`${name}: not the next seq of an open sid`);
    open.set(channel, { sid, seq });
    const roster = rosters.get(channel) ?? new Map<number, Person>();
    apply(record, roster, truth, wrong, name);
    if (record.count !== roster.size) wrong.push(`${name}: count ${record.count}, but ${roster.size} are in`);
    if (record.type === 'channel-closed') {
      open.delete(channel);
      if (roster.size > 0) wrong.push(`${name}: closed with members`);
    }
  }
  wrong.push(...missing(records, truth));
  return { rosters, wrong };
}

/** A change of states, which stands for the role in a signaling channel. */
function statesSet(
  { channel, uid, role }: StatesTold,
  roster: ReadonlyMap<number, Person> | undefined,
  truth: Truth,
): readonly string[] {
  const person = roster?.get(uid);
  if (!person) return [`${channel}: states of uid ${uid}, who is not in`];
  const isAsked = truth.roles.has(`${person.connectionId} ${role}`);
  person.role = role;
  return isAsked ? [] : [`${channel}: nobody asked for these states of uid ${uid}`];
}

/** Applies one event to the roster, and reports whether anything outside caused it. */
function apply(
  event: ChannelEvent,
  roster: Map<number, Person>,
  truth: Truth,
  wrong: string[],
  name: string,
): void {
  if (event.type === 'channel-closed' || event.type === 'channel-opened') return;
  const person = roster.get(event.uid);
  if (event.type === 'member-joined') {
    if (person) wrong.push(`${name}: uid ${event.uid} joined twice`);
    if (truth.joins.get(event.connectionId)?.uid !== event.uid)
      wrong.push(`${name}: nobody asked for this join`);
    roster.set(event.uid, { connectionId: event.connectionId, role: event.role });
    return;
  }
  if (!person) {
    wrong.push(`${name}: uid ${event.uid} is not in`);
    return;
  }
  if (event.type === 'role-changed') {
    if (!truth.roles.has(`${person.connectionId} ${event.role}`))
      wrong.push(`${name}: nobody asked for this role`);
    person.role = event.role;
    return;
  }
  roster.delete(event.uid);
  const why = leaveWithoutCause(event, person.connectionId, truth);
  if (why !== undefined)
    wrong.push(`${name}: uid ${event.uid} left, reason ${event.reason}, ${event.evidence}: ${why}`);
}

/** Why the leave should not be, or undefined if it is a fact. */
function leaveWithoutCause(event: MemberLeft, connectionId: string, truth: Truth): string | undefined {
  const { reason, atMs, lastHeardMs, evidence } = event;
  if (reason === 'quit') return truth.isGone(connectionId, atMs) ? undefined : 'it never said goodbye';
  if (reason === 'replaced') {
    const others = [...truth.joins].filter(
      ([id, join]) => id !== connectionId && join.uid === event.uid && join.channel === event.channel,
    );
    return others.some(([, join]) => join.atMs <= atMs) ? undefined : 'there was no other device';
  }
  if (reason !== 'timeout') return 'nothing could cause that';
  const gap = truth.gaps.find((each) => isTooSoon(each, atMs, truth));
  if (gap) return `nothing could be recorded from ${gap.fromMs} until ${gap.untilMs}, and that is too soon`;
  const resumed = truth.resumed.some((resume) => resume.connectionId === connectionId && resume.atMs > atMs);
  if (resumed) return 'it resumed after that';
  const heard = heardUntil(truth, connectionId, atMs);
  const lastMs = heard.at(-1) ?? event.joinedMs;
  if (!mayBeOut(truth, connectionId, atMs)) return `it was heard at ${lastMs} and its lease runs at ${atMs}`;
  if (evidence === 'server-crash') {
    // A clean stop still hears while it stops.
    const crash = truth.crashes.find(
      ({ atMs: downMs, kind }) =>
        downMs + (kind === 'stop' ? slackMs : 0) >= Math.max(event.joinedMs, lastHeardMs),
    );
    if (!crash) return 'there was no crash';
    // A power cut takes the mark of life, which is not synced; then it is only bounded by what the log says.
    const grainMs = 1_000 + slackMs;
    if (lastHeardMs < event.joinedMs) return 'it was last heard before it joined';
    const powerCut = truth.crashes.some(
      ({ atMs: cutMs, kind }) => kind === 'power' && cutMs >= lastHeardMs && cutMs <= atMs,
    );
    const sure = !powerCut && !truth.faulty(crash.atMs - 20_000, crash.atMs);
    if (sure && lastHeardMs < lastMs - grainMs)
      return `it was heard at ${lastMs}, and the log says ${lastHeardMs}`;
    return undefined;
  }
  const exact = lastHeardMs === event.joinedMs || heard.includes(lastHeardMs);
  return exact ? undefined : `it was never heard at ${lastHeardMs}`;
}

/** True of a lease that ends before whoever was refused in a long gap could come back. A restart gives its own time. */
function isTooSoon({ fromMs, untilMs }: Truth['gaps'][number], atMs: number, truth: Truth): boolean {
  const lastedMs = untilMs - fromMs;
  if (lastedMs <= gapMsMax || atMs < untilMs) return false;
  if (truth.boots.some(({ beganMs }) => beganMs > untilMs && beganMs <= atMs)) return false;
  return atMs < untilMs + Math.min(recoveryMs, lastedMs + nextTryMsMax);
}

function heardUntil(truth: Truth, connectionId: string, untilMs: number): readonly number[] {
  return (truth.heard.get(connectionId) ?? []).filter((ms) => ms <= untilMs);
}

/** May the server, at `atMs`, count this connection as gone, going by what it heard and when it was down? */
export function mayBeOut(truth: Truth, connectionId: string, atMs: number): boolean {
  const heard = heardUntil(truth, connectionId, atMs);
  const lastMs = heard.at(-1) ?? truth.joins.get(connectionId)?.atMs ?? atMs;
  const previousMs = heard.at(-2) ?? lastMs;
  // Heard again at the very end of the lease: either may win.
  if (lastMs - previousMs >= leaseMs - slackMs && atMs - lastMs < slackMs) return true;
  if (truth.faulty(previousMs - leaseMs, atMs)) return true;
  let endsMs = lastMs + leaseMs;
  for (const crash of truth.crashes) {
    if (crash.atMs < lastMs || crash.atMs > atMs || crash.atMs >= endsMs - slackMs) continue;
    const boot = truth.boots.find(({ beganMs }) => beganMs >= crash.atMs);
    // While it is down nobody leaves.
    endsMs = Math.max(endsMs, (boot?.beganMs ?? atMs) + recoveryMs);
  }
  return atMs >= endsMs - slackMs;
}

/** True when nothing was heard for a lease, about, since the member joined or was last resumed. Then it may be out, whatever was heard after. */
function wasSilent(truth: Truth, connectionId: string, untilMs: number): boolean {
  const resumedMs = truth.resumed.findLast((resume) => resume.connectionId === connectionId)?.atMs ?? 0;
  const since = heardUntil(truth, connectionId, untilMs).filter((ms) => ms >= resumedMs);
  return since.some((ms, at) => ms - (since[at - 1] ?? ms) >= leaseMs - slackMs);
}

/** The acknowledged changes that are missing in the log, and the resumes that were refused within the lease. */
function missing(records: readonly LogRecord[], truth: Truth): string[] {
  const wrong: string[] = [];
  const known = new Set(
    records.map((record) => JSON.stringify(record.type === 'channel' ? record.change : record)),
  );
  const told = records.flatMap((record) => unwrapped(record) ?? []);
  const nonces = new Set(told.map((record) => (record.type === 'states-set' ? record.nonce : '')));
  for (const nonce of truth.statesSet)
    if (!nonces.has(nonce)) wrong.push(`acknowledged, and not in the log: states with ${nonce}`);
  const joins = new Set(
    told.map((record) =>
      record.type === 'member-joined' ? `${record.connectionId} ${record.sid} ${record.seq}` : '',
    ),
  );
  for (const change of truth.acknowledged) {
    const text = JSON.stringify(change);
    if (!known.has(text)) wrong.push(`acknowledged, and not in the log: ${text}`);
  }
  for (const { connectionId, sid, seq } of truth.joined) {
    if (!joins.has(`${connectionId} ${sid} ${seq}`)) {
      wrong.push(`acknowledged, and not in the log: join of ${connectionId} at ${sid} ${seq}`);
    }
  }
  for (const { connectionId, atMs } of truth.resumesRefused) {
    const own = truth.joins.get(connectionId);
    // Two joins that were asked for at about the same time may be decided in either order.
    const replaced = [...truth.joins].some(
      ([id, { uid, channel, atMs: askedMs }]) =>
        id !== connectionId &&
        uid === own?.uid &&
        channel === own.channel &&
        askedMs <= atMs &&
        askedMs >= own.atMs - slackMs,
    );
    const mayBe = mayBeOut(truth, connectionId, atMs) || wasSilent(truth, connectionId, atMs);
    if (truth.isGone(connectionId, atMs) || replaced || mayBe) continue;
    wrong.push(`the resume of ${connectionId} at ${atMs} was refused within its lease`);
  }
  return wrong;
}

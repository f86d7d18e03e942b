import { heardOf, type Life, readLines, type Verdict, Verification } from '@housecount/audit';
import type { RosterMember } from '@housecount/protocol';
import { answerOf, isObject, jsonOf } from '../server/answer.ts';
import { ask, type ServerAccess } from '../server/server-access.ts';

/** Events in one answer: as many as the server gives. */
const pageMax = 1_000;
/** Time for one answer, milliseconds; a server that needs longer is not well. */
const pageMs = 60_000;

interface Snapshot {
  readonly cursor: string;
  /** By sid: the seq of the channel, and its members. */
  readonly channels: Map<string, { channel: string; seq: number; members: Map<number, RosterMember> }>;
}

/**
 * Audits everything that a server still has of an app, and compares it with the roster: a snapshot is taken first,
 * then every life must come to the very same members at the seq of the snapshot.
 */
export async function verifyServer(
  access: ServerAccess,
  app: string,
  signal: AbortSignal,
  onProgress?: (notices: number) => void,
): Promise<Verdict> {
  const snapshot = await takeSnapshot(access, app, signal);
  const compared = new Set<string>();
  const compare = (life: Life) => {
    const expected = snapshot.channels.get(life.sid);
    if (expected === undefined || compared.has(life.sid) || life.lastSeq < expected.seq) return;
    compared.add(life.sid);
    if (life.lastSeq === expected.seq)
      for (const difference of differences(life, expected.members)) verification.violated(difference);
  };
  // Events that the server has deleted by age break no promise.
  const verification = new Verification({ midway: true, onTold: compare }, onProgress);
  const tell = (event: unknown) => {
    const heard = heardOf(event);
    if (heard) verification.tell(heard.notice);
    else
      verification.violated(`the server gave what is not an event: ${JSON.stringify(event).slice(0, 200)}`);
  };
  await pull(access, app, 'start', signal, tell);
  const { lives } = verification.auditor.end();
  const later = new Set<string>();
  await pull(access, app, snapshot.cursor, signal, (event) => {
    const heard = heardOf(event);
    if (heard) later.add(heard.notice.sid);
  });
  for (const [sid, { closed, channel }] of lives)
    if (!closed && !snapshot.channels.has(sid) && !later.has(sid))
      verification.violated(`${sid} is open by the events, and ${channel} is not so in the roster`);
  let members = 0;
  for (const [sid, { channel, members: inside }] of snapshot.channels) {
    members += inside.size;
    // A channel with no event kept at all, such as one where nobody came or went for longer than the history.
    if (!lives.has(sid) && !compared.has(sid))
      verification.remarks.push(
        `${channel} is in the roster, and the server has none of its events any more`,
      );
    else if (!compared.has(sid)) verification.violated(`${sid}: the events end before the seq of the roster`);
  }
  return verification.verdict(members);
}

/** The members who are only in one of the two, or have another role or account there. */
function differences(life: Life, members: ReadonlyMap<number, RosterMember>): string[] {
  const place = `${life.sid} seq ${life.lastSeq}`;
  const found: string[] = [];
  for (const { uid, role, account } of life.members.values()) {
    const listed = members.get(uid);
    if (listed === undefined) found.push(`${place}: uid ${uid} is inside by the events, not in the roster`);
    else if (listed.account !== account || (role !== 'communication' && listed.role !== role))
      found.push(`${place}: uid ${uid} is another by the events than in the roster`);
  }
  if (!life.adopted)
    for (const uid of members.keys())
      if (!life.members.has(uid))
        found.push(`${place}: uid ${uid} is in the roster, not inside by the events`);
  return found;
}

/** Every event from a cursor to the end as it was when it was reached. */
async function pull(
  access: ServerAccess,
  app: string,
  from: string,
  signal: AbortSignal,
  tell: (event: unknown) => void,
): Promise<void> {
  for (let cursor = from; ; ) {
    const page = await pageAfter(access, app, cursor, signal);
    for (const event of page.events) tell(event);
    if (page.more !== true) return;
    if (page.cursor === cursor) throw new Error('the server says that there is more, and gives nothing');
    cursor = page.cursor;
  }
}

interface Page {
  readonly events: readonly unknown[];
  readonly cursor: string;
  readonly more: unknown;
}

async function pageAfter(
  access: ServerAccess,
  app: string,
  cursor: string,
  signal: AbortSignal,
): Promise<Page> {
  const query = new URLSearchParams({ cursor, limit: String(pageMax) });
  const timeout = AbortSignal.timeout(pageMs);
  try {
    const path = `/v1/apps/${encodeURIComponent(app)}/events?${query}`;
    const response = await ask(access, path, AbortSignal.any([signal, timeout]), { answerMs: pageMs });
    return await answerOf<Page>(
      response,
      'a page of events',
      ({ events, cursor: next }) => Array.isArray(events) && typeof next === 'string',
    );
  } catch (error) {
    if (timeout.aborted && !signal.aborted)
      throw new Error('the server did not answer in time', { cause: error });
    throw error;
  }
}

async function takeSnapshot(access: ServerAccess, app: string, signal: AbortSignal): Promise<Snapshot> {
  const { body } = await ask(access, `/v1/apps/${encodeURIComponent(app)}/snapshot`, signal, {
    answerMs: pageMs,
  });
  const channels: Snapshot['channels'] = new Map();
  let cursor: string | undefined;
  let isWhole = false;
  for await (const { text = '', whole } of readLines(body ?? new ReadableStream())) {
    const line = jsonOf(text);
    if (!whole && line === undefined) break;
    if (!isObject(line)) throw new Error(`the server gave what is not a snapshot: ${text.slice(0, 100)}`);
    if (line.type === 'snapshot' && typeof line.cursor === 'string') cursor = line.cursor;
    if (isChannelLine(line))
      channels.set(line.sid, { channel: line.channel, seq: line.seq, members: new Map() });
    if (isMembersLine(line))
      for (const member of line.members) channels.get(line.sid)?.members.set(member.uid, member);
    if (line.type === 'end') isWhole = true;
  }
  if (cursor === undefined || !isWhole) throw new Error('the snapshot broke off');
  return { cursor, channels };
}

type Line = Readonly<Record<string, unknown>>;

const isChannelLine = (
  line: Line,
): line is Line & { readonly channel: string; readonly sid: string; readonly seq: number } =>
  line.type === 'channel' &&
  typeof line.channel === 'string' &&
  typeof line.sid === 'string' &&
  typeof line.seq === 'number';

const isMembersLine = (
  line: Line,
): line is Line & { readonly sid: string; readonly members: readonly RosterMember[] } =>
  line.type === 'members' &&
  typeof line.sid === 'string' &&
  Array.isArray(line.members) &&
  line.members.every((member) => isObject(member) && typeof member.uid === 'number');

import { assert } from './assert.ts';
import { Roster } from './membership/roster.ts';
import { type ChannelState, closedChannel, type Member, type OpenChannel } from './state.ts';

/** Rises when the lines change in a way that an older server would misread. */
const snapshotVersion = 1;

interface Header extends Partial<Pick<OpenChannel, 'sid' | 'seq' | 'profile' | 'openedMs'>> {
  readonly version: number;
  readonly app: string;
  readonly channel: string;
  readonly lastAtMs: number;
  /** Lines that follow: first the members, then the departed. */
  readonly members: number;
  readonly departed: number;
}

/** A state as lines of JSON: a header, one line per member in order of arrival, one per departed uid. */
export function* channelToLines(state: ChannelState): IterableIterator<string> {
  const { app, channel, lastAtMs, departed } = state;
  const base = { version: snapshotVersion, app, channel, lastAtMs, departed: departed.size };
  if (state.sid === undefined) {
    yield JSON.stringify({ ...base, members: 0 } satisfies Header);
  } else {
    const { sid, seq, profile, openedMs, roster } = state;
    yield JSON.stringify({
      ...base,
      members: roster.size,
      sid,
      seq,
      profile,
      openedMs,
    } satisfies Header);
    for (const member of roster) yield JSON.stringify(member);
  }
  for (const entry of departed) yield JSON.stringify(entry);
}

/** How many lines belong to the channel after its header line. */
export function linesAfterHeader(header: string): number {
  const { members, departed } = parseHeader(header);
  return members + departed;
}

/**
 * The state that `channelToLines` wrote, equal in every part. The lines' bytes were checked by the store, so lines that
 * do not fit each other are a bug and fail an assert.
 */
export function channelFromLines(lines: Iterable<string>): ChannelState {
  const [first, ...rest] = lines;
  assert(first !== undefined, 'a snapshot has a header');
  const header = parseHeader(first);
  const { app, channel, lastAtMs, sid, seq, profile, openedMs } = header;
  assert(rest.length === header.members + header.departed, 'a snapshot has the lines its header says');

  const closed = closedChannel(app, channel);
  let { departed } = closed;
  for (const line of rest.slice(header.members)) {
    const [uid, clientSeq] = JSON.parse(line) as [number, number];
    departed = departed.with(uid, clientSeq);
  }
  if (sid === undefined) return { ...closed, lastAtMs, departed };

  assert(seq !== undefined && profile !== undefined && openedMs !== undefined, 'the header is whole');
  let roster = Roster.empty;
  for (const line of rest.slice(0, header.members)) roster = roster.with(JSON.parse(line) as Member);
  assert(roster.size === header.members, 'a member stands in a snapshot once');
  return { app, channel, sid, seq, profile, openedMs, lastAtMs, roster, hosts: roster.hosts, departed };
}

function parseHeader(line: string): Header {
  const header = JSON.parse(line) as Header;
  assert(header.version === snapshotVersion, `snapshot version ${header.version} is not known`);
  return header;
}

import { assert } from './assert.ts';
import { type Channel, type ChannelKey, emptyChannel, type OpenChannel } from './channel.ts';
import type { Member } from './membership/member.ts';
import { Roster } from './membership/roster.ts';
import { noStates } from './parts/states.ts';
import { noPublishers } from './parts/topics.ts';

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

/** The present and departed members of a channel, as lines of JSON: a header, one line per member in order of arrival, one per departed uid. */
export function* membersToLines(channel: Channel): IterableIterator<string> {
  const { key, lastAtMs, departed } = channel;
  const base = {
    version: snapshotVersion,
    app: key.app,
    channel: key.name,
    lastAtMs,
    departed: departed.size,
  };
  if (channel.sid === undefined) {
    yield JSON.stringify({ ...base, members: 0 } satisfies Header);
  } else {
    const { sid, seq, profile, openedMs, roster } = channel;
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

/**
 * The channel of this key that `membersToLines` wrote, with nothing else that it may have. The lines' bytes were checked by
 * the store, so lines that do not fit each other are a bug and fail an assert.
 */
export function membersFromLines(key: ChannelKey, lines: Iterable<string>): Channel {
  const [first, ...rest] = lines;
  assert(first !== undefined, 'a snapshot has a header');
  const header = parseHeader(first);
  const { app, channel: name, lastAtMs, sid, seq, profile, openedMs } = header;
  assert(app === key.app && name === key.name, 'the lines are of another channel');
  assert(rest.length === header.members + header.departed, 'a snapshot has the lines its header says');

  const closed = emptyChannel(key);
  let { departed } = closed;
  for (const line of rest.slice(header.members)) {
    const [uid, clientSeq] = JSON.parse(line) as [number, number];
    departed = departed.with(uid, clientSeq);
  }
  if (sid === undefined) return { ...closed, lastAtMs, departed };

  assert(seq !== undefined && profile !== undefined && openedMs !== undefined, 'the header is whole');
  let roster = Roster.empty;
  for (const line of rest.slice(0, header.members)) roster = roster.with(memberFromLine(line));
  assert(roster.size === header.members, 'a member stands in a snapshot once');
  const silent = { states: noStates, publishers: noPublishers, textBytes: 0 };
  return { ...closed, ...silent, sid, seq, profile, openedMs, lastAtMs, roster, departed };
}

/** A line of before there were attachments counts as attached by its last event. */
function memberFromLine(line: string): Member {
  const member = JSON.parse(line) as Member;
  return member.attachment === undefined ? { ...member, attachment: member.clientSeq } : member;
}

function parseHeader(line: string): Header {
  const header = JSON.parse(line) as Header;
  assert(header.version === snapshotVersion, `snapshot version ${header.version} is not known`);
  return header;
}

import { snapshotLine } from '@housecount/schema';
import type { OpenChannel } from '../../../channel/channel.ts';
import type { Clock } from '../../../clock.ts';
import { fixed } from '../../../fixed-limits.ts';
import type { History } from '../../../ledger/history/history.ts';
import { limits as defaults } from '../../../limits.ts';
import { toRosterMember } from '../../../live/roster/roster-member.ts';
import type { Channels } from '../../../log/contract/channels.ts';
import type { Feed } from '../../../log/contract/feed.ts';
import { withoutNames } from '../../access/names-hidden.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { LineStreams } from '../../request/line-stream.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter } from '../../request/parameters.ts';
import { formatCursor } from '../../request/pull-cursor.ts';

interface Parts extends AppList {
  readonly log: Pick<Channels, 'channels'> & Pick<Feed, 'lastPosition'>;
  readonly history: Pick<History, 'caughtUp' | 'sidAt'>;
  readonly clock: Clock;
  /** Default: those of limits.ts. */
  readonly limits?: { readonly snapshotStreamsMax: number; readonly snapshotStreamMs: number };
}

export function getSnapshot(parts: Parts): Operation {
  const { log, history, clock, limits = defaults } = parts;
  const streams = new LineStreams(clock, {
    openMax: limits.snapshotStreamsMax,
    durationMsMax: limits.snapshotStreamMs,
  });
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/snapshot',
    id: 'getSnapshot',
    summary: 'Who is in every channel of an app, at a cursor',
    description:
      'One JSON object a line. All of it is of one moment: this and the events after its cursor are the truth, whatever happens while it is read. It is whole only if the last line is `end`.',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'overloaded', 'too_many_connections'],
    },
    parameters: [appParameter],
    answer: {
      description: 'First `snapshot`; then each `channel`, followed by its `members`; last `end`.',
      contentType: 'application/x-ndjson',
      schema: snapshotLine,
    },
    async handle({ context, caller }) {
      const app = appOf(parts, context).id;
      await history.caughtUp(context.signal);
      // Both are taken in one turn: states change in the same turn as the position.
      const channels = log.channels(app);
      const position = log.lastPosition;
      const cursor = formatCursor({ app, position, sid: history.sidAt(position) });
      const head = {
        type: 'snapshot',
        app,
        cursor,
        atMs: Math.floor(clock.nowMs()),
        channels: channels.length,
      };
      const lines = linesOf(head, channels);
      return streams.respond(caller?.names === false ? masked(lines) : lines, context.signal);
    },
  });
}

function* masked(lines: Iterable<object>): Generator<object> {
  for (const line of lines) yield withoutNames(line) as object;
}

/** The states are immutable, so what happens meanwhile does not show; each line is made when the reader has room. */
function* linesOf(head: object, channels: readonly OpenChannel[]): Generator<object> {
  yield head;
  let members = 0;
  for (const { key, sid, seq, profile, openedMs, roster } of channels) {
    const { name: channel } = key;
    const { size: count, hosts } = roster;
    yield { type: 'channel', channel, sid, seq, profile, openedMs, count, hosts };
    members += count;
    for (let after = 0; ; ) {
      const page = roster.page(after, fixed.snapshotLineMembersMax);
      const last = page.at(-1);
      if (last === undefined) break;
      yield { type: 'members', channel, sid, members: page.map(toRosterMember) };
      if (page.length < fixed.snapshotLineMembersMax) break;
      after = last.joinedSeq;
    }
  }
  yield { type: 'end', channels: channels.length, members };
}

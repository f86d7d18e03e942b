import { expect, test } from 'bun:test';
import type { SignalingTopicEvent } from '@housecount/protocol';
import { apply } from '../../channel/apply.ts';
import { type Channel, emptyChannel } from '../../channel/channel.ts';
import type { ChannelCommand } from '../../channel/command.ts';
import { evolve } from '../../channel/evolve.ts';
import { type LogEntry, recordOf } from '../../log/record/record.ts';
import type { Socket } from '../../net/socket/socket.ts';
import { Audiences } from '../names/audiences.ts';
import { publishersBusTopic } from '../names/bus-topics.ts';
import { TopicEvents } from './topic-events.ts';

const key = { app: 'app', kind: 'stream', name: 'x' } as const;
const limits = {
  membersMax: 9,
  hostsMax: 0,
  linksMax: 0,
  transactionMembersMax: 1_000,
  statesMax: 2,
  metadataBytesMax: 9,
  metadataItemsMax: 9,
  locksMax: 2,
  topicsMax: 8,
  publishersMax: 99,
};

/** A log that is ahead of who reads it. */
class Ahead {
  state: Channel = emptyChannel(key);
  readonly entries: LogEntry[] = [];
  readonly audiences = new Audiences();
  readonly published: string[] = [];
  readonly events: TopicEvents;

  constructor() {
    const self = this;
    this.events = new TopicEvents({
      log: {
        known: () => this.state,
        get lastPosition() {
          return self.entries.length;
        },
      },
      clock: { nowMs: () => 7 },
      broadcast: { publish: (topic, text) => this.published.push(`${topic} ${text}`) },
      audiences: this.audiences,
    });
  }

  ask(command: ChannelCommand): void {
    const decision = apply(this.state, command, 5, limits);
    if ('refused' in decision) throw new Error(decision.refused);
    for (const change of decision.changes) {
      this.entries.push({ position: this.entries.length + 1, record: recordOf(key, change) });
      this.state = evolve(this.state, change);
    }
  }

  join(uid: number, topic: string): void {
    this.ask({
      type: 'join',
      connectionId: `s${uid}`,
      connectionKind: 'signaling',
      uid,
      role: 'audience',
      platform: 0,
      leaseMs: 9,
      newSid: 'S',
    });
    this.ask({ type: 'join-topic', connectionId: `s${uid}`, topic, meta: '' });
  }

  /** The reader takes everything from an entry on. */
  absorbFrom(index: number): void {
    for (const entry of this.entries.slice(index)) this.events.absorb(entry);
  }

  watch(): { readonly told: SignalingTopicEvent[]; readonly stop: () => void } {
    const told: SignalingTopicEvent[] = [];
    const socket = {
      send: (text: string) => told.push(JSON.parse(text) as SignalingTopicEvent),
      subscribe: () => undefined,
      unsubscribe: () => undefined,
    } as unknown as Socket;
    return { told, stop: this.events.watch(key, socket) };
  }
}

test('SIG63: what is in the snapshot is not told again by a reader that is behind; what came after is', () => {
  const log = new Ahead();
  log.join(1, 'a');
  const { told } = log.watch();
  expect(told).toMatchObject([{ event: { type: 'SNAPSHOT', topics: [{ topic: 'a' }] } }]);
  log.join(2, 'b');
  // A newcomer sees what the others have been told so far, and is told the rest with them.
  const second = log.watch();
  expect(second.told).toMatchObject([{ event: { topics: [{ topic: 'a' }] } }]);
  log.absorbFrom(0);
  expect(log.published).toHaveLength(1);
  expect(log.published[0]).toStartWith(`${publishersBusTopic(key)} `);
  expect(log.published[0]).toContain('"userId":"2"');
});

test('SIG63: nothing is kept of a channel that nobody watches', () => {
  const log = new Ahead();
  log.join(1, 'a');
  const watchers = [log.watch(), log.watch()];
  expect([log.events.size, log.audiences.sizeOf(publishersBusTopic(key))]).toEqual([1, 2]);
  for (const { stop } of watchers) stop();
  expect([log.events.size, log.audiences.sizeOf(publishersBusTopic(key))]).toEqual([0, 0]);
  log.join(2, 'b');
  log.absorbFrom(0);
  expect(log.published).toEqual([]);
  expect(log.watch().told).toMatchObject([{ event: { topics: [{ topic: 'a' }, { topic: 'b' }] } }]);
});

import { expect, test } from 'bun:test';
import { type ChannelEvent, evidences } from '@housecount/protocol';
import fc from 'fast-check';
import { SlowModel } from '../../testing/models/slow-channel.ts';
import {
  type AnyChange,
  evolveAny,
  type Happening,
  limitsForTests,
  TestChannel,
} from '../../testing/models/test-channel.ts';
import type { ChannelLimits } from './apply.ts';
import { type Channel, type ChannelKind, emptyChannel } from './channel.ts';
import type { ChannelCommand } from './command.ts';
import { type ChannelChange, isEvent, isMark } from './decision.ts';
import { due } from './due.ts';
import { interruptedSinceMs } from './membership/lease.ts';
import { streamsOf } from './membership/streams.ts';
import { isOfOne, mayBeAsked, mayBeQuiet } from './policy.ts';
import { membersFromLines, membersToLines } from './snapshot.ts';

/** Sequences in one run, of each kind; HOUSECOUNT_SEED replays the one that fast-check printed. */
const runs = { live: 10_000, message: 3_000, stream: 3_000, user: 3_000 };
const seed = process.env.HOUSECOUNT_SEED === undefined ? {} : { seed: Number(process.env.HOUSECOUNT_SEED) };

const startMs = 1_700_000_000_000;
const limits: ChannelLimits = { ...limitsForTests, membersMax: 4, hostsMax: 2, metadataItemsMax: 3 };

/** Few of everything, so that commands meet; times are relative, and become absolute when the command is asked. */
const uid = fc.integer({ min: 1, max: 5 });
const connectionId = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
const role = fc.constantFrom('broadcaster' as const, 'audience' as const);
const aheadMs = fc.option(fc.integer({ min: -2, max: 60 }), { nil: undefined });
const evidence = fc.constantFrom(...evidences);

/** Finds an attachment number: by a connection, and by how many of its attachments came later. */
type AttachmentOf = (connectionId: string, before: number) => number | undefined;
type Ask = (nowMs: number, newSid: string, attachmentOf: AttachmentOf) => ChannelCommand | Happening;

/** The attachment that a fact speaks of: the present one, one before, or whichever there is. */
const before = fc.option(fc.nat(2), { nil: undefined });
const naming = (attachmentOf: AttachmentOf, id: string, which: number | undefined) => {
  const attachment = which === undefined ? undefined : attachmentOf(id, which);
  return attachment === undefined ? {} : { attachment };
};

/** A command that does not depend on the time. */
const always =
  (command: ChannelCommand): Ask =>
  () =>
    command;
const at = (nowMs: number, offsetMs: number | undefined) =>
  offsetMs === undefined ? {} : { tokenEndsMs: nowMs + offsetMs };

const tokenUser = fc.constantFrom('ann', 'bob', '3');
const join: fc.Arbitrary<Ask> = fc
  .record({
    connectionId,
    connectionKind: fc.constantFrom('rtc' as const, 'whip' as const, 'whep' as const),
    uid,
    role,
    profile: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(undefined, 'live' as const) },
      { weight: 1, arbitrary: fc.constant('communication' as const) },
    ),
    platform: fc.constant(7),
    leaseMs: fc.constantFrom(10, 20),
    aheadMs,
    former: fc.option(connectionId, { nil: undefined }),
    quiet: fc.option(fc.boolean(), { nil: undefined, freq: 1 }),
    publishMs: fc.option(fc.integer({ min: -2, max: 60 }), { nil: undefined, freq: 1 }),
    streams: fc.option(fc.record({ audio: fc.boolean(), video: fc.boolean() }), { nil: undefined }),
    linked: fc.record(
      { userId: tokenUser, linkAwaited: fc.boolean(), unproven: fc.boolean() },
      { requiredKeys: [] },
    ),
  })
  .map(({ aheadMs: ahead, profile, former, publishMs, quiet, linked, streams, ...rest }): Ask => {
    const named = {
      ...(profile !== undefined && { profile }),
      ...(former !== undefined && { formerConnectionId: former }),
      ...(quiet !== undefined && { quiet }),
      ...(streams && { streams }),
      ...linked,
    };
    return (nowMs, newSid) => {
      const publish = publishMs === undefined ? {} : { publish: { audioEndsMs: nowMs + publishMs } };
      return { type: 'join', ...rest, ...named, ...publish, ...at(nowMs, ahead), newSid };
    };
  });

/** The time, from now, before which nothing ends after one in which nothing could be recorded. */
const fromMs = fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined });
const from = (nowMs: number, ends: number | undefined) =>
  ends === undefined ? {} : { endsFromMs: nowMs + ends };

/** Commands for a channel of any kind that somebody can be in. */
const ofMembers: fc.MaybeWeightedArbitrary<Ask>[] = [
  { weight: 8, arbitrary: join },
  {
    weight: 3,
    arbitrary: fc.tuple(connectionId, evidence, before).map(
      ([id, by, which]): Ask =>
        (_, __, attachmentOf) => ({
          type: 'leave',
          connectionId: id,
          evidence: by,
          ...naming(attachmentOf, id, which),
        }),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(connectionId, fc.integer({ min: -2, max: 25 }), evidence, before, fromMs).map(
      ([id, agoMs, by, which, ends]): Ask =>
        (nowMs, _, attachmentOf) => ({
          type: 'silent',
          connectionId: id,
          lastHeardMs: nowMs - agoMs,
          evidence: by,
          ...from(nowMs, ends),
          ...naming(attachmentOf, id, which),
        }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(connectionId, before).map(
      ([id, which]): Ask =>
        (_, __, attachmentOf) => ({
          type: 'heard',
          connectionId: id,
          ...naming(attachmentOf, id, which),
        }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        connectionId,
        aheadMs,
        fc.record(
          {
            uid,
            account: fc.constant('ann'),
            attempt: fc.nat(3),
            tokenNeverEnds: fc.constant(true as const),
            userId: tokenUser,
          },
          { requiredKeys: [] },
        ),
      )
      .map(
        ([id, ahead, { account, ...more }]): Ask =>
          (nowMs) => ({
            type: 'resume',
            connectionId: id,
            ...more,
            // Of an account that nobody has now and then, since it is refused whatever else it says.
            ...(account !== undefined && more.attempt === 3 && { account }),
            ...at(nowMs, ahead),
          }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(connectionId, aheadMs, fc.option(tokenUser, { nil: undefined })).map(
      ([id, ahead, userId]): Ask =>
        (nowMs) => ({
          type: 'renew-token',
          connectionId: id,
          ...at(nowMs, ahead),
          ...(userId !== undefined && { userId }),
        }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .record(
        {
          uid,
          connectionIds: fc.array(connectionId, { maxLength: 3 }),
          arrivedBy: fc.record({ sid: fc.constantFrom('S0', 'S1', 'S2', 'S3'), seq: fc.nat(12) }),
        },
        { requiredKeys: [] },
      )
      .map(
        (scope): Ask =>
          () => ({ type: 'kick', ...scope }),
      ),
  },
];

/** What time does, for every kind: a tick, a restart, blind time, the moment after a restart. */
const ofTime: fc.MaybeWeightedArbitrary<Ask>[] = [
  {
    weight: 1,
    arbitrary: fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 5, max: 15 })).map(
      ([agoMs, recoveryMs]): Ask =>
        (nowMs) => ({ type: 'recover', lastAliveMs: nowMs - agoMs, recoveryMs }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.integer({ min: 1, max: 30 }), fromMs).map(
      ([blindMs, ends]): Ask =>
        (nowMs) => ({ type: 'blind', blindMs, ...from(nowMs, ends) }),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Ask>(() => ({ type: 'show' })) },
  { weight: 4, arbitrary: fc.constant<Ask>(() => ({ type: 'tick' })) },
];

const ofRoles: fc.MaybeWeightedArbitrary<Ask>[] = [
  {
    weight: 3,
    arbitrary: fc
      .record({ type: fc.constant('set-role' as const), connectionId, role })
      .map((command): Ask => always(command)),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        type: fc.constant('set-streams' as const),
        connectionId,
        audio: fc.boolean(),
        video: fc.boolean(),
      })
      .map((command): Ask => always(command)),
  },
];

const ofLinks: fc.MaybeWeightedArbitrary<Ask>[] = [
  {
    weight: 4,
    arbitrary: fc.tuple(connectionId, fc.option(tokenUser, { nil: undefined }), before).map(
      ([id, userId, which]): Ask =>
        (_, __, attachmentOf) => ({
          type: 'link',
          connectionId: id,
          ...(userId !== undefined && { userId }),
          ...naming(attachmentOf, id, which),
        }),
    ),
  },
];

/** Few names and texts, so that they meet. */
const name = fc.constantFrom('a', 'b', 'c');
const text = fc.constantFrom('', 'x', 'long enough');
const user = fc.constantFrom('ann', 'bob');
const texts = fc.dictionary(name, text, { maxKeys: 2, noNullPrototype: true });

const ofStates: fc.MaybeWeightedArbitrary<Ask>[] = [
  {
    weight: 4,
    arbitrary: fc
      .record({
        type: fc.constant('change-states' as const),
        connectionId,
        set: texts,
        remove: fc.oneof(fc.constant('all' as const), fc.array(name, { maxLength: 2 })),
      })
      .map((command): Ask => always(command)),
  },
];

const ofTopics: fc.MaybeWeightedArbitrary<Ask>[] = [
  {
    weight: 5,
    arbitrary: fc
      .record({ type: fc.constant('join-topic' as const), connectionId, topic: name, meta: text })
      .map((command): Ask => always(command)),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ type: fc.constant('leave-topic' as const), connectionId, topic: name })
      .map((command): Ask => always(command)),
  },
];

const ofMetadata: fc.MaybeWeightedArbitrary<Ask>[] = [
  {
    weight: 4,
    arbitrary: fc
      .record({
        type: fc.constant('change-metadata' as const),
        mode: fc.constantFrom('set' as const, 'set' as const, 'update' as const, 'remove' as const),
        items: fc.uniqueArray(fc.record({ key: name, value: text, revision: fc.constantFrom(-1, -1, 1) }), {
          selector: ({ key }) => key,
          maxLength: 2,
        }),
        majorRevision: fc.constantFrom(-1, -1, -1, 0),
        author: user,
        addTimeStamp: fc.boolean(),
        addUserId: fc.boolean(),
        lockName: fc.constantFrom('', '', '', 'a'),
      })
      .map((command): Ask => always(command)),
  },
];

const ofLocks: fc.MaybeWeightedArbitrary<Ask>[] = [
  {
    weight: 3,
    arbitrary: fc
      .record({ type: fc.constant('set-lock' as const), name, ttlMs: fc.constantFrom(10, 20), by: user })
      .map((command): Ask => always(command)),
  },
  {
    weight: 5,
    arbitrary: fc
      .record({
        type: fc.constantFrom(
          'acquire-lock' as const,
          'acquire-lock' as const,
          'release-lock' as const,
          'remove-lock' as const,
        ),
        name,
        by: user,
      })
      .map((command): Ask => always(command)),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ type: fc.constant('revoke-lock' as const), name, owner: user, by: user })
      .map((command): Ask => always(command)),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(user, fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }), fromMs).map(
      ([owner, agoMs, ends]): Ask =>
        (nowMs) => ({
          type: 'lock-holder',
          owner,
          offlineSinceMs: agoMs === undefined ? undefined : nowMs - agoMs,
          ...from(nowMs, ends),
        }),
    ),
  },
];

/** The commands for each kind. */
const asks: Readonly<Record<ChannelKind, readonly fc.MaybeWeightedArbitrary<Ask>[]>> = {
  live: [...ofMembers, ...ofRoles, ...ofLinks, ...ofTime],
  message: [...ofMembers, ...ofStates, ...ofMetadata, ...ofLocks, ...ofTime],
  stream: [...ofMembers, ...ofStates, ...ofTopics, ...ofMetadata, ...ofLocks, ...ofTime],
  user: [...ofMembers, ...ofMetadata, ...ofTime],
};
const kinds = ['live', 'message', 'stream', 'user'] as const;

type Steps = readonly (readonly [laterMs: number, ask: Ask])[];
const stepsOf = (kind: ChannelKind): fc.Arbitrary<Steps> =>
  fc.array(fc.tuple(fc.nat(8), fc.oneof(...asks[kind])), { minLength: 5, maxLength: 40 });

for (const kind of kinds)
  test(`CHAN1-CHAN28, PERSON1-PERSON6, RAIL1: a ${kind} channel does what the slow model does`, () => {
    fc.assert(
      fc.property(stepsOf(kind), (steps) => follow(kind, steps, limits)),
      { numRuns: runs[kind], ...seed },
    );
  }, 600_000);

for (const kind of ['live', 'stream'] as const)
  test(`CHAN30-CHAN32: a ${kind} channel whose transactions hold few members does what the slow model does`, () => {
    fc.assert(
      fc.property(stepsOf(kind), fc.integer({ min: 1, max: 2 }), (steps, transactionMembersMax) =>
        follow(kind, steps, { ...limits, transactionMembersMax }),
      ),
      { numRuns: runs[kind], ...seed },
    );
  }, 120_000);

test('CHAN30: ends and kicks in slices make the records that one transaction would have made', () => {
  fc.assert(
    fc.property(stepsOf('live'), fc.integer({ min: 1, max: 3 }), fc.nat(60), (steps, most, laterMs) => {
      const one = new TestChannel(limits);
      const sliced = new TestChannel({ ...limits, transactionMembersMax: most });
      let nowMs = startMs;
      for (const [index, [ms, make]] of steps.entries()) {
        nowMs += ms;
        const command = make(nowMs, `S${index}`, (id, since) =>
          attachmentsOf(one.changes, id).at(-1 - since),
        );
        if (command.type === 'recover' || command.type === 'blind' || command.type === 'show') continue;
        one.ask(nowMs, { type: 'tick' });
        wholly(sliced, nowMs, { type: 'tick' }, most);
        one.ask(nowMs, command);
        if (command.type === 'kick') wholly(sliced, nowMs, command, most);
        else sliced.ask(nowMs, command);
      }
      one.ask(nowMs + laterMs, { type: 'tick' });
      wholly(sliced, nowMs + laterMs, { type: 'tick' }, most);
      expect(sliced.changes).toEqual(one.changes);
      one.ask(nowMs + laterMs, { type: 'kick' });
      wholly(sliced, nowMs + laterMs, { type: 'kick' }, most);
      expect(sliced.changes).toEqual(one.changes);
    }),
    { numRuns: 2_000, ...seed },
  );
}, 120_000);

/** Asks until a slice is not full. */
function wholly(channel: TestChannel, nowMs: number, command: ChannelCommand, most: number): void {
  for (;;) {
    const left = channel.must(nowMs, command).filter(({ type }) => type === 'member-left').length;
    expect(left).toBeLessThanOrEqual(most);
    if (left < most) return;
  }
}

function follow(kind: ChannelKind, steps: Steps, room: ChannelLimits): void {
  const channel = new TestChannel(room, { app: 'app', kind, name: 'x' });
  const model = new SlowModel(room, {
    mayBeQuiet: kind === 'message' || kind === 'stream',
    isOfOne: kind === 'user',
  });
  let nowMs = startMs;
  for (const [index, [laterMs, make]] of steps.entries()) {
    nowMs += laterMs;
    const command = make(nowMs, `S${index}`, (id, since) =>
      attachmentsOf(channel.changes, id).at(-1 - since),
    );
    const answer = channel.ask(nowMs, command);
    const refused: string | undefined = typeof answer === 'string' ? answer : undefined;
    expect(refused).toBe(model.ask(nowMs, command));
    if (
      [
        'resume',
        'heard',
        'silent',
        'recover',
        'blind',
        'show',
        'renew-token',
        'link',
        'set-streams',
      ].includes(command.type)
    ) {
      const own = typeof answer === 'string' ? [] : answer;
      // Whatever event such a command carries is somebody's end that was due before it.
      for (const change of own) expect(isMark(change) || isEnding(change) || isOfLocks(change)).toBe(true);
    }
    expect(due(channel.state)).toBe(model.due());
    expect(whoIsIn(channel.state)).toEqual(model.people.map(asSeen));
    expect(partsOf(channel.state)).toEqual(partsOfModel(model));
  }
  checkEvents(kind, channel.changes, model);
  checkFold(channel.history, channel.state, steps.length);
}

/** The numbers of a connection's attachments, the newest last. */
const attachmentsOf = (changes: readonly ChannelChange[], id: string): number[] =>
  changes.flatMap((change) => {
    if (change.type === 'member-joined' && change.connectionId === id) return [change.clientSeq];
    return change.type === 'link-live' && change.connectionId === id ? (change.attachment ?? []) : [];
  });

test('RAIL6: whoever joins a user’s channel takes the place of whoever is in it, and each life is two records', () => {
  const channel = new TestChannel(limits, { app: 'app', kind: 'user', name: 'ann' });
  const join = {
    type: 'join',
    connectionKind: 'signaling',
    role: 'audience',
    platform: 0,
    leaseMs: 10,
  } as const;
  channel.ask(startMs, { ...join, uid: 1, connectionId: 'a', newSid: 'S1' });
  channel.ask(startMs + 1, { ...join, uid: 2, connectionId: 'b', newSid: 'S2' });
  channel.ask(startMs + 2, { type: 'leave', connectionId: 'b', evidence: 'bye' });
  expect(
    channel.changes.map((change) =>
      'seq' in change ? [change.type, change.sid, change.seq, change.count] : [],
    ),
  ).toEqual([
    ['member-joined', 'S1', 1, 1],
    ['member-left', 'S1', 2, 0],
    ['member-joined', 'S2', 1, 1],
    ['member-left', 'S2', 2, 0],
  ]);
  expect(channel.state.sid).toBeUndefined();
});

test('RAIL2: a kind has what its policy says, and to be asked about more is a bug', () => {
  const nobody = { app: 'app', name: 'x' };
  const command = { type: 'set-lock', name: 'a', ttlMs: 10, by: 'ann' } as const;
  expect(kinds.filter((kind) => mayBeAsked(kind, command.type))).toEqual(['message', 'stream']);
  for (const kind of ['live', 'user'] as const)
    expect(() => new TestChannel({}, { ...nobody, kind }).ask(startMs, command)).toThrow('bug: ');
  expect(kinds.filter((kind) => mayBeAsked(kind, 'join-topic'))).toEqual(['stream']);
  expect(kinds.filter((kind) => mayBeAsked(kind, 'set-role'))).toEqual(['live']);
  expect(kinds.filter((kind) => mayBeAsked(kind, 'link'))).toEqual(['live']);
  expect(kinds.filter((kind) => mayBeAsked(kind, 'join'))).toEqual([...kinds]);
  expect(kinds.filter((kind) => mayBeAsked(kind, 'change-metadata'))).toEqual(['message', 'stream', 'user']);
  expect(kinds.filter((kind) => mayBeAsked(kind, 'tick'))).toEqual([...kinds]);
  expect(kinds.filter(mayBeQuiet)).toEqual(['message', 'stream']);
  expect(kinds.filter(isOfOne)).toEqual(['user']);
});

/** The parts of a channel besides its members, in a form that both sides can produce. */
function partsOf(channel: Channel) {
  const { metadata, locks } = channel;
  const items = Object.entries(metadata.items).map(([key, { value, revision }]) => ({
    key,
    value,
    revision,
  }));
  const own = channel.sid === undefined ? [] : [...channel.roster];
  return {
    majorRevision: metadata.majorRevision,
    items: inOrder(items),
    locks: Object.values(locks).map(({ by: _, ...lock }) => lock),
    members: own.map(({ uid: who, quiet = false }) => ({
      quiet,
      states: (channel.sid !== undefined && channel.states.get(who)?.states) || {},
      topics: (channel.sid !== undefined && channel.publishers.byUid.get(who)?.topics) || {},
    })),
  };
}

function partsOfModel({ metadata, locks, people }: SlowModel) {
  const { majorRevision, items } = metadata;
  const members = people.map(({ quiet, states, topics }) => ({ quiet, states, topics }));
  return { majorRevision, items: inOrder(items), locks: locks.list, members };
}

const inOrder = <Item extends { readonly key: string }>(items: readonly Item[]): Item[] =>
  items.toSorted((one, other) => (one.key < other.key ? -1 : 1));

const isEnding = (record: ChannelChange): boolean =>
  record.type === 'channel-closed' ||
  (record.type === 'member-left' && (record.reason === 'timeout' || record.reason === 'token'));

/** Time ends locks as well, of the kinds that have them. */
const isOfLocks = ({ type }: ChannelChange): boolean =>
  type === 'lock-changed' || type === 'lock-holder-changed';

/** Somebody as both sides can tell it. */
type Seen = readonly (string | number | boolean | undefined)[];

function whoIsIn(state: Channel): Seen[] {
  if (state.sid === undefined) return [];
  expect(state.roster.hosts).toBe([...state.roster.broadcasters()].length);
  const links = Array.from(state.roster, ({ link }) => link);
  expect(state.roster.silent).toBe(links.filter((link) => link.state === 'silent').length);
  expect(state.roster.interrupted).toBe(
    links.filter((link) => interruptedSinceMs(link) !== undefined).length,
  );
  return Array.from(state.roster, (member) => {
    const { uid, role, connectionId, attachment, attempt = 0, joinedMs, link, tokenEndsMs } = member;
    const { userId = '', linkedByPage = false, linkAwaited = false, unproven = false } = member;
    expect(state.roster.get(uid)).toBe(member);
    expect(state.roster.getByConnection(connectionId)).toBe(member);
    const silence =
      link.state === 'live'
        ? []
        : [link.lastHeardMs, link.noticedMs, link.evidence, link.leaseEndsMs, link.untold ?? false];
    const endsMs = tokenEndsMs ?? Number.POSITIVE_INFINITY;
    const linked = [userId, linkedByPage, linkAwaited, unproven];
    const { audio, video } = streamsOf(member);
    const own = [uid, role, connectionId, attachment, attempt, joinedMs, endsMs, audio, video];
    return [...own, ...linked, ...silence];
  });
}

function asSeen({
  uid,
  role,
  connectionId,
  attachment,
  attempt,
  joinedMs,
  tokenEndsMs,
  streams,
  user,
  userBy,
  awaited,
  unproven,
  silence,
}: SlowModel['people'][number]): Seen {
  const { heardMs, noticedMs, evidence: by, endsMs, untold = false } = silence ?? {};
  return [
    uid,
    role,
    connectionId,
    attachment,
    attempt,
    joinedMs,
    tokenEndsMs,
    streams.has('audio'),
    streams.has('video'),
    user,
    userBy === 'page',
    awaited,
    unproven,
    ...(silence ? [heardMs, noticedMs, by, endsMs, untold] : []),
  ];
}

function lineOf(event: ChannelEvent): string {
  switch (event.type) {
    case 'channel-opened':
      return `opened ${event.profile}`;
    case 'channel-closed':
      return `closed ${event.lastUid}`;
    case 'member-joined':
      return `joined ${event.uid} ${event.role} ${event.count}`;
    case 'role-changed':
      return `role ${event.uid} ${event.role} ${event.count}`;
    case 'member-left': {
      const { uid: who, role: as, reason, evidence: by, lastHeardMs, noticedMs, count } = event;
      return `left ${who} ${as} ${reason} ${by} ${lastHeardMs} ${noticedMs} ${count}`;
    }
  }
}

/** Checks the channel by what a reader that sees only the events can know. */
function checkEvents(kind: ChannelKind, changes: readonly ChannelChange[], model: SlowModel): void {
  const events = changes.filter(isEvent);
  expect(events.map(lineOf)).toEqual(model.said);
  const clientSeqs = new Map<number, number>();
  const inside = new Set<number>();
  const sids = new Set<string>();
  let previous: ChannelEvent | undefined;
  for (const event of events) {
    const isOver = previous?.type === (isOfOne(kind) ? 'member-left' : 'channel-closed');
    if (!previous || isOver) {
      expect(event.type).toBe(isOfOne(kind) ? 'member-joined' : 'channel-opened');
      expect(event.seq).toBe(1);
      expect(sids.has(event.sid)).toBe(false);
      sids.add(event.sid);
    } else {
      expect(event.sid).toBe(previous.sid);
      expect(event.seq).toBe(previous.seq + 1);
      expect(event.type).not.toBe('channel-opened');
      expect(event.atMs).toBeGreaterThanOrEqual(previous.atMs);
    }
    if ('uid' in event) {
      expect(event.clientSeq).toBeGreaterThan(clientSeqs.get(event.uid) ?? 0);
      expect(event.clientSeq).toBeGreaterThanOrEqual(event.atMs);
      clientSeqs.set(event.uid, event.clientSeq);
      expect(inside.has(event.uid)).toBe(event.type !== 'member-joined');
      if (event.type === 'member-joined') inside.add(event.uid);
      if (event.type === 'member-left') inside.delete(event.uid);
    }
    expect(event.count).toBe(inside.size);
    previous = event;
  }
}

/** Replaying all, or a snapshot of who is there from the middle and the rest, gives the channel. */
function checkFold(changes: readonly AnyChange[], channel: Channel, salt: number): void {
  const { key } = channel;
  expect(allOf(changes.reduce<Channel>(evolveAny, emptyChannel(key)))).toEqual(allOf(channel));
  const middle = changes.length === 0 ? 0 : salt % changes.length;
  const half = changes.slice(0, middle).reduce<Channel>(evolveAny, emptyChannel(key));
  const lines = [...membersToLines(half)];
  const read = membersFromLines(key, lines);
  expect([...membersToLines(read)]).toEqual(lines);
  const replayed = changes.slice(middle).reduce<Channel>(evolveAny, { ...half, ...read, ...restOf(half) });
  expect(allOf(replayed)).toEqual(allOf(channel));
  expect(due(replayed)).toBe(due(channel));
}

/** The parts of a channel that the snapshot of its members does not have. */
const restOf = (channel: Channel) => {
  const { metadata, locks } = channel;
  if (channel.sid === undefined) return { metadata, locks };
  const { states, publishers, textBytes } = channel;
  return { metadata, locks, states, publishers, textBytes };
};

const allOf = (channel: Channel) => ({
  lines: [...membersToLines(channel)],
  parts: partsOf(channel),
  textBytes: channel.sid === undefined ? 0 : channel.textBytes,
});

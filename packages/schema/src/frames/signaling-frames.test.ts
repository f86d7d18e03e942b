import { expect, test } from 'bun:test';
import { isSignalingTopic, parseSignalingFrame, type SignalingClientFrame } from '@housecount/protocol';
import fc from 'fast-check';
import type { Agrees } from '../../../server/testing/agrees.ts';
import { mutated } from '../../../server/testing/mutated-json.ts';
import { fits, type TypeOf } from '../index.ts';
import { signalingClientFrame, signalingFrames } from './signaling-frames.ts';

/** Does not compile where a type of the protocol, made of the schemas or declared by hand, differs from its schema. */
const agrees: Agrees<TypeOf<typeof signalingClientFrame>, SignalingClientFrame> = true;

const id = 1;
const place = { channelType: 'MESSAGE', channel: 'lobby' } as const;
const stream = { channelType: 'STREAM', channel: 'stage' } as const;
const flags = { withPresence: true, withMetadata: false, withLock: true, beQuiet: false };
const topic = { id, channel: 'stage', topic: 'chat' };
const lock = { id, ...place, lockName: 'l' };
/** For each type a frame with everything that may be in it; and those that exclude each other. */
const frames: readonly SignalingClientFrame[] = [
  {
    type: 'login',
    version: 1,
    app: 'A'.repeat(32),
    userId: 'ann',
    token: '',
    session: { id: 's', key: 'k' },
    heartbeatInterval: 0.5,
    presenceTimeout: 300,
  },
  { type: 'ping' },
  { type: 'logout' },
  { type: 'renew-token', id, token: 't', channel: 'stage' },
  { type: 'link-proof', id, nonce: 'n' },
  { type: 'subscribe', id, ...place, ...flags, withMessage: true, states: { mood: 'good' } },
  { type: 'subscribe', id, ...stream, ...flags, token: 't' },
  { type: 'unsubscribe', id, ...place },
  { type: 'publish', id, ...place, content: { text: 'x' }, customType: 'c', storeInHistory: true },
  { type: 'publish', id, channelType: 'USER', channel: 'bob', content: { bytes: 'AAE=' } },
  { type: 'publish', id, ...place, content: { sealed: 'A'.repeat(40) } },
  { type: 'get-messages', id, ...place, count: 100, start: 9, end: 3 },
  { type: 'get-messages', id, ...place, count: 1, start: 0, end: 3 },
  { type: 'set-state', id, ...place, states: { a: '', b: 'é' } },
  { type: 'remove-state', id, ...place, keys: ['a'] },
  { type: 'get-state', id, ...place, userId: 'ann' },
  { type: 'online-users', id, ...place, includedUserId: true, includedState: true, page: 'p' },
  { type: 'online-users', id, ...place, includedUserId: false, includedState: false },
  { type: 'user-channels', id, userId: 'ann' },
  { type: 'subscribe-roster', id, ...place, view: { from: 0, count: 100 } },
  { type: 'subscribe-roster', id, ...place, view: { first: 1 } },
  { type: 'subscribe-roster', id, ...place, cursor: { stream: 's', after: 0 } },
  { type: 'unsubscribe-roster', id, ...place, view: { count: true } },
  {
    type: 'change-metadata',
    id,
    target: { ...stream },
    mode: 'set',
    items: [{ key: 'k', value: 'v', revision: -1 }],
    majorRevision: 0,
    lockName: '',
    addTimeStamp: true,
    addUserId: false,
  },
  { type: 'get-metadata', id, target: { userId: 'ann' } },
  { type: 'subscribe-user-metadata', id, userId: 'ann' },
  { type: 'unsubscribe-user-metadata', id, userId: 'ann' },
  { type: 'set-lock', ...lock, ttl: 10 },
  { type: 'remove-lock', ...lock },
  { type: 'acquire-lock', ...lock, retry: true },
  { type: 'release-lock', ...lock },
  { type: 'revoke-lock', ...lock, owner: 'bob' },
  { type: 'get-locks', id, ...place },
  { type: 'join-topic', ...topic, meta: 'm' },
  { type: 'leave-topic', ...topic },
  { type: 'publish-topic', ...topic, content: { text: 'x' }, customType: 'c' },
  { type: 'subscribe-topic', ...topic, users: ['ann'], absent: true },
  { type: 'unsubscribe-topic', ...topic, users: [] },
];
const strange: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 1.5, 9, 100, 101, 2 ** 53, 1e300],
  ...['', ' ', 'x', '_x', 'é', 'MESSAGE', 'STREAM', 'USER', 'ping', 'subscribe', 'publish', 'remove'],
  ...[16, 17, 32, 33, 64, 65, 128, 129, 256, 257, 1_024, 1_025, 32_769].map((length) => 'x'.repeat(length)),
  ...['😀'.repeat(16), '😀'.repeat(17), '€'.repeat(86), '€'.repeat(342), 'AAAA', 'AA==', 'A===', '===='],
  ...['A'.repeat(1_404), 'A'.repeat(1_408), 'A'.repeat(43_732), 'A'.repeat(43_736)],
  ...[[], {}, ['x'], ['x'.repeat(65)], Array(33).fill('k'), Array(65).fill('u'), [{ key: 'k' }]],
  ...[
    { text: 'x' },
    { text: 'x', bytes: '' },
    { sealed: 'AAAA' },
    { bytes: '' },
    { userId: 'x' },
    { ...place },
  ],
  ...[{ count: true }, { first: 101 }, { first: 100 }, { from: 1, count: 1 }, { '': 'x' }, { k: 1 }],
  ...[
    { ['k'.repeat(65)]: 'x' },
    { ['€'.repeat(21)]: 'x' },
    { stream: '', after: 1 },
    { userId: 'x', ...place },
  ],
  Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`k${at}`, 'v'])),
];

test('SHAPE7: the parser of signaling frames takes a frame exactly where its schema does', () => {
  expect(agrees).toBe(true);
  expect(new Set<string>(frames.map(({ type }) => type))).toEqual(new Set(Object.keys(signalingFrames)));
  for (const frame of frames) expect([frame, fits(signalingClientFrame, frame)]).toEqual([frame, true]);
  fc.assert(
    fc.property(
      fc.constantFrom(...frames).chain((frame) => mutated(frame, strange)),
      (frame) => {
        const text = JSON.stringify(frame);
        const value: unknown = JSON.parse(text);
        expect([text, parseSignalingFrame(text).ok]).toEqual([text, fits(signalingClientFrame, value)]);
      },
    ),
    { numRuns: 10_000 },
  );
});

test('SHAPE7: names of topics are legal to the schemas where they are to the protocol', () => {
  const characters = [...' !#$%&()+-:;<=.>?@[]^_{}|~,', 'a', 'Z', '0', '/', '\\', '"', "'", '*', 'é', '\n'];
  const name = fc.oneof(
    fc.array(fc.constantFrom(...characters), { maxLength: 6 }).map((parts) => parts.join('')),
    fc.constantFrom(...[15, 16, 17].map((length) => 'n'.repeat(length))),
  );
  fc.assert(
    fc.property(name, (topicName) => {
      const frame = { type: 'leave-topic', id, channel: 'stage', topic: topicName };
      expect([topicName, fits(signalingClientFrame, frame)]).toEqual([
        topicName,
        isSignalingTopic(topicName),
      ]);
    }),
    { numRuns: 2_000 },
  );
});

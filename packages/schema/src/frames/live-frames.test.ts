import { expect, test } from 'bun:test';
import {
  type ChannelEvent,
  type ClientFrame,
  isAccount,
  isChannelName,
  isSignalingName,
  parseClientFrame,
  type RosterMember,
} from '@housecount/protocol';
import fc from 'fast-check';
import type { Agrees } from '../../../server/testing/agrees.ts';
import { mutated } from '../../../server/testing/mutated-json.ts';
import {
  account,
  type channelEvent,
  channelName,
  fits,
  type rosterMember,
  type TypeOf,
  userId,
} from '../index.ts';
import { liveClientFrame, liveFrames } from './live-frames.ts';

/** As customers with names are shown it: the uid of whom it is about is there. */
type WithName<T> = T extends T ? T & Required<Pick<T, keyof T & ('uid' | 'lastUid')>> : never;
/** Does not compile where a type of the protocol, made of the schemas or declared by hand, differs from its schema. */
const agreements: {
  readonly frames: Agrees<TypeOf<typeof liveClientFrame>, ClientFrame>;
  readonly events: Agrees<WithName<TypeOf<typeof channelEvent>>, ChannelEvent>;
  readonly members: Agrees<WithName<TypeOf<typeof rosterMember>>, RosterMember>;
} = { frames: true, events: true, members: true };

/** For each type a frame with everything that may be in it; and those that exclude each other. */
const frames: readonly ClientFrame[] = [
  {
    type: 'hello',
    version: 1,
    app: 'a'.repeat(32),
    channel: 'x',
    token: '',
    uid: 7,
    role: 'audience',
    profile: 'live',
    platform: 7,
    clientType: 255,
    resume: '!~',
    linkAwaited: true,
  },
  { type: 'hello', version: 1, app: 'B'.repeat(32), channel: 'x y', account: 'a.b' },
  { type: 'bye', graceMs: 2_000 },
  { type: 'ping', id: 0 },
  { type: 'set-role', id: 1, role: 'broadcaster' },
  { type: 'renew-token', id: 1, token: 't' },
  { type: 'link', id: 1, proof: '!~' },
  { type: 'subscribe-roster', id: 1, sid: 's', after: 0, view: { count: true } },
  { type: 'subscribe-roster', id: 1, view: { from: 0, count: 1_000 } },
  { type: 'subscribe-roster', id: 1, view: { first: 1 } },
  { type: 'unsubscribe-roster', id: 1 },
  { type: 'streams', id: 1, audio: true, video: false },
  { type: 'select', id: 1, session: 's', audio: true, video: false },
  { type: 'select', id: 1, session: 's', audio: true, video: true, layer: 'low' },
  { type: 'tell-info', id: 1, what: 'mute-audio' },
  { type: 'stream-messages', id: 1, messages: ['', 'aGk='] },
];
const strange: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 1.5, 2, 7, 256, 2_001, 1_001, 2 ** 32, 2 ** 53, 1e300],
  ...['', ' ', 'x', '..', 'é', 'live', 'audience', 'hello', 'ping', 'nonsense', 'a'.repeat(32)],
  ...['x'.repeat(65), 'x'.repeat(129), 'x'.repeat(256), 'x'.repeat(1_025)],
  ...[
    [],
    {},
    { count: true },
    { first: 0 },
    { first: 1_000 },
    { from: 1, count: true },
    { from: 1, count: 1 },
  ],
];

test('SHAPE5: the parser of live frames takes a frame exactly where its schema does', () => {
  expect(agreements).toEqual({ frames: true, events: true, members: true });
  expect(new Set(frames.map(({ type }) => type))).toEqual(new Set(Object.keys(liveFrames)) as Set<never>);
  for (const frame of frames) expect([frame, fits(liveClientFrame, frame)]).toEqual([frame, true]);
  fc.assert(
    fc.property(
      fc.constantFrom(...frames).chain((frame) => mutated(frame, strange)),
      (frame) => {
        const text = JSON.stringify(frame);
        const value: unknown = JSON.parse(text);
        expect([text, parseClientFrame(text).ok]).toEqual([text, fits(liveClientFrame, value)]);
      },
    ),
    { numRuns: 5_000 },
  );
});

test('SHAPE5: names are legal to the schemas where they are to the protocol', () => {
  const characters = [...' !#$%&()+-:;<=.>?@[]^_{}|~,', 'a', 'Z', '0', '/', '\\', '"', "'", '*', 'é', '\n'];
  const name = fc.oneof(
    fc.array(fc.constantFrom(...characters), { maxLength: 6 }).map((parts) => parts.join('')),
    fc.constantFrom(...[63, 64, 65, 255, 256].map((length) => 'n'.repeat(length)), '.', '..', '...'),
  );
  fc.assert(
    fc.property(name, (text) => {
      expect([text, fits(channelName(''), text)]).toEqual([text, isChannelName(text)]);
      expect([text, fits(account(''), text)]).toEqual([text, isAccount(text)]);
      expect([text, fits(userId(''), text)]).toEqual([text, isSignalingName(text)]);
    }),
    { numRuns: 5_000 },
  );
});

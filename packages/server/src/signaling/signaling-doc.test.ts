import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import {
  parseSignalingFrame,
  type SignalingClientFrame,
  type SignalingServerFrame,
  signalingCustomTypeLengthMax,
  signalingFrameBytesMax,
  signalingMessageBytesMax,
  signalingStateKeyBytesMax,
  signalingStateKeysMax,
  signalingStatesBytesMax,
  signalingStateValueBytesMax,
  signalingTopicMessageBytesMax,
  signalingTopicMetaBytesMax,
  signalingTopicUsersMax,
  signalingWindowMembersMax,
} from '@housecount/protocol';
import { fixed } from '../fixed-limits.ts';
import { limits } from '../limits.ts';

const text = readFileSync(new URL('../../../../docs/signaling.md', import.meta.url), 'utf8');
const examples = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(
  ([, json = '']) => JSON.parse(json) as Record<string, unknown> & { type: string },
);

/** Has every type, or this does not compile. */
const clientTypes: Record<SignalingClientFrame['type'], true> = {
  login: true,
  ping: true,
  logout: true,
  'renew-token': true,
  'link-proof': true,
  subscribe: true,
  unsubscribe: true,
  publish: true,
  'set-state': true,
  'remove-state': true,
  'get-state': true,
  'online-users': true,
  'subscribe-roster': true,
  'unsubscribe-roster': true,
  'user-channels': true,
  'change-metadata': true,
  'get-metadata': true,
  'subscribe-user-metadata': true,
  'unsubscribe-user-metadata': true,
  'set-lock': true,
  'remove-lock': true,
  'acquire-lock': true,
  'release-lock': true,
  'revoke-lock': true,
  'get-locks': true,
  'get-messages': true,
  'join-topic': true,
  'leave-topic': true,
  'publish-topic': true,
  'subscribe-topic': true,
  'unsubscribe-topic': true,
};
const serverTypes: Record<SignalingServerFrame['type'], true> = {
  welcome: true,
  pong: true,
  ok: true,
  refused: true,
  message: true,
  presence: true,
  storage: true,
  lock: true,
  topic: true,
  'roster-snapshot': true,
  'roster-changes': true,
  'roster-count': true,
  'roster-window': true,
  'roster-window-changes': true,
  'roster-ended': true,
  'channel-ended': true,
  unsubscribed: true,
  'read-revoked': true,
  'token-will-expire': true,
  closing: true,
};
const fromClient = examples.filter(({ type }) => type in clientTypes);

test('SIG37: docs/signaling.md shows every frame, and every example of the client is one', () => {
  const shown = new Set(examples.map(({ type }) => type));
  expect(
    [...Object.keys(clientTypes), ...Object.keys(serverTypes)].filter((type) => !shown.has(type)),
  ).toEqual([]);
  for (const example of examples)
    if (!(example.type in clientTypes)) expect(Object.keys(serverTypes)).toContain(example.type);
  for (const example of fromClient)
    expect([example, parseSignalingFrame(JSON.stringify(example))]).toEqual([
      example,
      { ok: true, frame: example as never },
    ]);
});

const optional: Partial<Record<string, readonly string[]>> = {
  login: ['token', 'session'],
  subscribe: ['states', 'token'],
  publish: ['customType'],
  'renew-token': ['channel'],
  'publish-topic': ['customType'],
  'subscribe-topic': ['users', 'absent'],
  'unsubscribe-topic': ['users'],
  'subscribe-roster': ['view', 'cursor'],
  'unsubscribe-roster': ['view'],
};

test('SIG11: of every frame a field that is missing, unknown, or of another type is refused, and named', () => {
  const isOptional = (type: string, name: string) => (optional[type] ?? []).includes(name);
  for (const example of fromClient) {
    const parse = (frame: object) => parseSignalingFrame(JSON.stringify(frame));
    expect(parse({ ...example, more: 1 })).toMatchObject({
      ok: false,
      detail: expect.stringContaining('more'),
    });
    for (const name of Object.keys(example)) {
      const { [name]: _, ...rest } = example;
      if (!isOptional(example.type, name))
        expect([example.type, name, parse(rest)]).toMatchObject([example.type, name, { ok: false }]);
      for (const value of [null, [[1]], { x: { y: 1 } }])
        expect([example.type, name, parse({ ...rest, [name]: value })]).toMatchObject([
          example.type,
          name,
          {
            ok: false,
            errorCode: expect.any(Number),
            detail: expect.stringContaining(name === 'type' ? 'type' : name),
          },
        ]);
    }
  }
});

test('SIG11: what is no object is no frame; an id is told back', () => {
  for (const frame of ['', '[]', '1', 'null', '"x"', '{'])
    expect(parseSignalingFrame(frame)).toMatchObject({ ok: false, code: 'frame_not_json' });
  expect(parseSignalingFrame('{"type":"publish","id":7}')).toMatchObject({ ok: false, id: 7 });
  expect(parseSignalingFrame('{"type":"publish","id":-7}')).not.toHaveProperty('id');
  expect(parseSignalingFrame('{"type":"__proto__","id":7}')).toMatchObject({ ok: false });
  const long = parseSignalingFrame(JSON.stringify({ type: 'ping', ['x'.repeat(10_000)]: 1 }));
  expect(long.ok ? '' : long.detail.length).toBeLessThan(100);
});

test('SIG37: docs/signaling.md states the limits as they are', () => {
  const number = (value: number) => value.toLocaleString('en');
  for (const what of [
    `at most ${number(signalingFrameBytesMax)} bytes of UTF-8`,
    `At most ${limits.signalingFramesPerSecondMax} frames per second`,
    `bursts of up to ${number(limits.signalingFramesPerSecondMax * 5)}`,
    `${limits.signalingRenewalsPerSecondMax} of them per second on average, with a burst of ${number(limits.signalingRenewalsPerSecondMax * 5)}`,
    `within ${limits.helloMs / 1000} s`,
    `"pingMs": ${fixed.pingMs}`,
    `At most ${limits.signalingPublishesPerSecondMax} \`publish\` and ${limits.signalingRequestsPerSecondMax} of each other kind`,
    `most ${limits.signalingSubscriptionsMax} channels (−11005)`,
    `at most ${number(signalingMessageBytesMax)} bytes (−11010)`,
    `at most ${signalingCustomTypeLengthMax} characters (−11029)`,
    `at most ${signalingStateKeysMax} keys of ${signalingStateKeyBytesMax} bytes, values of ${number(signalingStateValueBytesMax)} bytes, ${number(signalingStatesBytesMax)} bytes in all`,
    `Pages of at most ${fixed.signalingPageUsersMax}`,
    `at most ${number(limits.signalingSnapshotUsersMax)} users`,
    `at most ${signalingWindowMembersMax} members, and ${limits.rosterWindowsMax} different windows`,
    `At most ${limits.signalingRostersMax} rosters and views`,
    `at most ${limits.signalingFollowedUsersMax}, −12017`,
    `At most ${number(limits.streamMembersMax)} users (−11007)`,
    `at most ${limits.memberTopicsMax} topics of a channel (−11014), ${number(limits.channelPublishersMax)} publishers in a channel`,
    `at most ${number(signalingTopicMessageBytesMax)} bytes (−11010), ${limits.signalingTopicMessagesPerSecondMax} a second in each topic`,
    `a text of at most ${signalingTopicMetaBytesMax} bytes (−11018)`,
    `At most ${signalingTopicUsersMax} users of a topic (−11003 where one request names more), ${limits.signalingTopicsMax} topics of a channel (−11014), ${number(limits.signalingFollowedPublishersMax)} users in all`,
    `more than ${limits.metadataBytesMax / 1024} KiB or ${number(limits.metadataItemsMax)} items`,
    `(an item counts for ${fixed.metadataItemBytes} bytes and its texts, a lock for ${fixed.lockBytes})`,
    `At most ${limits.channelLocksMax} locks in a channel, and ${limits.signalingWaitsMax} waits`,
  ])
    expect([what, text.replace(/\s+/g, ' ').includes(what)]).toEqual([what, true]);
});

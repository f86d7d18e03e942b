import { expect, test } from 'bun:test';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { emptyState } from '../../../testing/worlds/log-world.ts';
import type { ChannelKey } from '../../channel/channel.ts';
import type { ChannelCommand, JoinCommand } from '../../channel/command.ts';
import { sentenceOf } from '../../net/sentence.ts';
import type { JoinRequest } from '../contract/commands.ts';
import type { AppLogLimits } from '../log-limits.ts';
import { decideCommand } from './command.ts';
import { decideJoin } from './join.ts';
import { decideRule } from './rules/rule.ts';

type Asked = Exclude<ChannelCommand, JoinCommand>;

const app = '0123456789abcdef0123456789abcdef';
const stream: ChannelKey = { app, kind: 'stream', name: 'stage' };
const message: ChannelKey = { app, kind: 'message', name: 'lobby' };
const random = new SimRandom(1);

const joining = (who: string, key = stream): JoinRequest => ({
  key,
  identity: key.kind === 'live' ? { uid: who.length } : { account: who },
  connectionId: who,
  connectionKind: 'signaling',
  role: 'audience',
  platform: 0,
  leaseMs: 10_000,
  ip: '',
});
const states = (...names: readonly string[]): Asked => ({
  type: 'change-states',
  connectionId: 'ann',
  set: Object.fromEntries(names.map((name) => [name, ''])),
  remove: [],
});
const topic = (name: string): Asked => ({ type: 'join-topic', connectionId: 'ann', topic: name, meta: '' });
const lock = (name: string): Asked => ({ type: 'set-lock', name, ttlMs: 10_000, by: 'ann' });
const metadata = (value: string): Asked => ({
  type: 'change-metadata',
  mode: 'set',
  items: [{ key: 'k', value, revision: -1 }],
  majorRevision: -1,
  author: 'ann',
  addTimeStamp: false,
  addUserId: false,
  lockName: '',
});

/** Does all of it with these limits, and returns the last answer. */
function last(over: Partial<AppLogLimits>, key: ChannelKey, asked: readonly (Asked | JoinRequest)[]) {
  const world = emptyState(undefined, over);
  const answers = asked.map((each) => {
    const decided =
      'identity' in each ? decideJoin(world, each, random, 1_000) : decideCommand(world, key, each, 1_000);
    if (decided.ok) for (const record of decided.records) world.absorb(record);
    return decided;
  });
  expect(answers.slice(0, -1).every(({ ok }) => ok)).toBe(true);
  const answer = answers.at(-1);
  if (!answer || answer.ok) throw new Error('not refused');
  return answer;
}

test('LIMIT11: a refusal of what is full names what is, and its limit, and nothing else', () => {
  const said = (...of: Parameters<typeof last>) => {
    const { code, detail } = last(...of);
    return sentenceOf(code, detail);
  };
  const ann = joining('ann');
  expect([
    said({ signalingStatesMax: 1 }, stream, [ann, states('a', 'b')]),
    said({ appTextBytesMax: 6 }, stream, [ann, states('a')]),
    said({ memberTopicsMax: 1 }, stream, [ann, topic('a'), topic('b')]),
    said({ channelPublishersMax: 1 }, stream, [ann, topic('a'), topic('b')]),
    said({ appTextBytesMax: 6 }, stream, [ann, topic('a')]),
    said({ metadataBytesMax: 3 }, message, [metadata('long')]),
    said({ appKeptBytesMax: 7 }, message, [metadata('long')]),
    said({ authorKeptBytesMax: 7 }, message, [metadata('long')]),
    said({ channelLocksMax: 1 }, message, [lock('a'), lock('b')]),
    said({ appKeptBytesMax: 7 }, message, [lock('a')]),
    said({ appSignalingChannelsMax: 1 }, message, [ann, metadata('')]),
    said({ appChannelsMax: 1 }, message, [
      joining('a', { app, kind: 'live', name: 'one' }),
      joining('b', { app, kind: 'live', name: 'two' }),
    ]),
  ]).toEqual([
    'There is no room for more states. A user has at most 1 in a channel.',
    'There is no room for more states. The states and topics of the app take at most 6 bytes.',
    'A user publishes in as many topics of the channel as it may. That is 1.',
    'There is no room for more publishers of topics. A channel has at most 1, each counted by topic.',
    'There is no room for more publishers of topics. The states and topics of the app take at most 6 bytes.',
    'There is no room for more metadata. A set of metadata holds at most 3 bytes and 1000 items.',
    'There is no room for more metadata. The metadata and locks of the app take at most 7 bytes.',
    'There is no room for more metadata. The metadata and locks of one user in the app take at most 7 bytes.',
    'There is no room for more locks. A channel has at most 1 locks.',
    'There is no room for more locks. The metadata and locks of the app take at most 7 bytes.',
    'The app has as many channels as it may have. That is 1 of signaling, users with metadata counted.',
    'The app has as many channels as it may have. That is 1 live channels.',
  ]);
  const world = emptyState(undefined, { appRulesMax: 1 });
  const rule = { app, privileges: ['join_channel'], uid: 1 } as const;
  const first = decideRule(world, rule, 10_000, 1_000);
  if (first.ok) for (const record of first.records) world.absorb(record);
  expect(decideRule(world, rule, 10_000, 1_000)).toEqual({
    ok: false,
    code: 'rate_limited',
    detail: 'The app has as many kicking rules as it may have (1).',
  });
});

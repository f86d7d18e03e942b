import { expect, test } from 'bun:test';
import type { MemberLeft } from '@housecount/protocol';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { type ChannelKey, liveKey } from '../channel/channel.ts';
import { limits } from '../limits.ts';
import { decideCommand } from './decide/command.ts';
import { decideJoin } from './decide/join.ts';
import { decideMessage } from './decide/message.ts';
import type { AppLogLimits } from './log-limits.ts';
import { recordOf } from './record/record.ts';
import { LogState } from './state/state.ts';

const [low, usual] = ['1'.repeat(32), '2'.repeat(32)];
const nowMs = 1_700_000_000_000;
const random = new SimRandom(4);

/** The state of a log in which one app has limits of its own, and the others have those of the server. */
function stateOf(own: Partial<AppLogLimits>): LogState {
  const ofLow = { ...limits, ...own };
  return new LogState({
    accountKeepMs: 1_000,
    newAccountKey: () => 'KEY OF A TEST',
    limitsOf: (app) => (app === low ? ofLow : limits),
  });
}

/** What comes of it in the app whose limit is its own, and in another one. */
const both = <T>(does: (app: string) => T): T[] => [low, usual].map(does);

/** A membership that others ended, once its record is durable. */
const ended = (state: LogState, app: string, connectionId: string, atMs: number): void =>
  state.endings.absorb(
    recordOf(liveKey(app, 'c'), {
      type: 'member-left',
      connectionId,
      reason: 'kicked',
      atMs,
    } as MemberLeft),
  );

test('LIMIT6: an app has a channelHostsReserved of its own, and the others have that of the server', () => {
  const state = stateOf({ channelHostsReserved: limits.channelHostsMax - 1 });
  const joins = (app: string, uid: number): string => {
    const decided = decideJoin(
      state,
      {
        key: liveKey(app, 'c'),
        identity: { uid },
        connectionId: `c${uid}`,
        connectionKind: 'rtc',
        role: 'broadcaster',
        mayPublish: false,
        platform: 7,
        leaseMs: 10_000,
        ip: '',
      },
      random,
      nowMs,
    );
    if (!decided.ok) return decided.code;
    for (const record of decided.records) state.absorb(record);
    return 'ok';
  };
  expect(both((app) => [joins(app, 1), joins(app, 2)])).toEqual([
    ['ok', 'hosts_full'],
    ['ok', 'ok'],
  ]);
});

test('LIMIT6: an app has an endingKeptMs of its own, and the others have that of the server', () => {
  const state = stateOf({ endingKeptMs: 10 });
  expect(
    both((app) => {
      ended(state, app, 'a', nowMs);
      return [nowMs + 9, nowMs + 10].map((atMs) => state.endings.of(app, 'a', atMs)?.code);
    }),
  ).toEqual([
    ['kicked', undefined],
    ['kicked', 'kicked'],
  ]);
});

test('LIMIT6: an app has an endingsMax of its own, and the others have that of the server', () => {
  const state = stateOf({ endingsMax: 2 });
  expect(
    both((app) => {
      for (const connectionId of ['a', 'b', 'c']) ended(state, app, connectionId, nowMs);
      return ['a', 'b', 'c'].filter((connectionId) => state.endings.of(app, connectionId, nowMs));
    }),
  ).toEqual([
    ['b', 'c'],
    ['a', 'b', 'c'],
  ]);
});

test('LIMIT6: an app has an appAccountsMax of its own, and the others have that of the server', () => {
  const { accounts } = stateOf({ appAccountsMax: 2 });
  expect(
    both((app) => {
      for (const uid of [1, 2, 3]) accounts.map(app, `n${uid}`, uid, nowMs);
      return [1, 2, 3].filter((uid) => accounts.ownerOf(app, uid, nowMs) !== undefined);
    }),
  ).toEqual([
    [2, 3],
    [1, 2, 3],
  ]);
});

test('LIMIT6: an app has an appSeenUidsMax of its own, and the others have that of the server', () => {
  const { seen } = stateOf({ appSeenUidsMax: 8 });
  const uids = Array.from({ length: 10 }, (_, at) => at + 1);
  expect(
    both((app) => {
      for (const uid of uids) seen.note(app, uid, 0, nowMs);
      return uids.filter((uid) => seen.holder(app, uid) !== undefined);
    }),
  ).toEqual([uids.slice(2), uids]);
});

test('LIMIT6: an app has a messageAheadMsMax of its own, and the others have that of the server', () => {
  const state = stateOf({ messageAheadMsMax: 1 });
  const keeps = (app: string): string => {
    const draft = state.draft();
    const message = {
      app,
      channelType: 'MESSAGE',
      channel: 'c',
      publisher: 'ann',
      content: { text: '' },
    } as const;
    const decided = decideMessage(draft, message, nowMs);
    if (!decided.ok) return decided.code;
    for (const record of decided.records) state.absorb(record);
    return 'ok';
  };
  expect(both((app) => [keeps(app), keeps(app), keeps(app)])).toEqual([
    ['ok', 'ok', 'rate_limited'],
    ['ok', 'ok', 'ok'],
  ]);
});

test('SIG194: users who are logged in count as no channels of signaling, and their metadata does', () => {
  const state = stateOf({ appSignalingChannelsMax: 1 });
  const home = (name: string) => ({ app: low, kind: 'user', name }) as const;
  const take = (decided: ReturnType<typeof decideJoin>): string => {
    if (!decided.ok) return decided.code;
    for (const record of decided.records) state.absorb(record);
    return 'ok';
  };
  const joins = (key: ChannelKey, account: string): string =>
    take(
      decideJoin(
        state,
        {
          key,
          identity: { account },
          connectionId: `of ${account}`,
          connectionKind: 'signaling',
          role: 'audience',
          platform: 0,
          leaseMs: 10_000,
          ip: '',
        },
        random,
        nowMs,
      ),
    );
  const writes = (name: string): string =>
    take(
      decideCommand(
        state,
        home(name),
        {
          type: 'change-metadata',
          mode: 'set',
          items: [{ key: 'k', value: 'v', revision: -1 }],
          majorRevision: -1,
          author: name,
          addTimeStamp: false,
          addUserId: false,
          lockName: '',
        },
        nowMs,
      ),
    );
  const leaves = (name: string): string =>
    take(
      decideCommand(state, home(name), { type: 'leave', connectionId: `of ${name}`, evidence: 'bye' }, nowMs),
    );
  expect(['ann', 'bob', 'cid'].map((name) => joins(home(name), name))).toEqual(['ok', 'ok', 'ok']);
  expect(state.usage.remembered(low)).toBe(0);
  expect(writes('ann')).toBe('ok');
  expect(state.usage.remembered(low)).toBe(1);
  expect([writes('bob'), joins({ app: low, kind: 'message', name: 'x' }, 'bob')]).toEqual([
    'channels_full',
    'channels_full',
  ]);
  expect([joins(home('dan'), 'dan'), leaves('ann'), leaves('bob')]).toEqual(['ok', 'ok', 'ok']);
  expect(state.usage.remembered(low)).toBe(1);
});

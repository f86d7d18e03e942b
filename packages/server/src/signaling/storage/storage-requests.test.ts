import { describe, expect, test } from 'bun:test';
import type { SignalingRequest } from '@housecount/protocol';
import { apply } from '../../channel/apply.ts';
import { type Channel, type ChannelKey, emptyChannel } from '../../channel/channel.ts';
import { ChannelMap } from '../../channel/channel-map.ts';
import { evolve } from '../../channel/evolve.ts';
import { limits } from '../../limits.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Asked, CommandOutcome, Commands } from '../../log/contract/commands.ts';
import { changeLock, locksOf } from '../locks/lock-requests.ts';
import { keyOf } from '../names/channel-key.ts';
import { changeMetadata, itemsOf, readMetadata } from './storage-requests.ts';

const app = '0123456789abcdef0123456789abcdef';
const channel = { channelType: 'MESSAGE', channel: 'lobby' } as const;
const bounds = {
  membersMax: 9,
  hostsMax: 0,
  linksMax: 0,
  transactionMembersMax: 1_000,
  statesMax: 32,
  metadataBytesMax: limits.metadataBytesMax,
  metadataItemsMax: limits.metadataItemsMax,
  topicsMax: 1,
  publishersMax: 1,
  locksMax: 32,
};

/** A log of signaling channels alone, in memory, that decides as the real one. */
class MemoryLog implements Pick<Commands, 'submit'>, Pick<Channels, 'known'> {
  nowMs = 1_000;
  readonly #channels = new ChannelMap<Channel>();

  known(key: ChannelKey): Channel {
    return this.#channels.get(key) ?? emptyChannel(key);
  }

  async submit(key: ChannelKey, command: Asked): Promise<CommandOutcome> {
    if (command.type === 'silent' || command.type === 'lock-holder') throw new Error('nobody is in it');
    this.nowMs += 1;
    const before = this.known(key);
    const decision = apply(before, command, this.nowMs, bounds);
    if ('refused' in decision) return { ok: false, code: decision.refused };
    const { changes } = decision;
    const channel = changes.reduce(evolve, before);
    this.#channels.set(key, channel);
    return { ok: true, channel, changes };
  }
}

type Change = Extract<SignalingRequest, { type: 'change-metadata' }>;
const change = (items: Change['items'], more: Partial<Change> = {}): Change => ({
  id: 1,
  type: 'change-metadata',
  target: channel,
  mode: 'set',
  items,
  majorRevision: -1,
  lockName: '',
  addTimeStamp: false,
  addUserId: false,
  ...more,
});
const item = (key: string, value = '', revision = -1) => ({ key, value, revision });

describe('metadata', () => {
  test('SIG6: is written and read, of a channel and of a user, each by itself', async () => {
    const log = new MemoryLog();
    expect(readMetadata(log, app, channel)).toEqual({
      ok: true,
      result: { majorRevision: 0, totalCount: 0, items: [] },
    });
    expect(await changeMetadata(log, app, 'ann', change([item('a', '1'), item('b', '2')]))).toEqual({
      ok: true,
      result: { majorRevision: 1_001, totalCount: 2 },
    });
    const ofUser = { userId: 'ann' };
    await changeMetadata(log, app, 'ann', change([item('c', '3')], { target: ofUser, addUserId: true }));
    expect(readMetadata(log, app, ofUser)).toMatchObject({
      result: { items: [{ key: 'c', value: '3', author: 'ann' }] },
    });
    expect(readMetadata(log, app, channel)).toMatchObject({ result: { totalCount: 2 } });
    expect(readMetadata(log, app, { ...channel, channelType: 'STREAM' })).toMatchObject({
      result: { totalCount: 0 },
    });
  });

  test('SIG9: what cannot be is refused with the code of the API, and nothing is written', async () => {
    const log = new MemoryLog();
    await changeMetadata(log, app, 'ann', change([item('a', '1')]));
    const code = async (request: Change) => {
      const answer = await changeMetadata(log, app, 'ann', request);
      return answer.ok ? 0 : answer.code;
    };
    expect(await code(change([]))).toBe(-12003);
    expect(await code(change([item('')]))).toBe(-12009);
    expect(await code(change([item('ü')]))).toBe(-12009);
    expect(await code(change([item('k'.repeat(33))]))).toBe(-12011);
    expect(await code(change([item('k'.repeat(32))]))).toBe(0);
    expect(await code(change([item('k', 'x'.repeat(16 * 1024 + 1))]))).toBe(-12012);
    expect(await code(change([item('k', 'x'.repeat(16 * 1024))]))).toBe(-12006);
    expect(await code(change([item('k'), item('k')]))).toBe(-12013);
    expect(await code(change([item('a', '2', 0)]))).toBe(-12005);
    expect(await code(change([item('a', '2', 7)]))).toBe(-12014);
    expect(await code(change([item('a', '2')], { majorRevision: 7 }))).toBe(-12014);
    expect(await code(change([item('never')], { mode: 'update' }))).toBe(-12003);
    expect(await code(change([item('never')], { mode: 'remove' }))).toBe(-12003);
    expect(await code(change([item('a', '2')], { lockName: 'l' }))).toBe(-12008);
    expect(readMetadata(log, app, channel)).toMatchObject({ result: { totalCount: 2 } });
    expect(await code(change([], { mode: 'remove' }))).toBe(0);
    expect(readMetadata(log, app, channel)).toMatchObject({ result: { totalCount: 0 } });
  });
});

describe('locks', () => {
  test('SIG9: are made, had, given back and revoked; each refusal has its code', async () => {
    const log = new MemoryLog();
    const code = async (by: string, request: object, lockName = 'stage') => {
      const answer = await changeLock(log, app, by, { id: 1, ...channel, lockName, ...request } as Parameters<
        typeof changeLock
      >[3]);
      return answer.ok ? 0 : answer.code;
    };
    expect(await code('ann', { type: 'acquire-lock', retry: false })).toBe(-14008);
    expect(await code('ann', { type: 'set-lock', ttl: 1 }, '')).toBe(-14005);
    expect(await code('ann', { type: 'set-lock', ttl: 1 }, 'x'.repeat(65))).toBe(-14005);
    expect(await code('ann', { type: 'set-lock', ttl: 1 })).toBe(0);
    expect(await code('ann', { type: 'set-lock', ttl: 1 })).toBe(-14004);
    expect(await code('ann', { type: 'acquire-lock', retry: false })).toBe(0);
    expect(await code('bob', { type: 'acquire-lock', retry: false })).toBe(-14007);
    expect(await code('bob', { type: 'release-lock' })).toBe(-14006);
    expect(locksOf(log.known(keyOf(app, channel)).locks)).toEqual([
      { lockName: 'stage', owner: 'ann', ttl: 10 },
    ]);
    expect(await code('bob', { type: 'revoke-lock', owner: 'ann' })).toBe(0);
    expect(await code('bob', { type: 'remove-lock' })).toBe(0);
    expect(await code('bob', { type: 'release-lock' })).toBe(-14008);
    for (let made = 0; made < 32; made += 1)
      expect(await code('ann', { type: 'set-lock', ttl: 999 }, `l${made}`)).toBe(0);
    expect(await code('ann', { type: 'set-lock', ttl: 10 }, 'one more')).toBe(-14001);
    expect(locksOf(log.known(keyOf(app, channel)).locks)[0]?.ttl).toBe(300);
  });
});

test('SHARE6: who wrote an item is told to nobody, unless the writer asked for it', () => {
  const item = { value: 'x', revision: 1, by: 'ann' };
  expect(itemsOf({ majorRevision: 1, items: { a: item, b: { ...item, author: 'ann' } } })).toEqual([
    { key: 'a', value: 'x', revision: 1 },
    { key: 'b', value: 'x', revision: 1, author: 'ann' },
  ]);
});

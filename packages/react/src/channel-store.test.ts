import { expect, test } from 'bun:test';
import type { RTMEvents } from '@housecount/rtm';
import { type ChannelClient, viewOfChannel, watchChannel } from './channel-store.ts';

type Listener = (event: never) => void;

/** A client whose server is the test. */
class FakeClient {
  readonly calls: string[] = [];
  readonly #listeners = new Map<string, Set<Listener>>();
  refuse: unknown;
  online = 0;
  /** The promise that `subscribe` waits for. */
  gate: Promise<void> = Promise.resolve();

  async subscribe(channelName: string, options: { beQuiet?: boolean } = {}) {
    this.calls.push(`subscribe ${channelName}${options.beQuiet ? ' quietly' : ''}`);
    const { refuse } = this;
    await this.gate;
    if (refuse !== undefined) throw refuse;
    return { timestamp: 1, channelName };
  }
  async unsubscribe(channelName: string) {
    this.calls.push(`unsubscribe ${channelName}`);
    return { timestamp: 1, channelName };
  }
  addEventListener(event: string, listener: Listener): void {
    const known = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, known.add(listener));
  }
  removeEventListener(event: string, listener: Listener): void {
    this.#listeners.get(event)?.delete(listener);
  }
  get listening(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }
  presence = {
    getOnlineUsers: async () => ({
      timestamp: 1,
      totalOccupancy: this.online,
      channelOccupancy: this.online,
      occupants: [],
      nextPage: '',
    }),
  };
  emit(event: string, value: object): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(value as never);
  }
  present(change: Partial<RTMEvents.PresenceEvent>, channelName = 'x'): void {
    this.emit('presence', {
      channelType: 'MESSAGE',
      channelName,
      publisher: '',
      stateChanged: {},
      interval: null,
      snapshot: null,
      timestamp: 1,
      ...change,
    });
  }
  /** Emits a link state event as the client does; that of the message link, unless said otherwise. */
  link(currentState: string, change: Partial<RTMEvents.LinkStateEvent> = {}): void {
    this.emit('linkState', {
      currentState,
      serviceType: 'MESSAGE',
      affectedChannels: [],
      unrestoredChannels: [],
      ...change,
    });
  }
  say(message: string, channelName = 'x', channelType = 'MESSAGE'): void {
    this.emit('message', { channelType, channelName, message });
  }
  snapshot(...userIds: string[]): void {
    this.present({
      eventType: 'SNAPSHOT',
      snapshot: userIds.map((userId) => ({ userId, states: {}, statesCount: 0 })),
    });
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
// The fake has all that the store asks for.
const open = (fake = new FakeClient(), options = {}) => {
  const client = fake as unknown as ChannelClient;
  let changes = 0;
  const watch = () => watchChannel(client, 'x', options, () => changes++);
  const stop = watch();
  return { fake, watch, stop, view: () => viewOfChannel(client, 'x'), changes: () => changes };
};
const users = (count: number) => Array.from({ length: count }, (_, index) => `u${index}`);

test('REACT1: many watchers share one subscription, which ends after the last of them', async () => {
  const { fake, watch, stop, view } = open(undefined, { beQuiet: true });
  const stopSecond = watch();
  await settle();
  expect(view().status).toBe('subscribed');
  stop();
  await settle();
  expect(fake.calls).toEqual(['subscribe x quietly']);
  stopSecond();
  await settle();
  expect(fake.calls).toEqual(['subscribe x quietly', 'unsubscribe x']);
  expect(fake.listening).toBe(0);
  expect(view()).toMatchObject({ status: 'waiting', occupancy: 0 });
});

test('REACT1: a component that goes and comes back at once, as under StrictMode, keeps the subscription', async () => {
  const { fake, watch, stop } = open();
  stop();
  const again = watch();
  await settle();
  expect(fake.calls).toEqual(['subscribe x']);
  again();
  await settle();
  expect(fake.calls).toEqual(['subscribe x', 'unsubscribe x']);
});

test('REACT1: an answer that comes when nobody looks any more changes nothing', async () => {
  const fake = new FakeClient();
  let answer = (): void => undefined;
  fake.gate = new Promise((resolve) => {
    answer = resolve;
  });
  const { stop, watch, view } = open(fake);
  stop();
  await settle();
  fake.gate = new Promise(() => undefined);
  watch();
  answer();
  await settle();
  expect(view().status).toBe('waiting');
});

test('REACT2: a client that is not logged in yet is waited for; a refusal is told, and tried again with the next login', async () => {
  const fake = new FakeClient();
  fake.refuse = { errorCode: -10025 };
  const { view } = open(fake);
  await settle();
  expect(view()).toMatchObject({ status: 'waiting', error: undefined });
  fake.refuse = { errorCode: -11005 };
  fake.link('CONNECTED');
  await settle();
  expect(view()).toMatchObject({ status: 'failed', error: { errorCode: -11005 } });
  fake.refuse = undefined;
  fake.link('CONNECTED');
  await settle();
  expect(view()).toMatchObject({ status: 'subscribed', error: undefined });
  fake.link('CONNECTED');
  await settle();
  expect(fake.calls).toHaveLength(3);
});

test('REACT2: after a logout nobody is shown, and the next login subscribes again', async () => {
  const { fake, view } = open();
  await settle();
  fake.snapshot('ann', 'bob');
  fake.link('IDLE');
  expect(view()).toMatchObject({ status: 'waiting', occupancy: 0 });
  expect(view().users.size).toBe(0);
  fake.link('CONNECTED');
  await settle();
  expect(fake.calls).toEqual(['subscribe x', 'subscribe x']);
});

test('REACT7: a user who is put out of the channel is told so, and shown nobody; the next login tries again', async () => {
  const ends: [string, (fake: FakeClient) => void][] = [
    ['linkState', (fake) => fake.link('CONNECTED', { unrestoredChannels: ['x'] })],
    ['linkState', (fake) => fake.link('CONNECTED', { unrestoredChannels: ['y', 'x'], isResumed: false })],
    [
      'token',
      (fake) =>
        fake.emit('token', {
          eventType: 'READ_PERMISSION_REVOKED',
          affectedResources: { messageChannels: ['x'] },
        }),
    ],
  ];
  for (const [name, end] of ends) {
    const { fake, view } = open();
    await settle();
    fake.snapshot('ann', 'bob');
    // Others' channels, and what is no end.
    fake.link('CONNECTED', { unrestoredChannels: ['y'] });
    fake.emit('token', { eventType: 'WILL_EXPIRE', affectedResources: { messageChannels: ['x'] } });
    expect([name, view().status, view().occupancy]).toEqual([name, 'subscribed', 2]);
    end(fake);
    await settle();
    expect(view()).toMatchObject({ status: 'failed', occupancy: 0 });
    expect(view().error).toBeDefined();
    expect(fake.calls).toEqual(['subscribe x']);
    fake.link('CONNECTED');
    await settle();
    expect(view()).toMatchObject({ status: 'subscribed', error: undefined });
    expect(fake.calls).toEqual(['subscribe x', 'subscribe x']);
  }
});

test('REACT7: a link that has failed shows nobody and says why; the client itself restores the channel', async () => {
  const { fake, view } = open();
  await settle();
  fake.snapshot('ann', 'bob');
  fake.link('FAILED', { reasonCode: 'SAME_UID_LOGIN' });
  expect(view()).toMatchObject({ status: 'failed', error: { reasonCode: 'SAME_UID_LOGIN' }, occupancy: 0 });
  fake.link('CONNECTING');
  fake.snapshot('ann');
  fake.link('CONNECTED');
  await settle();
  expect(view()).toMatchObject({ status: 'subscribed', error: undefined, occupancy: 1 });
  expect(fake.calls).toEqual(['subscribe x']);
});

test('REACT7: the link state of a stream channel changes nothing', async () => {
  const { fake, view } = open();
  await settle();
  fake.snapshot('ann', 'bob');
  for (const state of ['FAILED', 'CONNECTED', 'IDLE'])
    fake.link(state, { serviceType: 'STREAM', affectedChannels: ['x'], unrestoredChannels: ['x'] });
  await settle();
  expect(view()).toMatchObject({ status: 'subscribed', occupancy: 2 });
  expect(fake.calls).toEqual(['subscribe x']);
});

test('REACT3: presence is folded: snapshot, join, state, leave, timeout, interval', async () => {
  const { fake, view } = open();
  fake.snapshot('ann', 'bob');
  fake.present({ eventType: 'REMOTE_JOIN', publisher: 'cid' });
  fake.present({ eventType: 'REMOTE_STATE_CHANGED', publisher: 'cid', stateChanged: { mood: 'good' } });
  fake.present({ eventType: 'REMOTE_LEAVE', publisher: 'ann' });
  fake.present({ eventType: 'REMOTE_TIMEOUT', publisher: 'bob' });
  fake.present({ eventType: 'REMOTE_JOIN', publisher: 'dan' }, 'another channel');
  expect([...view().users]).toEqual([['cid', { mood: 'good' }]]);
  expect(view().occupancy).toBe(1);
  const list = (...names: string[]) => ({ users: names, userCount: names.length });
  fake.present({
    eventType: 'INTERVAL',
    interval: {
      join: list('eve', 'fay'),
      leave: list('cid'),
      timeout: list(),
      userStateList: [{ userId: 'eve', states: { role: 'audience' }, statesCount: 1 }],
      totalOccupancy: 2,
    },
  });
  expect([...view().users]).toEqual([
    ['eve', { role: 'audience' }],
    ['fay', {}],
  ]);
  expect(view().occupancy).toBe(2);
  fake.snapshot('gil');
  expect([...view().users.keys()]).toEqual(['gil']);
});

test('REACT3: a view is another object after a change, and the same until then', async () => {
  const { fake, view, changes } = open();
  await settle();
  const before = view();
  expect(view()).toBe(before);
  const told = changes();
  fake.present({ eventType: 'REMOTE_JOIN', publisher: 'cid' });
  expect(changes()).toBe(told + 1);
  expect(view()).not.toBe(before);
  expect(view().users).not.toBe(before.users);
  expect(before.users.size).toBe(0);
});

test('REACT3: where a snapshot cannot hold everybody, the number is asked for', async () => {
  const { fake, view } = open();
  await settle();
  fake.online = 50_000;
  fake.snapshot(...users(10_000));
  await settle();
  expect(view().occupancy).toBe(50_000);
  fake.present({ eventType: 'REMOTE_LEAVE', publisher: 'u0' });
  expect(view()).toMatchObject({ occupancy: 49_999 });
});

test('REACT3: a snapshot that ended for its length is known as such; a leave that is yet to be told counts once', async () => {
  const { fake, view } = open();
  await settle();
  fake.online = 9_000;
  fake.snapshot(...users(7_400));
  await settle();
  expect(view().occupancy).toBe(9_000);
  // The count is exact at once; who is not in it any more is told as a leave later.
  fake.online = 149;
  fake.snapshot(...users(150));
  await settle();
  fake.present({ eventType: 'REMOTE_LEAVE', publisher: 'u0' });
  expect(view().occupancy).toBe(149);
});

test('REACT4: the newest messages are kept, oldest first, of this channel alone', async () => {
  const { fake, view } = open(undefined, { messagesMax: 2 });
  for (const text of ['a', 'b', 'c']) fake.say(text);
  fake.say('no', 'another channel');
  fake.say('no', 'x', 'USER');
  expect(view().messages.map(({ message }) => message)).toEqual(['b', 'c']);
});

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { ClientFrame, Code, HostState } from '@housecount/protocol';
import AgoraRTC, { type HousecountClient } from '../index.ts';
import { saveResume } from '../link/resume-store.ts';
import { setLogLevel } from '../log.ts';
import { codeOf, FakeServer, until, welcome } from '../testing/fake-server.ts';

const app = '0123456789abcdef0123456789abcdef';
let server: FakeServer;
let client: HousecountClient;
let told: unknown[][];

beforeEach(() => {
  AgoraRTC.setParameter('HOUSECOUNT_URL', 'https://live.test:7080/');
  setLogLevel(4);
  server = new FakeServer().install();
  client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
  told = [];
});
afterEach(async () => {
  await client.leave();
  server.restore();
  setLogLevel(2);
});

const hear = (...names: Parameters<HousecountClient['on']>[0][]): void => {
  for (const name of names)
    client.on(name, (...args: unknown[]) => {
      const [first, ...rest] = args as [{ uid?: unknown } | undefined, ...unknown[]];
      const who = typeof first === 'object' && first !== null && 'uid' in first ? first.uid : first;
      told.push([name, ...(args.length > 0 ? [who, ...rest] : [])]);
    });
};
const join = (uid: number | string | null = null, token: string | null = 't') =>
  client.join(app, 'c', token, uid);
/** The device's clock is set by this much, until the function returned is called. */
function setClock(byMs: number): () => void {
  const { now } = Date;
  Date.now = () => now() + byMs;
  return () => {
    Date.now = now;
  };
}
const host = (uid: number, over: Partial<HostState> = {}): HostState => ({
  uid,
  audio: false,
  video: false,
  ...over,
});

describe('join and leave', () => {
  test('SDK40: join says hello with who and what, and resolves with the uid', async () => {
    expect(await join('ann')).toBe('ann');
    expect(server.hellos).toEqual([
      {
        type: 'hello',
        version: 1,
        app,
        channel: 'c',
        token: 't',
        account: 'ann',
        role: 'audience',
        profile: 'live',
        platform: 7,
      },
    ]);
    expect(client).toMatchObject({ connectionState: 'CONNECTED', uid: 'ann', channelName: 'c' });
    await client.leave();
    expect(client).toMatchObject({ connectionState: 'DISCONNECTED', remoteUsers: [], localTracks: [] });
    expect([client.uid, client.channelName]).toEqual([undefined, undefined]);
    expect(server.of('bye')).toHaveLength(1);
  });

  test('SDK40: no uid and no token: the server assigns one', async () => {
    expect(await join(0, '')).toBe(7);
    expect(Object.keys(server.hellos[0] ?? {})).not.toContain('uid');
    expect(Object.keys(server.hellos[0] ?? {})).not.toContain('token');
  });

  test('SDK40: in rtc mode everybody is a host of a communication channel', async () => {
    client = AgoraRTC.createClient({ mode: 'rtc', codec: 'vp8' });
    await join(5);
    expect(server.hellos[0]).toMatchObject({ role: 'broadcaster', profile: 'communication', uid: 5 });
    expect(await codeOf(client.setClientRole('audience'))).toBe('INVALID_OPERATION');
  });

  test('SDK41: states are told in order, with the reason of a disconnect', async () => {
    hear('connection-state-change');
    await join();
    await client.leave();
    expect(told.map(([, ...args]) => args)).toEqual([
      ['CONNECTING', 'DISCONNECTED', undefined],
      ['CONNECTED', 'CONNECTING', undefined],
      ['DISCONNECTING', 'CONNECTED', undefined],
      ['DISCONNECTED', 'DISCONNECTING', 'LEAVE'],
    ]);
  });

  test('SDK41: a refused token rejects the join, and the client can join again', async () => {
    const welcoming = server.onHello;
    server.onHello = (_hello, socket) => {
      socket.tell({ type: 'closing', code: 'token_expired', message: 'no', retry: false });
      socket.drop(4116);
    };
    expect(await codeOf(join())).toBe('CAN_NOT_GET_GATEWAY_SERVER');
    expect(client.connectionState).toBe('DISCONNECTED');
    expect(server.hellos).toHaveLength(1);
    server.onHello = welcoming;
    expect(await join()).toBe(7);
  });

  test('SDK38: a join that a kicking rule forbids says what the rule is about', async () => {
    for (const [scope, reason] of [
      ['uid', 'UID_BANNED'],
      ['ip', 'IP_BANNED'],
      ['channel', 'CHANNEL_BANNED'],
    ] as const) {
      server.onHello = (_hello, socket) => {
        socket.tell({ type: 'closing', code: 'banned', message: 'no', retry: false, scope });
        socket.drop(4117);
      };
      told = [];
      client.removeAllListeners();
      hear('connection-state-change');
      const error = await join().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'CAN_NOT_GET_GATEWAY_SERVER', data: { code: 'banned', scope } });
      expect((error as Error).message).toContain(`${scope.toUpperCase()}-BANNED`);
      expect(told.at(-1)).toEqual(['connection-state-change', 'DISCONNECTED', 'CONNECTING', reason]);
    }
  });

  test('SDK41: a close code alone says why, too', async () => {
    server.onHello = (_hello, socket) => socket.drop(4101);
    expect(await codeOf(join())).toBe('INVALID_PARAMS');
  });

  test('SDK42: a second join is refused; join, leave, join run in this order', async () => {
    const first = join();
    const second = codeOf(join());
    await first;
    expect(await second).toBe('INVALID_OPERATION');
    await client.leave();
    const [, , uid] = await Promise.all([join(1).catch(() => 'aborted'), client.leave(), join(2)]);
    expect(uid).toBe(2);
    expect(client.connectionState).toBe('CONNECTED');
  });

  test('SDK42: leave during join rejects it, and a welcome that comes too late is answered by a goodbye', async () => {
    let greet: () => void = () => undefined;
    server.onHello = (_hello, socket) => {
      greet = () => socket.tell(welcome());
    };
    const joining = codeOf(join());
    await until('hello', () => server.hellos.length === 1);
    await client.leave();
    expect(await joining).toBe('OPERATION_ABORTED');
    expect(client.connectionState).toBe('DISCONNECTED');
    greet();
    await until('bye', () => server.of('bye').length === 1);
  });
});

describe('hosts', () => {
  test('SDK43: hosts that are there are told after join has resolved, without oneself', async () => {
    const hosts = [host(7), host(8, { video: true }), host(9, { account: 'bob' })];
    server.onHello = (_hello, socket) => socket.tell(welcome({ hosts }));
    await join();
    hear('user-joined', 'user-published', 'user-left', 'user-unpublished');
    await until('told', () => told.length === 3);
    expect(told).toEqual([
      ['user-joined', 8],
      ['user-published', 8, 'video'],
      ['user-joined', 'bob'],
    ]);
    expect(client.remoteUsers.map(({ uid, hasVideo }) => [uid, hasVideo])).toEqual([
      [8, true],
      ['bob', false],
    ]);
  });

  test('SDK44: changes that the welcome already speaks of are not told again', async () => {
    hear('user-joined', 'user-left');
    await join();
    server.socket.tell({ type: 'host-joined', sid: 's1', seq: 2, host: host(8, { audio: true }) });
    server.socket.tell({ type: 'host-left', sid: 's1', seq: 1, uid: 8, reason: 'quit' });
    server.socket.tell({ type: 'host-joined', sid: 's1', seq: 3, host: host(9, { audio: true }) });
    await until('the news', () => told.length > 0);
    expect(told).toEqual([['user-joined', 9]]);
    // Another life of the channel counts from 1 again.
    server.socket.tell({ type: 'host-joined', sid: 's2', seq: 2, host: host(8, { audio: true }) });
    await until('the next life', () => told.length === 2);
  });

  test('SDK44: changes of hosts are told once, on the same user object', async () => {
    hear('user-joined', 'user-published', 'user-left', 'user-unpublished');
    await join();
    server.socket.tell({ type: 'host-joined', sid: 's1', seq: 3, host: host(8, { audio: true }) });
    await until('joined', () => told.length === 2);
    const [user] = client.remoteUsers;
    server.socket.tell({ type: 'host-streams', uid: 8, audio: true, video: true });
    server.socket.tell({ type: 'host-streams', uid: 8, audio: true, video: true });
    server.socket.tell({ type: 'host-streams', uid: 99, audio: true, video: true });
    server.socket.tell({ type: 'host-joined', sid: 's1', seq: 4, host: host(7, { audio: true }) });
    server.socket.tell({ type: 'host-left', sid: 's1', seq: 5, uid: 8, reason: 'became-audience' });
    await until('left', () => told.length === 6);
    expect(told).toEqual([
      ['user-joined', 8],
      ['user-published', 8, 'audio'],
      ['user-published', 8, 'video'],
      ['user-unpublished', 8, 'audio'],
      ['user-unpublished', 8, 'video'],
      ['user-left', 8, 'BecomeAudience'],
    ]);
    expect(user).toMatchObject({ uid: 8, hasAudio: false, hasVideo: false });
    expect(client.remoteUsers).toEqual([]);
  });

  test('SDK44: a page that listens for the list gets the list', async () => {
    const hosts = [host(8, { video: true }), host(9)];
    server.onHello = (_hello, socket) => socket.tell(welcome({ hosts }));
    const lists: unknown[] = [];
    client.on('published-user-list', (users) =>
      lists.push(users.map(({ uid, hasVideo }) => [uid, hasVideo])),
    );
    hear('user-joined');
    await join();
    await until('list', () => lists.length === 1);
    expect(lists).toEqual([[[8, true]]]);
    expect(told).toEqual([]);
  });
});

describe('roles', () => {
  test('SDK45: a role set before the join goes with the hello, also when nobody waited for it', async () => {
    void client.setClientRole('host');
    await join();
    expect(server.hellos[0]?.role).toBe('broadcaster');
    expect(client.role).toBe('host');
  });

  test('SDK45: a role set after the join is asked of the server; its refusal leaves the role', async () => {
    await join();
    await client.setClientRole('host', { level: 2 });
    expect(server.of('set-role')).toMatchObject([{ role: 'broadcaster' }]);
    server.onRequest = ({ id }, socket) =>
      socket.tell({ type: 'error', id, code: 'internal', message: 'no' });
    expect(await codeOf(client.setClientRole('audience'))).toBe('UNEXPECTED_RESPONSE');
    expect(client.role).toBe('host');
    expect(await codeOf(client.setClientRole('viewer' as never))).toBe('INVALID_PARAMS');
    expect(await codeOf(client.setClientRole('host', { level: 9 as never }))).toBe('INVALID_PARAMS');
  });

  test('SDK45: audience does not publish, and nobody does before the join', async () => {
    const track = { trackMediaType: 'audio', getMediaStreamTrack: () => ({}) as MediaStreamTrack } as const;
    await expect(client.publish(track)).rejects.toThrow("haven't joined yet");
    await join();
    await expect(client.publish(track)).rejects.toThrow('INVALID_OPERATION: audience can not publish stream');
  });
});

describe('a lost connection', () => {
  test('SDK46: it resumes with its key, and hosts that changed meanwhile are told', async () => {
    server.onHello = (_hello, socket) => socket.tell(welcome({ hosts: [host(8, { audio: true }), host(9)] }));
    hear('connection-state-change', 'user-joined', 'user-published', 'user-unpublished', 'user-left');
    await join();
    await until('hosts', () => client.remoteUsers.length === 2);
    told.splice(0);
    server.onHello = (_hello, socket) =>
      socket.tell(welcome({ resumed: true, hosts: [host(8), host(10, { video: true })] }));
    server.socket.drop();
    await until('again', () => told.some(([, state]) => state === 'CONNECTED'));
    expect(server.hellos[1]).toMatchObject({ resume: 'hc1.key', uid: 7, channel: 'c', token: 't' });
    expect(told).toEqual([
      ['connection-state-change', 'RECONNECTING', 'CONNECTED', undefined],
      ['user-left', 9, 'Quit'],
      ['user-unpublished', 8, 'audio'],
      ['user-joined', 10],
      ['user-published', 10, 'video'],
      ['connection-state-change', 'CONNECTED', 'RECONNECTING', undefined],
    ]);
  });

  test('BACK7: each attempt to resume has a number above the last one and the welcome’s', async () => {
    server.onHello = (hello, socket) =>
      socket.tell(welcome({ resumed: hello.resume !== undefined, attempt: hello.attempt ?? 0 }));
    await join();
    server.down = true;
    server.socket.drop();
    await until('tries', () => server.sockets.length >= 3);
    server.down = false;
    await until('again', () => client.connectionState === 'CONNECTED');
    server.onHello = (_, socket) => socket.tell(welcome({ resumed: true, attempt: 20 }));
    for (const times of [3, 4]) {
      server.socket.drop();
      await until('back', () => server.hellos.length === times && client.connectionState === 'CONNECTED');
    }
    const [first, ...numbers] = server.hellos.map(({ attempt }) => attempt);
    expect(first).toBeUndefined();
    expect(numbers).toEqual([...numbers].sort((one = 0, other = 0) => one - other));
    expect(new Set(numbers).size).toBe(3);
    expect(numbers[2]).toBe(21);
  });

  test('BACK7: a server that does not count is told no number', async () => {
    await join();
    server.socket.drop();
    await until('again', () => server.hellos.length === 2);
    expect(server.hellos[1]).toHaveProperty('resume');
    expect(server.hellos[1]).not.toHaveProperty('attempt');
  });

  test('SDK46: when the key is refused it joins anew with the uid it had', async () => {
    await join();
    const welcoming = server.onHello;
    server.onHello = (hello, socket) => {
      if (hello.resume === undefined) welcoming(hello, socket);
      else {
        socket.tell({ type: 'closing', code: 'resume_invalid', message: 'no', retry: false });
        socket.drop(4205);
      }
    };
    server.socket.drop();
    await until('third hello', () => server.hellos.length === 3 && client.connectionState === 'CONNECTED');
    expect(server.hellos[2]).toMatchObject({ uid: 7, token: 't' });
    expect(server.hellos[2]).not.toHaveProperty('resume');
    expect(client.uid).toBe(7);
  });

  test('SDK46: replaced while it was away, it does not join anew: the other device stays', async () => {
    hear('connection-state-change');
    await join(9);
    told.splice(0);
    server.onHello = (_hello, socket) => {
      socket.tell({ type: 'closing', code: 'replaced', message: 'no', retry: false });
      socket.drop(4300);
    };
    server.socket.drop();
    await until('over', () => client.connectionState === 'DISCONNECTED');
    expect(server.hellos).toHaveLength(2);
    expect(told.at(-1)).toEqual(['connection-state-change', 'DISCONNECTED', 'RECONNECTING', 'UID_CONFLICT']);
  });

  test('BACK20: kicked while it was away, it is told so and does not join anew', async () => {
    hear('connection-state-change');
    await join(9);
    told.splice(0);
    server.onHello = (_hello, socket) => {
      socket.tell({ type: 'closing', code: 'kicked', message: 'out', retry: false, scope: 'uid' });
      socket.drop(4301);
    };
    server.socket.drop();
    await until('over', () => client.connectionState === 'DISCONNECTED');
    expect(server.hellos).toHaveLength(2);
    expect(told.at(-1)).toEqual(['connection-state-change', 'DISCONNECTED', 'RECONNECTING', 'UID_BANNED']);
  });

  for (const ended of ['replaced', 'kicked', 'token_expired'] as const)
    test(`SDK46: a page that was opened anew joins anew, though the membership of the page before was ended: ${ended}`, async () => {
      const kept = new Map<string, string>();
      const storage = {
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => void kept.set(key, value),
        removeItem: (key: string) => void kept.delete(key),
      };
      saveResume(storage, {
        server: 'https://live.test:7080',
        app,
        channel: 'c',
        uid: 9,
        connectionId: 'c1',
        resume: 'hc1.old',
        attempt: 4,
      });
      const before = Object.getOwnPropertyDescriptor(globalThis, 'sessionStorage');
      Object.defineProperty(globalThis, 'sessionStorage', { value: storage, configurable: true });
      try {
        const welcoming = server.onHello;
        server.onHello = (hello, socket) => {
          if (hello.resume === undefined) return welcoming(hello, socket);
          socket.tell({ type: 'closing', code: ended, message: 'no', retry: false });
          socket.drop(4300);
        };
        expect(await join(9)).toBe(9);
        expect(server.hellos.map(({ resume }) => resume)).toEqual(['hc1.old', undefined]);
        expect(server.hellos.map(({ attempt }) => attempt)).toEqual([5, undefined]);
      } finally {
        if (before) Object.defineProperty(globalThis, 'sessionStorage', before);
        else Reflect.deleteProperty(globalThis, 'sessionStorage');
      }
    });

  test('SDK46: it tries as long as it takes, and a request made meanwhile is answered after', async () => {
    await join();
    server.down = true;
    server.socket.drop();
    await until('tries', () => server.sockets.length >= 3);
    const renewed = client.renewToken('new');
    server.down = false;
    await renewed;
    expect(server.of('renew-token')).toMatchObject([{ token: 'new' }]);
    server.socket.drop();
    await until('again', () => server.hellos.length === 3);
    expect(server.hellos[2]?.token).toBe('new');
  });

  for (const [way, byMs] of [
    ['back', -3_600_000],
    ['forth', 3_600_000],
  ] as const) {
    test(`BACK10: a device whose clock is set ${way} notices a server that has gone silent`, async () => {
      server.onHello = (hello, socket) =>
        socket.tell(welcome({ resumed: hello.resume !== undefined, pingMs: 200, leaseMs: 2_000 }));
      await join();
      const restore = setClock(byMs);
      try {
        await until('a ping after the clock was set', () => server.of('ping').length >= 2);
        expect(client.connectionState).toBe('CONNECTED');
        expect(server.hellos).toHaveLength(1);
        server.mute = true;
        await until('comes back', () => server.hellos.length === 2);
        expect(server.hellos[1]?.resume).toBe('hc1.key');
      } finally {
        restore();
      }
    });

    test(`BACK10: a clock that is set ${way} shortens and stretches no wait, deadline or duration`, async () => {
      await join();
      const restore = setClock(byMs);
      try {
        expect(client.getRTCStats().Duration).toBe(0);
        server.down = true;
        server.socket.drop();
        const renewed = client.renewToken('new');
        await until('tries', () => server.sockets.length >= 3);
        server.down = false;
        await renewed;
      } finally {
        restore();
      }
    });
  }

  test('SDK46: told to go away, it comes back after the time it was given', async () => {
    await join();
    const startMs = performance.now();
    server.socket.tell({
      type: 'closing',
      code: 'going_away',
      message: 'bye',
      retry: true,
      retryAfterMs: 300,
    });
    server.socket.drop(4304);
    await until('again', () => server.hellos.length === 2);
    expect(performance.now() - startMs).toBeGreaterThan(295);
  });

  for (const [code, reason, scope] of [
    ['replaced', 'UID_CONFLICT'],
    ['kicked', 'UID_BANNED'],
    ['kicked', 'UID_BANNED', 'uid'],
    ['kicked', 'IP_BANNED', 'ip'],
    ['banned', 'CHANNEL_BANNED', 'channel'],
    ['token_expired', 'TOKEN_EXPIRE'],
  ] as const)
    test(`SDK38, SDK47: closed with ${code} (${scope}) it is disconnected for ${reason}, and stays so`, async () => {
      hear('connection-state-change', 'token-privilege-did-expire');
      await join();
      told.splice(0);
      server.socket.tell({ type: 'closing', code, message: 'over', retry: false, ...(scope && { scope }) });
      server.socket.drop(4300);
      await until('over', () => client.connectionState === 'DISCONNECTED');
      const expired = code === 'token_expired' ? [['token-privilege-did-expire']] : [];
      expect(told).toEqual([...expired, ['connection-state-change', 'DISCONNECTED', 'CONNECTED', reason]]);
      expect(server.hellos).toHaveLength(1);
      expect(client.remoteUsers).toEqual([]);
    });

  test('SDK47: the warning before the token ends, and a renewal that is refused', async () => {
    hear('token-privilege-will-expire');
    await join();
    server.socket.tell({ type: 'token-will-expire', endsMs: 1 });
    await until('told', () => told.length === 1);
    server.onRequest = ({ id }, socket) =>
      socket.tell({ type: 'error', id, code: 'token_channel_mismatch', message: 'no' });
    expect(await client.renewToken('bad').catch((error: unknown) => error)).toMatchObject({
      code: 'UPDATE_TICKET_FAILED',
      data: { code: 'token_channel_mismatch' },
    });
    expect(await codeOf(client.renewToken(''))).toBe('INVALID_PARAMS');
    server.onRequest = () => undefined;
    const renewing = codeOf(client.renewToken('late'));
    await until('asked', () => server.of('renew-token').length === 2);
    await client.leave();
    expect(await renewing).toBe('OPERATION_ABORTED');
  });

  test('SDK47: the token ended while the page was away: told when it comes back', async () => {
    hear('token-privilege-did-expire', 'connection-state-change');
    await join();
    told.splice(0);
    server.onHello = (_hello, socket) => {
      socket.tell({ type: 'closing', code: 'token_expired', message: 'over', retry: false });
      socket.drop(4116);
    };
    server.socket.drop();
    await until('over', () => client.connectionState === 'DISCONNECTED');
    expect(told).toEqual([
      ['connection-state-change', 'RECONNECTING', 'CONNECTED', undefined],
      ['token-privilege-did-expire'],
      ['connection-state-change', 'DISCONNECTED', 'RECONNECTING', 'TOKEN_EXPIRE'],
    ]);
  });

  test('SDK47: after a renewal the connection comes back with the new token', async () => {
    await join(9, 'first');
    await client.renewToken('second');
    server.socket.drop();
    await until('back', () => server.hellos.length === 2);
    expect(server.hellos[1]).toMatchObject({ token: 'second', resume: 'hc1.key' });
  });

  test('SDK47: frames of unknown types and what is no frame are passed over', async () => {
    await join();
    server.socket.tell({ type: 'from-the-future' } as never);
    server.socket.onmessage?.({ data: '{' });
    server.socket.onmessage?.({ data: 'null' });
    server.socket.onmessage?.({ data: '[]' });
    await client.setClientRole('host');
    expect(client.connectionState).toBe('CONNECTED');
  });
});

describe('the roster', () => {
  const snapshot = {
    type: 'roster-snapshot',
    sid: 's1',
    seq: 2,
    profile: 'live',
    count: 1,
    members: [{ uid: 7, role: 'audience', platform: 7, connection: 'rtc', joinedMs: 1 }],
    last: true,
  } as const;
  const showRoster = (): void => {
    server.onRequest = (frame, socket) => {
      socket.tell({ type: 'ok', id: frame.id });
      if (frame.type === 'subscribe-roster' && frame.sid === undefined) socket.tell(snapshot);
    };
  };

  test('SDK25: nothing is asked of the server until the page asks; then once', async () => {
    showRoster();
    await join();
    client.on('user-joined', () => undefined);
    await client.setClientRole('host');
    expect(server.of('subscribe-roster')).toEqual([]);
    const [one, two] = await Promise.all([client.roster(), client.roster()]);
    expect(one).toBe(two);
    expect([...one.members.keys()]).toEqual([7]);
    expect(server.of('subscribe-roster')).toHaveLength(1);
  });

  for (const when of ['before', 'after'] as const)
    test(`SDK25: a listener attached ${when} the join is enough`, async () => {
      showRoster();
      if (when === 'before') hear('audience-count', 'audience-joined');
      await join();
      if (when === 'after') hear('audience-count', 'audience-joined');
      await until('count', () => told.length === 1);
      expect(told).toEqual([['audience-count', 1]]);
    });

  test('SDK26: after a reconnection it goes on where it was', async () => {
    showRoster();
    hear('audience-joined');
    await join();
    const roster = await client.roster();
    server.socket.drop();
    await until('cursor', () => server.of('subscribe-roster').length === 2);
    expect(server.of('subscribe-roster')[1]).toMatchObject({ sid: 's1', after: 2 });
    const joined = { seq: 3, atMs: 1, type: 'joined', member: { ...snapshot.members[0], uid: 8 } } as const;
    server.socket.tell({ type: 'roster-changes', sid: 's1', from: 3, to: 3, count: 2, changes: [joined] });
    await until('joined', () => told.length === 1);
    expect(told).toEqual([['audience-joined', 8]]);
    expect(roster).toMatchObject({ count: 2, seq: 3 });
  });

  test('SDK26: after a hole the snapshot is asked for again', async () => {
    showRoster();
    await join();
    await client.roster();
    server.socket.tell({ type: 'roster-changes', sid: 's1', from: 9, to: 9, count: 2, changes: [] });
    await until('asked', () => server.of('subscribe-roster').length === 2);
    expect(server.of('subscribe-roster')[1]).not.toHaveProperty('after');
  });

  test('SDK26: an app that shows it to hosts only refuses, and lets a host in', async () => {
    server.onRequest = ({ id }, socket) =>
      socket.tell({ type: 'error', id, code: 'role_forbidden', message: 'hosts only' });
    expect(await codeOf(client.roster())).toBe('INVALID_OPERATION');
    await join();
    expect(await codeOf(client.roster())).toBe('INVALID_OPERATION');
    showRoster();
    expect((await client.roster()).count).toBe(1);
  });

  test('SDK26: leaving rejects whoever still waits for it', async () => {
    server.onRequest = () => undefined;
    await join();
    const waiting = codeOf(client.roster());
    await until('asked', () => server.of('subscribe-roster').length === 1);
    await client.leave();
    expect(await waiting).toBe('OPERATION_ABORTED');
  });
});

describe('a part of the roster', () => {
  const member = (uid: number) =>
    ({ uid, role: 'audience', platform: 7, connection: 'rtc', joinedMs: 1 }) as const;
  const counts = { count: 90, hosts: 2, audience: 88, interrupted: 1 } as const;
  /** Views that the server refuses, by what it answers. */
  let refuse: (frame: Extract<ClientFrame, { type: 'subscribe-roster' }>) => Code | undefined;
  beforeEach(() => {
    refuse = () => undefined;
    server.onRequest = (frame, socket) => {
      if (frame.type !== 'subscribe-roster') return socket.tell({ type: 'ok', id: frame.id });
      const code = refuse(frame);
      if (code) return socket.tell({ type: 'error', id: frame.id, code, message: 'no' });
      socket.tell({ type: 'ok', id: frame.id });
      const { view } = frame;
      const at = { sid: 's1', seq: 2, ...counts };
      if (!view)
        socket.tell({
          type: 'roster-snapshot',
          ...at,
          profile: 'live',
          members: [member(7), member(8)],
          last: true,
        });
      else if ('count' in view && view.count === true) socket.tell({ type: 'roster-count', ...at });
      else {
        const from = 'from' in view ? view.from : 0;
        socket.tell({ type: 'roster-window', ...at, from, members: [member(from + 1)] });
      }
    };
  });
  const views = () => server.of('subscribe-roster').map(({ view }) => view ?? 'all');

  test('SDK27: the number of audience costs the counts alone, and is asked for once', async () => {
    expect(await codeOf(client.audienceCount())).toBe('INVALID_OPERATION');
    await join();
    expect(await Promise.all([client.audienceCount(), client.audienceCount()])).toEqual([88, 88]);
    hear('channel-count');
    server.socket.tell({ type: 'roster-count', sid: 's1', seq: 3, ...counts, count: 91, audience: 89 });
    await until('told', () => told.length === 1);
    expect(told).toEqual([
      [
        'channel-count',
        { count: 91, hostCount: 2, audienceCount: 89, interruptedCount: 1, seq: 3, sid: 's1' },
      ],
    ]);
    expect(await client.audienceCount()).toBe(89);
    expect(views()).toEqual([{ count: true }]);
  });

  for (const when of ['before', 'after'] as const)
    test(`SDK27: a listener of channel-count attached ${when} the join is enough`, async () => {
      if (when === 'before') hear('channel-count');
      await join();
      if (when === 'after') hear('channel-count');
      await until('told', () => told.length === 1);
      expect(views()).toEqual([{ count: true }]);
    });

  test('SDK27: a window is a live view; another range moves it', async () => {
    await join();
    hear('roster-window');
    const window = await client.roster({ first: 50 });
    expect(window).toMatchObject({ from: 0, count: 90, audienceCount: 88, members: [{ uid: 1 }] });
    server.socket.tell({
      type: 'roster-window-changes',
      sid: 's1',
      after: 2,
      seq: 3,
      ...counts,
      left: [1],
      entered: [member(9)],
    });
    await until('told', () => told.length === 2);
    expect(window.members.map(({ uid }) => uid)).toEqual([9]);
    expect(await client.roster({ from: 50, count: 50 })).toBe(window);
    expect(window.members.map(({ uid }) => uid)).toEqual([51]);
    expect(await client.audienceCount()).toBe(88);
    expect(views()).toEqual([
      { from: 0, count: 50 },
      { from: 50, count: 50 },
    ]);
    expect(await codeOf(client.roster({ first: 0 }))).toBe('INVALID_PARAMS');
  });

  test('SDK27: two ranges at once: each resolves, and the later one stays', async () => {
    await join();
    const [one, two] = await Promise.all([
      client.roster({ first: 50 }),
      client.roster({ from: 50, count: 50 }),
    ]);
    expect([one === two, one.from]).toEqual([true, 50]);
  });

  test('SDK27: after a reconnection, and after a hole, the window that was asked for last is asked for again', async () => {
    await join();
    await client.roster({ first: 50 });
    const window = await client.roster({ from: 50, count: 5 });
    server.socket.drop();
    await until('asked', () => views().length === 3);
    expect(views()[2]).toEqual({ from: 50, count: 5 });
    server.socket.tell({ type: 'roster-window-changes', sid: 's1', after: 40, seq: 41, ...counts });
    await until('asked again', () => views().length === 4);
    expect(views()[3]).toEqual({ from: 50, count: 5 });
    expect(window.from).toBe(50);
  });

  test('SDK28: a window that is refused leaves the one before; the counts go on', async () => {
    await join();
    const window = await client.roster({ first: 50 });
    refuse = ({ view }) => (view && 'from' in view && view.from > 0 ? 'windows_full' : undefined);
    expect(await codeOf(client.roster({ from: 50, count: 50 }))).toBe('INVALID_OPERATION');
    expect(window.from).toBe(0);
    server.socket.drop();
    await until('asked', () => views().length === 3);
    expect(views()[2]).toEqual({ from: 0, count: 50 });
  });

  test('SDK28: where names are for hosts only, viewers have the counts', async () => {
    refuse = ({ view }) => (view && 'count' in view && view.count === true ? undefined : 'role_forbidden');
    await join();
    const window = codeOf(client.roster({ first: 50 }));
    const all = codeOf(client.roster());
    expect(await client.audienceCount()).toBe(88);
    expect([await window, await all]).toEqual(['INVALID_OPERATION', 'INVALID_OPERATION']);
    server.socket.tell({ type: 'roster-count', sid: 's1', seq: 3, ...counts, audience: 87, hosts: 3 });
    hear('channel-count');
    await until('told', () => told.length === 1);
  });

  test('SDK28: with the whole roster, window and counts need no further request', async () => {
    await join();
    await client.roster();
    const window = await client.roster({ from: 1, count: 5 });
    expect(window.members.map(({ uid }) => uid)).toEqual([8]);
    hear('channel-count', 'roster-window');
    const joined = { seq: 3, atMs: 1, type: 'joined', member: member(9) } as const;
    server.socket.tell({ type: 'roster-changes', sid: 's1', from: 3, to: 3, count: 91, changes: [joined] });
    await until('told', () => told.length === 2);
    expect(window.members.map(({ uid }) => uid)).toEqual([8, 9]);
    expect(await client.audienceCount()).toBe(window.audienceCount);
    expect(views()).toEqual(['all']);
  });

  test('SDK28: the whole roster after a window takes its place, and feeds it', async () => {
    await join();
    const window = await client.roster({ first: 1 });
    const roster = await client.roster();
    expect([...roster.members.keys()]).toEqual([7, 8]);
    expect(window.members.map(({ uid }) => uid)).toEqual([7]);
    expect(views()).toEqual([{ from: 0, count: 1 }, 'all']);
  });

  test('SDK27: leaving rejects whoever still waits', async () => {
    server.onRequest = () => undefined;
    await join();
    const waiting = [codeOf(client.roster({ first: 5 })), codeOf(client.audienceCount())];
    await until('asked', () => views().length === 1);
    await client.leave();
    expect(await Promise.all(waiting)).toEqual(['OPERATION_ABORTED', 'OPERATION_ABORTED']);
  });
});

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import AgoraRTC, { type IAgoraRTCClient } from '../../../../rtc/src/index.ts';
import { tokenFor } from '../../../testing/clients/client.ts';
import { ask } from '../../../testing/clients/rest-client.ts';
import { logoutAll, rtmToken, rtmUser } from '../../../testing/clients/rtm-client.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  testAuthorization,
  until,
} from '../../../testing/processes/server-process.ts';

/** The way to the server of those who go away: connections break, and none comes about, while it is cut. */
class Way {
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  #server: Server | undefined;

  async open(target: string): Promise<string> {
    const { hostname, port } = new URL(target);
    const server = createServer((client) => {
      if (this.#isCut) {
        client.destroy();
        return;
      }
      const upstream = connect(Number(port), hostname);
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  heal(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server?.close();
  }
}

let server: ServerProcess;
let page: IAgoraRTCClient | undefined;
const way = new Way();
let url = '';

beforeAll(async () => {
  // Nobody is lost while the test takes its time.
  server = await startServerProcess({ leases: { rtcMs: 60_000, signalingMs: 60_000, recoveryMs: 60_000 } });
  url = await way.open(server.url);
  AgoraRTC.setParameter('HOUSECOUNT_URL', url);
  AgoraRTC.setLogLevel(4);
}, 60_000);
afterAll(async () => {
  await page?.leave();
  await logoutAll();
  way.close();
  await server.close();
});

const inShow = async (): Promise<number[]> => {
  const { status, body } = await ask(server.url, `/v1/apps/${testApp.id}/channels/show/roster`);
  return status === 404 ? [] : body.members.map(({ uid }: { uid: number }) => uid);
};

for (const isKilled of [false, true])
  test(`BACK20, BACK21: who was kicked, and whose session the backend ended, while they were away stay out when they are back${isKilled ? ', also from a server that was killed in between' : ''}`, async () => {
    const reasons: unknown[] = [];
    page = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
    page.on('connection-state-change', (state, _before, reason) => reasons.push(reason ?? state));
    await page.join(testApp.id, 'show', tokenFor('show', { uid: 1 }), 1);
    const ann = rtmUser(url, 'ann');
    await ann.client.login({ token: rtmToken('ann') });
    await ann.client.subscribe('lobby');
    way.cut();
    await until('the page is away', () => page?.connectionState === 'RECONNECTING');
    await ann.until('away', () => ann.links.at(-1)?.currentState !== 'CONNECTED');

    const kick = { appid: testApp.id, cname: 'show', uid: 1, time: 0, privileges: ['join_channel'] };
    expect((await ask(server.url, '/dev/v1/kicking-rule', { send: kick })).status).toBe(200);
    const session = `/v1/apps/${testApp.id}/users/ann/session`;
    const ended = await fetch(server.url + session, {
      method: 'DELETE',
      headers: { authorization: testAuthorization },
    });
    expect(ended.ok).toBe(true);
    if (isKilled) {
      await server.kill();
      await server.restart();
    }
    way.heal();

    await until('the page is told', () => page?.connectionState === 'DISCONNECTED', 60_000);
    expect(reasons.at(-1)).toBe('UID_BANNED');
    await ann.until('told', () => ann.links.at(-1)?.currentState === 'FAILED', 60_000);
    expect(ann.links.at(-1)).toMatchObject({ reasonCode: 'KICKED_OUT_BY_SERVER' });
    expect(await inShow()).toEqual([]);
    const { body } = await ask(server.url, `/v1/apps/${testApp.id}/channels/lobby/users`);
    expect(body.users ?? []).toEqual([]);

    // The app may ask again, and is let in.
    await page.join(testApp.id, 'show', tokenFor('show', { uid: 1 }), 1);
    expect(await inShow()).toEqual([1]);
    await page.leave();
    await ann.client.login({ token: rtmToken('ann') });
    await ann.client.logout();
  }, 120_000);

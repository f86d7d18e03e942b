import { afterEach, expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import { buildRtcToken } from '../../../src/token/build.ts';
import { Client, tokenFor } from '../../../testing/clients/client.ts';
import {
  rtpPacket,
  type SyntheticOptions,
  type SyntheticPeer,
  syntheticPeer,
  vp8Delta,
  vp8Keyframe,
} from '../../../testing/media/synthetic-peer.ts';
import { startServerProcess, testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';

/** Encoders and players as others write them, against the whole server: WHIP and WHEP by hand, real ICE, DTLS and RTP. */
let server: Pick<TestServer, 'url'>;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function begin(overrides: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const started = await startTestServer(overrides);
  server = started;
  ends.push(() => started.close());
}

interface Session extends SyntheticPeer {
  readonly url: string;
  readonly answerSdp: string;
}

const post = (kind: 'whip' | 'whep', bearer: string, offerSdp: string, query = '') =>
  fetch(`${server.url}/v1/${kind}/${testApp.id}/stage${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', authorization: `Bearer ${bearer}` },
    body: offerSdp,
  });

async function open(
  kind: 'whip' | 'whep',
  bearer: string,
  options: Partial<SyntheticOptions> = {},
): Promise<Session> {
  const direction = kind === 'whip' ? 'sendonly' : 'recvonly';
  const peer = await syntheticPeer({ direction, kinds: ['video'], video: ['VP8'], ...options });
  ends.push(() => peer.close());
  const answer = await post(kind, bearer, peer.offerSdp);
  expect(answer.status).toBe(201);
  const answerSdp = await answer.text();
  await peer.accept(answerSdp);
  return {
    ...peer,
    answerSdp,
    url: server.url + new URL(answer.headers.get('location') ?? '', server.url).pathname,
  };
}

/** Sends a picture for ever, with `tag` in every packet: a keyframe first, and whenever one is asked for. */
async function publish(bearer: string, tag: number): Promise<Session & { stop(): void }> {
  let wanted = true;
  let sequence = 0;
  const session = await open('whip', bearer, {
    // The server sends an encoder RTCP alone; 206 is payload-specific feedback, 1 a PLI.
    onPacket: (packet) => {
      for (let at = 0; at + 4 <= packet.length; at += 4 * (packet.readUInt16BE(at + 2) + 1))
        if (packet[at + 1] === 206 && ((packet[at] ?? 0) & 31) === 1) wanted = true;
    },
  });
  const timer = setInterval(() => {
    const payload = wanted ? vp8Keyframe(tag) : vp8Delta(tag);
    wanted = false;
    sequence += 1;
    session.send(rtpPacket({ payloadType: 96, sequence, timestamp: sequence * 3000, ssrc: tag, payload }));
  }, 20);
  const stop = () => clearInterval(timer);
  ends.push(stop);
  return { ...session, stop };
}

/** A player that notes, of each packet, the tag and whether a keyframe begins. */
async function play(uid: number) {
  const seen: { readonly tag: number; readonly isKeyframe: boolean; readonly sequence: number }[] = [];
  const session = await open('whep', tokenFor('stage', { uid }, 'audience'), {
    onPacket: (packet) => {
      // Video alone: RTCP has types from 200 on.
      if (((packet[1] ?? 0) & 0x7f) !== 96 || (packet[0] ?? 0) & 0x20) return;
      const at = 12 + ((packet[0] ?? 0) & 0x10 ? 4 + 4 * packet.readUInt16BE(14) : 0);
      seen.push({
        tag: packet[at + 2] ?? -1,
        isKeyframe: ((packet[at + 1] ?? 1) & 1) === 0,
        sequence: packet.readUInt16BE(2),
      });
    },
  });
  return {
    ...session,
    seen,
    plays: (tag: number) => until(`the picture of ${tag}`, () => seen.at(-1)?.tag === tag),
  };
}

/** Somebody over WebSocket who sees what everybody is told. */
async function watch(uid: number): Promise<Client> {
  const watcher = await Client.join({ url: server.url, channel: 'stage', uid });
  ends.push(() => watcher.drop());
  return watcher;
}
const streamsTold = (watcher: Client, uid: number) =>
  watcher.all('host-streams').flatMap((frame) => (frame.uid === uid ? [frame.video] : []));

test('WHIP10, WHIP11: an encoder that publishes again at once is seen by those who watch and by those who come', async () => {
  await begin();
  const token = tokenFor('stage', { uid: 1 });
  const watcher = await watch(50);
  await publish(token, 1);
  await watcher.until('the host sends', () => streamsTold(watcher, 1).at(-1));
  const early = await play(11);
  await early.plays(1);
  const { welcome: before } = await Client.join({ url: server.url, channel: 'stage', uid: 51 });
  // It was cut off, has not noticed that we do not know, and the server has not either.
  const second = await publish(token, 2);
  await early.plays(2);
  const late = await play(12);
  await late.plays(2);
  const witness = await watch(52);
  // Its own join, and those of the players; the host has neither left nor joined.
  expect(watcher.all('host-left')).toEqual([]);
  expect(witness.welcome?.hosts).toEqual([{ uid: 1, audio: false, video: true }]);
  expect(witness.welcome?.sid).toBe(before.sid);
  expect(witness.welcome?.seq).toBe(before.seq + 2);
  expect(streamsTold(watcher, 1)).not.toContain(false);
  second.stop();
}, 60_000);

test('WHIP10, WHIP11, WHIP14: so is one that comes back when its silence has been noticed', async () => {
  await begin();
  const token = tokenFor('stage', { uid: 1 });
  const watcher = await watch(50);
  const first = await publish(token, 1);
  await watcher.until('the host sends', () => streamsTold(watcher, 1).at(-1));
  watcher.send({ type: 'subscribe-roster', id: 1 });
  // One that never sent a packet would be left to ICE, which takes longer.
  await (await play(11)).plays(1);
  first.stop();
  await watcher.until('the silence is noticed', () =>
    watcher.all('roster-interrupted').some(({ silent }) => silent.some(({ uid }) => uid === 1)),
  );
  await publish(token, 2);
  await watcher.until('it is back', () =>
    watcher.all('roster-interrupted').some(({ back }) => back.includes(1)),
  );
  const late = await play(12);
  await late.plays(2);
  // The session that is silent ends for good; nothing comes of it.
  expect((await fetch(first.url)).status).toBe(404);
  expect((await fetch(first.url, { method: 'DELETE' })).status).toBe(200);
  expect((await watch(52)).welcome?.hosts).toEqual([{ uid: 1, audio: false, video: true }]);
  expect(watcher.all('host-left')).toEqual([]);
}, 60_000);

test('CHAN33, WHIP11: when the server was killed nobody is shown as sending until the encoder is back', async () => {
  const killed = await startServerProcess();
  ends.push(() => killed.close());
  server = killed;
  const token = tokenFor('stage', { uid: 1 });
  const watcher = await watch(50);
  const first = await publish(token, 1);
  await watcher.until('the host sends', () => streamsTold(watcher, 1).at(-1));
  first.stop();
  await killed.kill();
  await killed.restart();
  const after = await watch(51);
  expect(after.welcome?.hosts).toMatchObject([{ uid: 1, audio: false, video: false }]);
  const player = await syntheticPeer({ direction: 'recvonly', kinds: ['video'], video: ['VP8'] });
  ends.push(() => player.close());
  const played = await post('whep', tokenFor('stage', { uid: 11 }, 'audience'), player.offerSdp);
  expect(played.status).toBe(409);
  await publish(token, 2);
  await after.until('the host sends again', () => streamsTold(after, 1).at(-1));
  await (await play(12)).plays(2);
  expect(after.all('host-left')).toEqual([]);
}, 120_000);

test('WHIP13: a player whose host leaves goes on with another one, beginning with a keyframe', async () => {
  await begin();
  const watcher = await watch(50);
  const first = await publish(tokenFor('stage', { uid: 1 }), 1);
  await watcher.until('the first sends', () => streamsTold(watcher, 1).at(-1));
  const player = await play(11);
  await player.plays(1);
  await publish(tokenFor('stage', { uid: 2 }), 2);
  await watcher.until('the second sends', () => streamsTold(watcher, 2).at(-1));
  await fetch(first.url, { method: 'DELETE' });
  await player.plays(2);
  const at = player.seen.findIndex(({ tag }) => tag === 2);
  const [last, next] = [player.seen[at - 1], player.seen[at]];
  expect(next?.isKeyframe).toBe(true);
  // Probes take numbers of their own, so the numbers rise but need not be next to each other.
  const step = ((next?.sequence ?? 0) - (last?.sequence ?? 0)) & 0xffff;
  expect(step).toBeGreaterThan(0);
  expect(step).toBeLessThan(100);
}, 60_000);

const strict = { apps: [{ ...testApp, coHostAuthentication: true }] };
/** A token with these privileges to publish, in seconds from now; 0: for ever. */
const allows = (uid: number, privileges: { publishAudio?: number; publishVideo?: number }) =>
  buildRtcToken({
    appId: testApp.id,
    certificate: testApp.certificate,
    channel: 'stage',
    identity: { uid },
    role: 'broadcaster',
    expireSeconds: 3600,
    issuedSeconds: Math.floor(Date.now() / 1000),
    salt: 1 + uid,
    privileges: { join: 0, ...privileges },
  });

test('RIGHT3: an encoder sends what its token allows, and no other kind', async () => {
  await begin(strict);
  const peer = await syntheticPeer({ direction: 'sendonly' });
  ends.push(() => peer.close());
  const refused = await post('whip', allows(1, { publishAudio: 0 }), peer.offerSdp);
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
    401,
    'token_no_privilege',
  ]);
  const sound = await open('whip', allows(1, { publishAudio: 0 }), { kinds: ['audio'] });
  expect(sound.answerSdp).toContain('a=recvonly');
}, 60_000);

test('RIGHT3, RIGHT4: a resume key carries what its member may send, of both kinds that are offered', async () => {
  await begin(strict);
  const host = await Client.join({
    ...{ url: server.url, channel: 'stage', uid: 1, role: 'broadcaster' },
    hello: { token: allows(1, { publishAudio: 0 }) },
  });
  ends.push(() => host.drop());
  const both = { kinds: ['audio', 'video'] } as const;
  const session = await open('whip', host.welcome.resume, both);
  const sections = session.answerSdp.split(/(?=^m=)/m).slice(1);
  expect(sections.map((section) => /a=(recvonly|inactive)/.exec(section)?.[1])).toEqual([
    'recvonly',
    'inactive',
  ]);
  host.send({ type: 'renew-token', id: 1, token: allows(1, {}) });
  await host.next('ok');
  await until('it is cut', async () => (await fetch(session.url)).status === 404);
  const refused = await post('whip', host.welcome.resume, session.offerSdp);
  expect(refused.status).toBe(401);
}, 60_000);

test('RIGHT5: a session is cut when the privilege of what it sends ends, and viewers are told', async () => {
  await begin(strict);
  const watcher = await Client.join({
    ...{ url: server.url, channel: 'stage', uid: 50 },
    hello: { token: allows(50, {}) },
  });
  ends.push(() => watcher.drop());
  const host = await publish(allows(1, { publishVideo: 20 }), 1);
  await watcher.until('the host sends', () => streamsTold(watcher, 1).at(-1));
  await watcher.until('it does not any more', () => streamsTold(watcher, 1).at(-1) === false, 60_000);
  expect((await fetch(host.url)).status).toBe(404);
}, 90_000);

test('WHIP15: OPTIONS tells the ICE servers, with passwords to who has a good Bearer, and nothing to a preflight', async () => {
  const stun = { urls: 'stun:192.0.2.1:3478' };
  const turn = { urls: 'turn:192.0.2.1:3478', username: 'u', credential: 'p' };
  await begin({ media: { udpPort: 0, iceServers: [stun, turn] } });
  const ask = (headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${server.url}/v1/whip/${testApp.id}/stage`, { method: 'OPTIONS', headers });
  const linked = async (headers?: Readonly<Record<string, string>>) => {
    const answer = await ask(headers);
    expect([answer.status, answer.headers.get('accept-post')]).toEqual([200, 'application/sdp']);
    return [...(answer.headers.get('link') ?? '').matchAll(/<(\w+):/g)].map(([, scheme]) => scheme);
  };
  expect(await linked()).toEqual(['stun']);
  const authorization = `Bearer ${tokenFor('stage', { uid: 1 })}`;
  expect(await linked({ authorization })).toEqual(['stun', 'turn']);
  expect(await linked({ authorization: `Bearer ${tokenFor('other', { uid: 1 })}` })).toEqual(['stun']);
  const preflight = { origin: 'https://example.com', 'access-control-request-method': 'POST' };
  expect(await linked({ ...preflight, authorization })).toEqual([]);
  const peer = await syntheticPeer({ direction: 'sendonly' });
  ends.push(() => peer.close());
  const answer = await (await post('whip', tokenFor('stage', { uid: 1 }), peer.offerSdp)).text();
  for (const section of answer.split(/(?=^m=)/m).slice(1))
    expect(section).toContain('a=ice-options:trickle\r\n');
});

test('WHIP20: who opens a session is given TURN passwords of its own, and newer ones at an ICE restart; OPTIONS has them for members alone', async () => {
  const turn = { urls: 'turn:192.0.2.1:3478', secret: 'what-the-turn-server-knows', lifetimeMs: 600_000 };
  await begin({ media: { udpPort: 0, iceServers: [{ urls: 'stun:192.0.2.1:3478' }, turn] } });
  const linked = (answer: Response) =>
    [
      ...(answer.headers.get('link') ?? '').matchAll(
        /<(turn:[^>]+)>; rel="ice-server"; username="([^"]+)"; credential="([^"]+)"; credential-type="password"/g,
      ),
    ].map(([, urls, username = '', credential]) => ({ urls, username, credential }));
  const isGood = (answer: Response, uid: number) => {
    const [server, ...others] = linked(answer);
    const [ends = '', name] = server?.username.split(':') ?? [];
    const leftMs = Number(ends) * 1_000 - Date.now();
    expect([leftMs > 300_000, leftMs <= 600_000, name, others]).toEqual([
      true,
      true,
      `${testApp.id}/stage/${uid}`,
      [],
    ]);
    const hmac = createHmac('sha1', turn.secret).update(server?.username ?? '');
    expect(server?.credential).toBe(hmac.digest('base64'));
  };
  const ask = (bearer: string) =>
    fetch(`${server.url}/v1/whip/${testApp.id}/stage`, {
      method: 'OPTIONS',
      headers: { authorization: `Bearer ${bearer}` },
    });
  const member = await Client.join({
    url: server.url,
    channel: 'stage',
    uid: 50,
    hello: { token: tokenFor('stage', { uid: 50 }) },
  });
  ends.push(() => member.drop());
  isGood(await ask(member.welcome.resume), 50);
  expect(linked(await ask(tokenFor('stage', { uid: 1 })))).toEqual([]);
  expect(linked(await ask('hc1.nobody'))).toEqual([]);
  const peer = await syntheticPeer({ direction: 'sendonly' });
  ends.push(() => peer.close());
  const opened = await post('whip', tokenFor('stage', { uid: 1 }), peer.offerSdp);
  isGood(opened, 1);
  const restarted = await fetch(new URL(opened.headers.get('location') ?? '', server.url), {
    method: 'PATCH',
    headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' },
    body: `a=ice-ufrag:another\r\na=ice-pwd:${'p'.repeat(24)}\r\n`,
  });
  expect(restarted.status).toBe(200);
  isGood(restarted, 1);
  expect(linked(await post('whip', tokenFor('other', { uid: 1 }), peer.offerSdp))).toEqual([]);
  await member.leave();
  await until('the member has left', async () => linked(await ask(member.welcome.resume)).length === 0);
}, 60_000);

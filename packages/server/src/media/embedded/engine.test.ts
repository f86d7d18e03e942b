import { afterEach, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket as TcpSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HousecountError } from '@housecount/protocol';
import {
  payloadTypes,
  rtpPacket,
  type SyntheticPeer,
  syntheticPeer,
  vp8Keyframe,
} from '../../../testing/media/synthetic-peer.ts';
import { freeUdpPort } from '../../../testing/media/udp.ts';
import { type Clock, systemClock } from '../../clock.ts';
import type { Logger } from '../../observe/contract.ts';
import type { SessionReport } from '../contract.ts';
import { defaultMediaLimits } from '../engine-limits.ts';
import { mediaLimits } from '../limits.ts';
import { type EmbeddedMedia, startEmbeddedMedia } from './engine.ts';
import { portTrouble } from './ice/port-trouble.ts';
import { parseRtcp } from './rtp/rtcp.ts';
import { isRtcp } from './rtp/rtp.ts';
import { holdPort } from './streams/peer.ts';

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => quiet };

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(
  udpPort = 0,
  logger = quiet,
  limits = defaultMediaLimits,
  clock = systemClock(),
  tcpPort?: number,
): Promise<{ media: EmbeddedMedia; reports: SessionReport[] }> {
  const reports: SessionReport[] = [];
  const media = await startEmbeddedMedia({
    udpPort,
    tcpPort,
    bindAddress: '127.0.0.1',
    announcedAddress: 'auto',
    iceServers: [],
    onReport: (report) => reports.push(report),
    logger,
    limits,
    clock,
  });
  stops.push(() => media.stop());
  return { media, reports };
}

async function client(
  direction: 'sendonly' | 'recvonly',
  onPacket?: (packet: Buffer) => void,
): Promise<SyntheticPeer> {
  const peer = await syntheticPeer({ direction, ...(onPacket === undefined ? {} : { onPacket }) });
  stops.push(() => peer.close());
  return peer;
}

async function until(check: () => boolean | Promise<boolean>, deadlineMs = 15_000): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!(await check())) {
    if (performance.now() > endMs) throw new Error(`not in time: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Publishes and plays over the engine, until a packet came through. */
async function stream(media: EmbeddedMedia, name: string): Promise<void> {
  let received = 0;
  const host = await client('sendonly');
  const viewer = await client('recvonly', (packet) => {
    if (!isRtcp(packet)) received += 1;
  });
  const published = await media.publish({
    room: 'r',
    publisher: '1',
    session: `${name}-h`,
    offerSdp: host.offerSdp,
  });
  if (!published.ok) throw new Error(published.detail);
  const request = { room: 'r', publisher: '1', session: `${name}-v`, offerSdp: viewer.offerSdp };
  const played = await media.play({ ...request, audio: true, video: true });
  if (!played.ok) throw new Error(played.detail);
  await host.accept(published.answerSdp);
  await viewer.accept(played.answerSdp);
  let sequence = 0;
  await until(() => {
    sequence += 1;
    const fields = { payloadType: payloadTypes.VP8, sequence, timestamp: sequence * 3_000, ssrc: 9 };
    host.send(rtpPacket({ ...fields, payload: vp8Keyframe(sequence) }));
    return received > 0;
  });
}

test('LIMIT8: two engines carry as many sessions as each was set to, which its child is told', async () => {
  const low = await start(0, quiet, { ...defaultMediaLimits, mediaEngineSessionsMax: 1 });
  const usual = await start();
  for (const [{ media }, second] of [
    [low, { ok: false, code: 'media_unavailable' }],
    [usual, { ok: true }],
  ] as const) {
    const { offerSdp } = await client('sendonly');
    const publish = (session: string) => media.publish({ room: 'r', publisher: session, session, offerSdp });
    expect(await publish('1')).toMatchObject({ ok: true });
    expect(await publish('2')).toMatchObject(second);
  }
});

test('LIMIT7: as many requests wait for the child as mediaEngineRequestsMax says, for as long as mediaEngineRequestMs says', async () => {
  const waits: (() => void)[] = [];
  const system = systemClock();
  const clock: Clock = {
    ...system,
    after(delayMs, run) {
      if (delayMs !== 4_321) return system.after(delayMs, run);
      waits.push(run);
      return () => {};
    },
  };
  const own = { ...defaultMediaLimits, mediaEngineRequestsMax: 2, mediaEngineRequestMs: 4_321 };
  const { media } = await start(0, quiet, own, clock);
  const { offerSdp } = await client('sendonly');
  const publish = (session: string) => media.publish({ room: 'r', publisher: session, session, offerSdp });
  // A look at how the child is may be one of them.
  const answers = await Promise.all(['1', '2', '3', '4'].map(publish));
  expect(answers.filter(({ ok }) => ok).length).toBeWithin(1, 2 + 1);
  // Its time is over before the child can have answered.
  const late = publish('5');
  waits.at(-1)?.();
  expect(await late).toMatchObject({ ok: false, code: 'media_unavailable' });
});

test('MEDIA21: the child forwards, counts and reports; stop ends it', async () => {
  const { media, reports } = await start();
  const { pid } = media;
  await stream(media, 'a');
  const stats = await media.stats();
  expect(stats).toMatchObject({ publishers: 1, players: 1, restarts: 0 });
  expect(stats.packetsOut).toBeGreaterThan(0);
  expect(stats.bytesOut).toBeGreaterThan(0);
  expect(reports.filter((report) => report.type === 'connected')).toHaveLength(2);
  media.close('a-v');
  media.close('nobody');
  await until(async () => (await media.stats()).players === 0);
  await media.stop();
  await media.stop();
  expect(alive(pid ?? 0)).toBe(false);
  const absent = { room: 'r', publisher: '1', session: 'x', offerSdp: '' };
  expect(await media.publish(absent)).toMatchObject({ ok: false, code: 'media_unavailable' });
}, 30_000);

test('MEDIA27: a player that sends no RTCP is not told as silent by the child', async () => {
  const { media, reports } = await start();
  let probes = 0;
  const viewer = await client('recvonly', (packet) => {
    if (!isRtcp(packet)) probes += 1;
  });
  const request = { room: 'r', publisher: '1', session: 'v', offerSdp: viewer.offerSdp };
  const played = await media.play({ ...request, audio: true, video: true });
  if (!played.ok) throw new Error(played.detail);
  await viewer.accept(played.answerSdp);
  // One a second by the child's own clock: after so many it would have been told.
  await until(() => probes * mediaLimits.probeIntervalMs > mediaLimits.slowStallMs, 60_000);
  expect(reports.map(({ type }) => type)).toEqual(['connected']);
}, 90_000);

test('MEDIA21: a killed child is replaced, on the same port; what it owed is answered', async () => {
  const { media, reports } = await start();
  await stream(media, 'before');
  const counted = (await media.stats()).packetsOut;
  const { pid, udpPort } = media;
  const waiting = client('sendonly').then((peer) => {
    process.kill(pid ?? 0, 'SIGKILL');
    return media.publish({ room: 'r', publisher: '1', session: 'late', offerSdp: peer.offerSdp });
  });
  // Answered by the dying child, or refused: never left hanging.
  expect(typeof (await waiting).ok).toBe('boolean');
  await until(() => reports.some((report) => report.type === 'restarted'));
  expect(media.pid).not.toBe(pid);
  expect(media.udpPort).toBe(udpPort);
  await stream(media, 'after');
  const stats = await media.stats();
  expect(stats.restarts).toBe(1);
  expect(stats.publishers).toBe(1);
  expect(stats.packetsOut).toBeGreaterThan(counted);
}, 30_000);

test('MEDIA21: while the child is away every request is refused at once', async () => {
  const { media, reports } = await start();
  const pid = media.pid ?? 0;
  process.kill(pid, 'SIGKILL');
  await until(() => media.pid === undefined);
  const request = { room: 'r', publisher: '1', session: 's', offerSdp: 'v=0' };
  expect(await media.publish(request)).toMatchObject({ ok: false, code: 'media_unavailable' });
  expect(await media.play({ ...request, audio: true, video: true })).toMatchObject({
    ok: false,
    code: 'media_unavailable',
  });
  expect(await media.restart('s', 'v=0')).toMatchObject({ ok: false, code: 'media_unavailable' });
  media.close('s');
  media.select('s', { audio: true, video: true });
  expect(await media.stats()).toMatchObject({ publishers: 0, players: 0 });
  await until(() => reports.some((report) => report.type === 'restarted'));
}, 30_000);

test('MEDIA21: a child that hangs is replaced too', async () => {
  const clock = systemClock();
  let hung = 0;
  // Twenty times as fast where a hung child is waited for; a child that starts or answers has all the time of a busy machine.
  const isWaitedFor = (delayMs: number) => delayMs === mediaLimits.pulseMs || (hung > 0 && alive(hung));
  const reports: SessionReport[] = [];
  const media = await startEmbeddedMedia({
    udpPort: 0,
    bindAddress: '127.0.0.1',
    announcedAddress: 'auto',
    iceServers: [],
    onReport: (report) => reports.push(report),
    logger: quiet,
    clock: {
      ...clock,
      after: (delayMs, run) => clock.after(isWaitedFor(delayMs) ? delayMs / 20 : delayMs, run),
    },
  });
  stops.push(() => media.stop());
  const pid = media.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  hung = pid;
  await until(() => reports.some((report) => report.type === 'restarted'), 60_000);
  expect(alive(pid)).toBe(false);
  expect((await media.stats()).restarts).toBe(1);
}, 90_000);

test('MEDIA21: the child does not outlive a server that was killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-media-'));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  const script = join(folder, 'server.ts');
  await writeFile(
    script,
    `import { startEmbeddedMedia } from ${JSON.stringify(join(import.meta.dir, 'engine.ts'))};
     import { systemClock } from ${JSON.stringify(join(import.meta.dir, '../../clock.ts'))};
     const logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => logger };
     const media = await startEmbeddedMedia({ udpPort: 0, bindAddress: '127.0.0.1', announcedAddress: 'auto',
       iceServers: [], onReport() {}, logger, clock: systemClock() });
     console.log(media.pid);
     setInterval(() => {}, 1000);`,
  );
  const server = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  stops.push(() => void server.kill('SIGKILL'));
  let output = '';
  server.stdout.on('data', (data) => {
    output += String(data);
  });
  await until(() => output.includes('\n'));
  const child = Number(output);
  expect(alive(child)).toBe(true);
  server.kill('SIGKILL');
  await until(() => !alive(child));
}, 30_000);

test('MEDIA21: a port that is taken is a failure to start that says what to do, and nothing else is written', async () => {
  const holder = createSocket('udp4');
  await new Promise<void>((resolve) => holder.bind(0, '127.0.0.1', resolve));
  stops.push(() => new Promise<void>((resolve) => holder.close(() => resolve())));
  const { port } = holder.address();
  const written: string[] = [];
  const warn = (message: string) => void written.push(message);
  const failure = await start(port, { ...quiet, warn }).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(failure).toBeInstanceOf(HousecountError);
  expect(String(failure)).toContain(`Another program has UDP port ${port} on 127.0.0.1`);
  expect(String(failure)).toContain('HOUSECOUNT_MEDIA_UDP_PORT');
  expect(written).toEqual([]);
  const elsewhere = await portTrouble(port, '192.0.2.1');
  expect(elsewhere).toContain('192.0.2.1 is not an address of this machine');
}, 30_000);

test('MEDIA31: when the server ends, its child says goodbye to everybody first', async () => {
  const { media, reports } = await start();
  const byes = new Map<string, number>();
  const party = async (session: string, direction: 'sendonly' | 'recvonly') => {
    const peer = await client(direction, (packet) => {
      if (isRtcp(packet) && parseRtcp(packet).some(({ type }) => type === 'bye'))
        byes.set(session, (byes.get(session) ?? 0) + 1);
    });
    const request = { room: 'r', publisher: '1', session, offerSdp: peer.offerSdp };
    const answer = await (direction === 'sendonly'
      ? media.publish(request)
      : media.play({ ...request, audio: true, video: true }));
    if (!answer.ok) throw new Error(answer.detail);
    await peer.accept(answer.answerSdp);
  };
  for (const i of [1, 2, 3]) {
    await party(`host-${i}`, 'sendonly');
    await party(`viewer-${i}`, 'recvonly');
  }
  await until(() => reports.length === 6);
  media.close('host-1');
  await media.stop();
  await until(() => byes.size === 6);
}, 30_000);

test('MEDIA29: the child has nothing of the server’s environment', async () => {
  process.env.HOUSECOUNT_CUSTOMERS = 'secret';
  stops.push(() => void delete process.env.HOUSECOUNT_CUSTOMERS);
  const { media } = await start();
  const environment = (await readFile(`/proc/${media.pid}/environ`, 'utf8')).split('\0').filter(Boolean);
  const names = environment.map((variable) => variable.split('=')[0]);
  // The runtime itself hands over the channel to the server.
  expect(names.filter((name) => !name?.startsWith('NODE_CHANNEL'))).toEqual([]);
}, 30_000);

test('MEDIA32: an offer makes the server send nothing to the addresses that it names', async () => {
  const { media, reports } = await start();
  const host = await client('sendonly');
  let heard = 0;
  const candidates: string[] = [];
  for (let i = 0; i < 32; i++) {
    const named = createSocket('udp4');
    await new Promise<void>((resolve) => named.bind(0, '127.0.0.1', resolve));
    stops.push(() => new Promise<void>((resolve) => named.close(() => resolve())));
    named.on('message', () => {
      heard += 1;
    });
    candidates.push(`candidate:${i} 1 udp ${2_000_000 - i} 127.0.0.1 ${named.address().port} typ host`);
  }
  const offered = candidates.slice(0, 16).map((candidate) => `a=${candidate}\r\n`);
  const request = { room: 'r', publisher: '1', session: 's', offerSdp: host.offerSdp + offered.join('') };
  expect((await media.publish(request)).ok).toBe(true);
  for (const candidate of candidates.slice(16)) media.addCandidate('s', '0', candidate);
  // The session lasts until it is given up without its client; nothing may be heard until then.
  await until(() => reports.some(({ type }) => type === 'gone'), 60_000);
  expect(heard).toBe(0);
}, 90_000);

test('MEDIA28: the port is held whether anybody uses it or not', async () => {
  const { near, port } = await neighbours();
  await new Promise<void>((resolve) => near.close(() => resolve()));
  holdPort(port, '127.0.0.1');
  for (let round = 0; round < 5; round++) {
    Bun.gc(true);
    // Finalizers of native objects run in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await portTrouble(port, '127.0.0.1')).toContain('Another program has');
}, 30_000);

test('MEDIA28: if the next port is taken, restarted sessions are at another, and that is said', async () => {
  const { near, port } = await neighbours();
  stops.push(() => new Promise<void>((resolve) => near.close(() => resolve())));
  const warnings: unknown[] = [];
  const warn = (message: string, fields?: unknown) => void warnings.push([message, fields]);
  await start(port, { ...quiet, warn });
  expect(warnings).toHaveLength(1);
  expect(JSON.stringify(warnings)).toContain('HOUSECOUNT_MEDIA_UDP_PORT');
  expect(JSON.stringify(warnings)).toContain(`"udpPort":${port},"wanted":${port + 1},"restartPort":`);
}, 30_000);

/** A free port whose neighbour above is taken by the socket. */
async function neighbours(): Promise<{ near: Socket; port: number }> {
  for (;;) {
    const near = createSocket('udp4');
    await new Promise<void>((resolve) => near.bind(0, '127.0.0.1', resolve));
    const port = near.address().port - 1;
    if ((await portTrouble(port, '127.0.0.1')).includes('cannot be opened')) return { near, port };
    near.close();
  }
}

test('MEDIA48: clients over TCP are at the UDP port’s number, and there again after the child was killed', async () => {
  const udpPort = await freeUdpPort();
  const { media, reports } = await start(udpPort);
  expect(media.tcpPort).toBe(udpPort);
  const line = ` 127.0.0.1 ${udpPort} typ host tcptype passive`;
  const answered = async (session: string) => {
    const { offerSdp } = await client('sendonly');
    const answer = await media.publish({ room: 'r', publisher: '1', session, offerSdp });
    return answer.ok && answer.answerSdp;
  };
  expect(await answered('before')).toContain(line);
  const connection = await tcpConnection(udpPort);
  process.kill(media.pid ?? 0, 'SIGKILL');
  await until(() => reports.some((report) => report.type === 'restarted'));
  expect(await answered('after')).toContain(line);
  await until(() => connection.destroyed);
  (await tcpConnection(udpPort)).destroy();
}, 30_000);

test('MEDIA48: if the TCP port is taken the engine goes without, and that is said; with 0 there is none', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  stops.push(() => new Promise<void>((resolve) => taken.close(() => resolve())));
  const warnings: unknown[] = [];
  const warn = (message: string, fields?: unknown) => void warnings.push([message, fields]);
  const udpPort = await freeUdpPort();
  for (const tcpPort of [port, 0]) {
    warnings.splice(0);
    const { media } = await start(udpPort, { ...quiet, warn }, defaultMediaLimits, systemClock(), tcpPort);
    expect(media.tcpPort).toBeUndefined();
    const { offerSdp } = await client('sendonly');
    const answer = await media.publish({ room: 'r', publisher: '1', session: 's', offerSdp });
    expect(answer.ok && answer.answerSdp).not.toContain('tcptype');
    const said = JSON.stringify(warnings);
    expect(said.includes('HOUSECOUNT_MEDIA_TCP_PORT') && said.includes(`"tcpPort":${port}`)).toBe(
      tcpPort > 0,
    );
    await media.stop();
  }
}, 30_000);

function tcpConnection(port: number): Promise<TcpSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
    stops.push(async () => void socket.destroy());
  });
}

test('MEDIA20: an announced address that is none is refused at start', async () => {
  const options = { udpPort: 0, bindAddress: '127.0.0.1', iceServers: [], onReport() {}, logger: quiet };
  const failure = startEmbeddedMedia({ ...options, announcedAddress: 'example.com', clock: systemClock() });
  expect(failure).rejects.toBeInstanceOf(HousecountError);
}, 30_000);

test('MEDIA19: 500 broken offers are refused or answered, and the child lives', async () => {
  const { media } = await start();
  const { pid } = media;
  const host = await client('sendonly');
  const lines = host.offerSdp.split('\r\n');
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  console.log(`offers from seed ${seed} (SEED=${seed} repeats them)`);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const mutate = (): string => {
    const mutated = [...lines];
    for (let changes = 1 + random(3); changes > 0; changes--) {
      const at = random(mutated.length);
      const line = mutated[at] ?? '';
      const kind = random(6);
      if (kind === 0) mutated.splice(at, 1);
      else if (kind === 1) mutated.splice(random(mutated.length), 0, line);
      else if (kind === 2) mutated[at] = line.slice(0, random(line.length + 1));
      else if (kind === 3) mutated[at] = line.replace(/\d+/, String(random(2 ** 31)));
      else if (kind === 4) mutated[at] = line.replace(/[a-z]/, String.fromCharCode(random(256)));
      else mutated[at] = `a=${'x'.repeat(random(3_000))}`;
    }
    return mutated.join('\r\n');
  };
  let refused = 0;
  for (let i = 0; i < 500; i++) {
    const offerSdp = mutate();
    const session = `s${i}`;
    const answer =
      i % 2 === 0
        ? await media.publish({ room: 'r', publisher: '1', session, offerSdp })
        : await media.play({ room: 'r', publisher: '1', session, offerSdp, audio: true, video: true });
    if (!answer.ok) {
      expect(answer.code).toBe('sdp_invalid');
      refused += 1;
    }
    media.addCandidate(session, '0', mutate());
    media.close(session);
  }
  expect(refused).toBeGreaterThan(50);
  expect(media.pid).toBe(pid);
  await stream(media, 'after');
  expect(await media.stats()).toMatchObject({ publishers: 1, players: 1, restarts: 0 });
}, 60_000);

test('MEDIA17: 200 sessions opened and closed leave nothing behind', async () => {
  const { media } = await start();
  const residentMiB = async () =>
    Number((await readFile(`/proc/${media.pid}/statm`, 'utf8')).split(' ')[1]) / 256;
  const session = async (index: number) => {
    const peer = await syntheticPeer({ direction: index % 2 === 0 ? 'sendonly' : 'recvonly' });
    const request = { room: 'r', publisher: '1', session: `s${index}`, offerSdp: peer.offerSdp };
    const answer =
      index % 2 === 0
        ? await media.publish(request)
        : await media.play({ ...request, audio: true, video: true });
    if (!answer.ok) throw new Error(answer.detail);
    await peer.accept(answer.answerSdp);
    media.close(request.session);
    peer.close();
  };
  const sizes: number[] = [];
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 50; i += 5)
      await Promise.all([0, 1, 2, 3, 4].map((step) => session(round * 50 + i + step)));
    sizes.push(Math.round(await residentMiB()));
  }
  console.log(`resident memory of the child after 50, 100, 150, 200 sessions: ${sizes.join(', ')} MiB`);
  expect(await media.stats()).toMatchObject({ publishers: 0, players: 0 });
  // One kept session costs about 0.25 MiB: 150 kept ones would show.
  expect((sizes[3] ?? 0) - (sizes[0] ?? 0)).toBeLessThan(20);
}, 60_000);

test('MEDIA35, WATCH6: the child tells its seconds, the last of a closed session before it answers, and nothing of a killed one', async () => {
  const { media, reports } = await start();
  const told = () => reports.flatMap((report) => (report.type === 'seconds' ? report.sessions : []));
  const ofSession = (session: string) => told().filter((each) => each.session === session);
  await stream(media, 'closed');
  media.close('closed-v');
  await media.stats();
  expect(ofSession('closed-v')).toEqual([{ session: 'closed-v', bits: expect.any(Number), isLast: true }]);
  expect(ofSession('closed-v')[0]?.bits).toBeGreaterThan(0);
  await stream(media, 'killed');
  process.kill(media.pid ?? 0, 'SIGKILL');
  await until(() => reports.some((report) => report.type === 'restarted'));
  await media.stats();
  expect(told().filter(({ session, isLast }) => session.startsWith('killed') && isLast)).toEqual([]);
}, 30_000);

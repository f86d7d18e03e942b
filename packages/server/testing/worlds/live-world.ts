import type { HelloFrame, ServerFrame, WelcomeFrame } from '@housecount/protocol';
import { liveServerFrames } from '@housecount/schema/frames/live-server-frames';
import { liveKey, type OpenChannel } from '../../src/channel/channel.ts';
import type { ChannelChange } from '../../src/channel/decision.ts';
import type { Clock } from '../../src/clock.ts';
import { openEmbeddedLog } from '../../src/engine/embedded/embedded-log.ts';
import { EdgeWords } from '../../src/kicks/edge-words.ts';
import { HeardRules } from '../../src/kicks/heard-rules.ts';
import { type Connections, openConnections } from '../../src/live/connections.ts';
import {
  defaultLiveLimits,
  defaultLiveRosterLimits,
  type LiveLimits,
  type LiveRosterLimits,
} from '../../src/live/live-limits.ts';
import type { SelectStreams } from '../../src/live/requests/streams.ts';
import { FanOut } from '../../src/live/roster/fan-out.ts';
import type { JoinRequest } from '../../src/log/contract/commands.ts';
import type { Log } from '../../src/log/contract/log.ts';
import { openLog } from '../../src/log/open-log.ts';
import type { AppRecord } from '../../src/log/record/record.ts';
import type { Broadcast, Socket } from '../../src/net/socket/socket.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { buildRtcToken, type RtcTokenRequest } from '../../src/token/build.ts';
import type { EdgeApp } from '../../src/token/edge-app.ts';
import { type IceServerSetting, IceServers } from '../../src/token/ice-servers.ts';
import { type LinkClaim, LinkProofs } from '../../src/token/link-proof.ts';
import { SimClock, type SimProcessClock, settle } from '../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { FramesHeld } from '../frames-held.ts';
import { MemorySocket } from './memory-socket.ts';
import { toldOf } from './records.ts';

/** The app of the tests, in a world where everything from the socket to the disk is the real thing, except the socket, the clock and the disk. */
export const testApp: EdgeApp = {
  id: '0123456789abcdef0123456789abcdef',
  certificate: 'fedcba9876543210fedcba9876543210',
  rosterVisibleTo: 'everyone',
  coHostAuthentication: false,
  linkIdentities: true,
  signaling: { debounceMs: 2_000 },
  profiles: [],
};
export const strictApp: EdgeApp = {
  id: 'f'.repeat(32),
  certificate: 'e'.repeat(32),
  rosterVisibleTo: 'broadcasters',
  coHostAuthentication: true,
  linkIdentities: false,
  signaling: { debounceMs: 0 },
  profiles: [{ channels: 'call-*', profile: 'communication' }],
};
const lobbyKey = liveKey(testApp.id, 'lobby');
export const leaseMs = 10_000;
export const recoveryMs = 15_000;

type FrameOf<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>;

/** A client in memory. */
export class TestSocket extends MemorySocket<ServerFrame> {
  /** The only frame of this type so far. */
  one<Type extends ServerFrame['type']>(type: Type): FrameOf<Type> {
    const [frame, ...more] = this.all(type);
    if (!frame || more.length > 0)
      throw new Error(`not one ${type} but: ${JSON.stringify(this.frames)} ${JSON.stringify(this.closed)}`);
    return frame;
  }

  get welcome(): WelcomeFrame {
    return this.one('welcome');
  }
}

export class TestWorld implements Broadcast {
  readonly clock = new SimClock();
  readonly disk = new SimDisk(new SimRandom(3));
  readonly sockets = new Set<TestSocket>();
  readonly resumeSecret = new Uint8Array(32).fill(7);
  readonly linkProofs = new LinkProofs(this.resumeSecret);
  /** Users who are logged in to signaling of the app of the tests, with the ids of their sessions. */
  readonly loggedIn = new Map<string, string>();
  readonly selected: unknown[] = [];
  readonly held = new FramesHeld(liveServerFrames);
  iceServers: IceServerSetting[] = [{ urls: 'stun:192.0.2.9:3478' }];
  published = 0;
  #process: SimProcessClock | undefined;
  #stalledMs = 0;
  #openEdge: () => Connections = () => {
    throw new Error('the world has not started');
  };
  log!: Log;
  words!: EdgeWords;
  /** Makes rules as REST has them made. */
  rules!: HeardRules;
  fanOut!: FanOut;
  connections!: Connections;
  readonly #limits: LiveLimits & LiveRosterLimits;

  constructor(limits: Partial<LiveLimits & LiveRosterLimits> = {}) {
    this.#limits = { ...defaultLiveLimits, ...defaultLiveRosterLimits, ...limits };
  }

  static async start(limits: Partial<LiveLimits & LiveRosterLimits> = {}): Promise<TestWorld> {
    const world = new TestWorld(limits);
    await world.start();
    return world;
  }

  /** Starts the process, for the first time or again. */
  async start(): Promise<void> {
    this.#process = this.clock.process();
    const simulated = this.#process;
    const clock: Clock = {
      nowMs: () => simulated.nowMs() + this.#stalledMs,
      steadyMs: () => simulated.steadyMs() + this.#stalledMs,
      wallMs: () => simulated.wallMs() + this.#stalledMs,
      notBefore: (floorMs) => simulated.notBefore(floorMs - this.#stalledMs),
      after: (delayMs, run) => simulated.after(delayMs, run),
    };
    const logger = createLogger({ level: 'error', format: 'json', sink: { write: () => true } });
    const metrics = createMetrics();
    const random = new SimRandom(5 + this.clock.nowMs());
    const store = await openEmbeddedLog({ disk: this.disk.mount(), logger, clock });
    this.log = await openLog({
      store,
      partition: 'main',
      clock,
      random,
      logger,
      metrics,
      recoveryMs,
      retentionMs: 60_000,
      retentionBytes: Number.MAX_SAFE_INTEGER,
      onFenced: (cause) => {
        throw cause;
      },
    });
    this.log.opened();
    this.words = new EdgeWords(clock);
    this.rules = new HeardRules({ log: this.log, words: this.words });
    const apps = [testApp, strictApp];
    this.fanOut = new FanOut({
      log: this.log,
      apps: apps.map(({ id }) => id),
      broadcast: this,
      clock,
      logger,
      metrics,
      limits: this.#limits,
    });
    const onSelect: SelectStreams = (connectionId, session, kinds) => {
      if (session === 'unknown') return 'not_found';
      this.selected.push({ connectionId, session, ...kinds });
      return undefined;
    };
    this.#openEdge = () =>
      openConnections({
        apps: new Map(apps.map((app) => [app.id, app])),
        log: this.log,
        fanOut: this.fanOut,
        clock,
        random,
        logger,
        // A registry of its own: each of several has the same.
        metrics: createMetrics(),
        resumeSecret: this.resumeSecret,
        leaseMs,
        recoveryMs,
        iceServers: new IceServers(this.iceServers, clock),
        onSelect,
        words: this.words,
        limits: this.#limits,
        signaling: {
          hasSession: (app, userId, session) => app === testApp.id && this.loggedIn.get(userId) === session,
        },
      });
    this.fanOut.start();
    this.connections = this.anotherEdge();
  }

  /** Connections over the same log, that know nothing of the others, as those of another node would. */
  anotherEdge(): Connections {
    const connections = this.#openEdge();
    connections.start();
    return connections;
  }

  /** The time of the process, with its timers. */
  get process(): SimProcessClock {
    if (!this.#process) throw new Error('the world has not started');
    return this.#process;
  }

  /** kill -9: sockets close, timers stop, and what was not on disk is lost. */
  async crash(): Promise<void> {
    this.#process?.kill();
    this.disk.crash('process');
    for (const socket of this.sockets) {
      socket.handler = undefined;
      socket.close(1006, '');
    }
    await settle();
  }

  /** Somebody sets the wall clock of the machine, or it was suspended for as long. */
  step(byMs: number): void {
    this.clock.wallAheadMs += byMs;
  }

  /** The process stands still: time passes, and no timer runs. */
  stall(byMs: number): void {
    this.#stalledMs += byMs;
  }

  publish(topic: string, text: string, except?: Socket): void {
    this.published++;
    for (const socket of this.sockets) if (socket !== except && socket.topics.has(topic)) socket.send(text);
  }

  /** Everything that needs no time to pass has happened; appends need a little. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 4; turn++) await this.clock.advance(1);
  }

  async advance(byMs: number): Promise<void> {
    await this.clock.advance(byMs);
    await this.settled();
  }

  /** A socket that has said nothing yet. */
  connect(address?: string, connections = this.connections): TestSocket {
    const socket = new TestSocket(this, this.sockets, address);
    this.sockets.add(socket);
    const handler = connections.accept(socket);
    if (socket.closed) handler.onClosed();
    else socket.handler = handler;
    return socket;
  }

  /** A socket that has said hello; refused or welcome. */
  async hello(over: Partial<HelloFrame> & { app?: string } = {}, address?: string): Promise<TestSocket> {
    return this.connect(address).says(helloFrame(over));
  }

  /** The proof that the user's session gives for a nonce now; they are logged in from here on. */
  proof(userId: string, nonce: string | undefined, over: Partial<LinkClaim> = {}): string {
    const session = `s-${userId}`;
    this.loggedIn.set(userId, session);
    const claim = { app: testApp.id, userId, session, nonce: nonce ?? '', ...over };
    return this.linkProofs.issue(claim, this.clock.nowMs() + this.#stalledMs);
  }

  /** The channel that tests are about, as the log has it. */
  lobby(): OpenChannel | undefined {
    return this.log.channel(lobbyKey);
  }

  /** A member without a socket joins the lobby: what the log knows is what is told. */
  join(uid: number, more: Partial<JoinRequest> = {}): ReturnType<Log['join']> {
    return this.log.join({
      key: lobbyKey,
      identity: { uid },
      connectionId: `c${uid}`,
      connectionKind: 'rtc',
      role: 'audience',
      platform: 0,
      leaseMs: 1_000_000,
      ip: '192.0.2.1',
      ...more,
    });
  }

  /** Asks something of the lobby. */
  submit(command: Parameters<Log['submit']>[1]): ReturnType<Log['submit']> {
    return this.log.submit(lobbyKey, command);
  }

  /** Everybody with a uid from one to another joins the lobby. */
  async crowd(from: number, to: number): Promise<void> {
    const joins = [];
    for (let uid = from; uid <= to; uid += 1) joins.push(this.join(uid));
    const all = Promise.all(joins);
    await this.advance(20);
    await all;
  }

  /** All that the log holds of channels and apps, from the first; of channels, their changes. */
  async records(): Promise<(ChannelChange | AppRecord)[]> {
    const records: (ChannelChange | AppRecord)[] = [];
    if (this.log.lastPosition === 0) return records;
    const stop = new AbortController();
    for await (const batch of this.log.follow(0, stop.signal)) {
      records.push(...batch.flatMap(({ record }) => toldOf(record)));
      if (batch.at(-1)?.position === this.log.lastPosition) stop.abort();
    }
    return records;
  }

  /** Types of the events, which people are told, and not of the marks. */
  async events(): Promise<string[]> {
    const types = (await this.records()).map(({ type }) => type);
    return types.filter((type) => /^(channel|member|role)-/.test(type));
  }

  async stop(): Promise<void> {
    await this.connections.stop(0);
    await this.fanOut.stop();
    await this.crash();
    this.held.check();
  }
}

/** A hello of an audience member, uid 42, with a token for anybody, unless told otherwise. */
export function helloFrame(over: Partial<HelloFrame> = {}): HelloFrame {
  const hello = { type: 'hello', version: 1, app: testApp.id, channel: 'lobby', ...over } as const;
  const identity = over.uid === undefined && over.account === undefined ? { uid: 42 } : {};
  const app = hello.app === strictApp.id ? strictApp : testApp;
  return { ...hello, ...identity, token: over.token ?? token({ channel: hello.channel, app }) };
}

/** A token of the test's app for anybody, good for a day, unless told otherwise. */
export function token(
  over: Partial<RtcTokenRequest> & { readonly app?: EdgeApp } = {},
  issuedSeconds = 1_700_000_000,
): string {
  const { app = testApp, ...request } = over;
  return buildRtcToken({
    appId: app.id,
    certificate: app.certificate ?? '',
    channel: 'lobby',
    identity: { uid: 0 },
    role: 'broadcaster',
    expireSeconds: 86_400,
    privilegeSeconds: 0,
    issuedSeconds,
    salt: 9,
    ...request,
  });
}

import type { Role, SignalingLogin, SignalingServerFrame } from '@housecount/protocol';
import { signalingServerFrames } from '@housecount/schema/frames/signaling-server-frames';
import { liveKey } from '../../src/channel/channel.ts';
import type { KickingRule } from '../../src/channel/rules.ts';
import type { Clock } from '../../src/clock.ts';
import { openEmbeddedLog } from '../../src/engine/embedded/embedded-log.ts';
import { EdgeWords } from '../../src/kicks/edge-words.ts';
import { HeardRules } from '../../src/kicks/heard-rules.ts';
import { openMessages } from '../../src/ledger/messages/messages.ts';
import type { Asked, JoinRequest } from '../../src/log/contract/commands.ts';
import type { Log } from '../../src/log/contract/log.ts';
import type { RuleDraft } from '../../src/log/contract/rules.ts';
import { openLog } from '../../src/log/open-log.ts';
import type { Broadcast, Socket } from '../../src/net/socket/socket.ts';
import { SocketCount } from '../../src/net/socket/socket-count.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import type { SignalingApp } from '../../src/signaling/names/app.ts';
import { type Signaling, startSignaling } from '../../src/signaling/signaling.ts';
import {
  type AppSignalingLimitsOf,
  defaultSignalingLimits,
  type SignalingLimits,
} from '../../src/signaling/signaling-limits.ts';
import { buildRtcToken, buildSignalingToken } from '../../src/token/build.ts';
import { SimClock, type SimProcessClock, settle } from '../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { FramesHeld } from '../frames-held.ts';
import { MemorySocket } from './memory-socket.ts';

/** The app of the tests, in a world where everything from the socket to the disk is the real thing, except the socket, the clock and the disk. */
export const app: SignalingApp = {
  id: '0123456789abcdef0123456789abcdef',
  certificate: 'fedcba9876543210fedcba9876543210',
  bindSignaling: true,
  linkIdentities: true,
  signaling: { announceMax: 50, intervalMs: 30_000, debounceMs: 2_000, lease: 'server', historyDays: 30 },
};
export const leaseMs = 10_000;
export const recoveryMs = 15_000;

/** What a world has beside the app of the tests, and other than the defaults. */
interface Overrides {
  readonly others?: readonly SignalingApp[];
  readonly limits?: Partial<SignalingLimits>;
  readonly limitsOf?: AppSignalingLimitsOf;
}

type FrameOf<Type extends SignalingServerFrame['type']> = Extract<SignalingServerFrame, { type: Type }>;

/** A client in memory. */
export class TestClient extends MemorySocket<SignalingServerFrame> {
  /** The user that it said it is. */
  userId = '';
  readonly #world: SignalingWorld;
  #id = 0;

  constructor(world: SignalingWorld, address?: string) {
    super(world, world.clients, address);
    this.#world = world;
  }

  /** A request, and its answer. */
  async asks(request: Readonly<Record<string, unknown>>): Promise<FrameOf<'ok'> | FrameOf<'refused'>> {
    this.#id += 1;
    const id = this.#id;
    await this.says({ id, ...request });
    const answer = this.frames.findLast(
      (frame) => (frame.type === 'ok' || frame.type === 'refused') && frame.id === id,
    );
    if (answer?.type === 'ok' || answer?.type === 'refused') return answer;
    throw new Error(`no answer to ${JSON.stringify(request)}: ${JSON.stringify(this.frames.at(-1))}`);
  }

  subscribes(channel: string, over: Readonly<Record<string, unknown>> = {}) {
    return this.asks({ ...subscription(channel), ...over });
  }

  /** Joins a stream channel with a token for it. */
  enters(channel: string, over: Readonly<Record<string, unknown>> = {}) {
    const { withMessage: _, ...rest } = subscription(channel);
    const token = streamTokenOf(this.userId, channel, this.#world.clock.nowMs());
    return this.asks({ ...rest, channelType: 'STREAM', token, ...over });
  }

  /** The presence events of a channel so far, without times. */
  presence(channel = 'lobby') {
    return this.all('presence').flatMap((frame) => (frame.channel === channel ? [frame.event] : []));
  }

  /** The presence events since the last call. */
  news(channel = 'lobby') {
    const news = this.presence(channel).slice(this.#seen);
    this.#seen += news.length;
    return news;
  }
  #seen = 0;

  get welcome(): FrameOf<'welcome'> {
    const [frame] = this.all('welcome');
    if (!frame) throw new Error(`not welcome: ${JSON.stringify(this.frames)}`);
    return frame;
  }

  get closing(): FrameOf<'closing'> | undefined {
    return this.all('closing')[0];
  }
}

export class SignalingWorld implements Broadcast {
  readonly clock = new SimClock();
  readonly disk = new SimDisk(new SimRandom(3));
  readonly clients = new Set<TestClient>();
  readonly held = new FramesHeld(signalingServerFrames);
  readonly #app: SignalingApp;
  #ending = new AbortController();
  #process: SimProcessClock | undefined;
  published = 0;
  log!: Log;
  /** Makes rules as REST has them made. */
  rules!: HeardRules;
  signaling!: Signaling;

  private constructor(
    changes: Partial<SignalingApp>,
    readonly isTokenFree: boolean,
    readonly over: Overrides,
  ) {
    this.#app = { ...app, ...changes };
  }

  static async start(
    changes: Partial<SignalingApp> = {},
    isTokenFree = false,
    over: Overrides = {},
  ): Promise<SignalingWorld> {
    const world = new SignalingWorld(changes, isTokenFree, over);
    await world.start();
    return world;
  }

  /** Starts the process, for the first time or again. */
  async start(): Promise<void> {
    this.#process = this.clock.process();
    const clock: Clock = this.#process;
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
    const words = new EdgeWords(clock);
    this.rules = new HeardRules({ log: this.log, words });
    this.#ending = new AbortController();
    const kept = openMessages({
      path: ':memory:',
      log: this.log,
      clock,
      logger,
      daysOf: new Map([[this.#app.id, this.#app.signaling.historyDays]]),
      signal: this.#ending.signal,
    });
    this.signaling = startSignaling({
      apps: new Map([this.#app, ...(this.over.others ?? [])].map((one) => [one.id, one])),
      ...(this.over.limits && { limits: { ...defaultSignalingLimits, ...this.over.limits } }),
      ...(this.over.limitsOf && { limitsOf: this.over.limitsOf }),
      log: this.log,
      kept,
      clock,
      random,
      logger,
      metrics,
      broadcast: this,
      sockets: new SocketCount(),
      words,
      secret: new Uint8Array(32).fill(7),
      leaseMs,
      recoveryMs,
      isTokenFree: this.isTokenFree,
    });
  }

  /** The time of the process, with its timers. */
  get process(): SimProcessClock {
    if (!this.#process) throw new Error('the world has not started');
    return this.#process;
  }

  /** kill -9: sockets close, timers stop, and what was not on disk is lost. */
  async crash(): Promise<void> {
    this.#process?.kill();
    this.#ending.abort();
    this.disk.crash('process');
    for (const client of this.clients) {
      client.handler = undefined;
      client.close(1006, '');
    }
    await settle();
  }

  publish(topic: string, text: string, except?: Socket): void {
    this.published += 1;
    for (const client of this.clients) if (client !== except && client.topics.has(topic)) client.send(text);
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
  connect(address?: string): TestClient {
    const client = new TestClient(this, address);
    this.clients.add(client);
    const handler = this.signaling.accept(client);
    if (client.closed) handler.onClosed();
    else client.handler = handler;
    return client;
  }

  /** A client that has said login; refused or welcome. */
  async login(userId: string, over: Partial<SignalingLogin> = {}): Promise<TestClient> {
    const client = this.connect();
    client.userId = userId;
    return client.says(loginFrame(userId, this.clock.nowMs(), over));
  }

  /** A member of the live channel. */
  async joins(
    identity: JoinRequest['identity'],
    {
      channel = 'lobby',
      role = 'audience',
      ...link
    }: { readonly channel?: string; readonly role?: Role } & Pick<
      JoinRequest,
      'userId' | 'linkAwaited' | 'unproven'
    > = {},
  ): Promise<{
    /** Its uid. */
    readonly uid: number;
    leaves(): Promise<void>;
    falls(silentMs?: number): Promise<void>;
    becomes(role: Role): Promise<void>;
    /** Its page proved that it is this user, or (undefined) says that it is none. */
    links(userId?: string): Promise<void>;
  }> {
    const connectionId = `rtc of ${JSON.stringify(identity)} at ${this.clock.nowMs()}`;
    const outcome = await this.#durable(
      this.log.join({
        key: liveKey(this.#app.id, channel),
        identity,
        connectionId,
        connectionKind: 'rtc',
        role,
        platform: 7,
        leaseMs,
        ip: '192.0.2.2',
        ...link,
      }),
    );
    if (!outcome.ok) throw new Error(outcome.code);
    const submit = async (command: Asked) => {
      await this.#durable(this.log.submit(liveKey(this.#app.id, channel), command));
    };
    return {
      uid: outcome.member.uid,
      leaves: () => submit({ type: 'leave', connectionId, evidence: 'bye' }),
      falls: () =>
        submit({
          type: 'silent',
          connectionId,
          silentMs: 0,
          evidence: 'socket-closed',
        }),
      becomes: (next) => submit({ type: 'set-role', connectionId, role: next }),
      links: (userId) => submit({ type: 'link', connectionId, ...(userId !== undefined && { userId }) }),
    };
  }

  /** A kicking rule of the app, recorded, and heeded by everybody. */
  async makesRule(draft: Omit<RuleDraft, 'app'>, durationMs: number): Promise<KickingRule> {
    const outcome = await this.#durable(this.rules.createRule({ app: this.#app.id, ...draft }, durationMs));
    if (!outcome.ok) throw new Error(outcome.code);
    await this.settled();
    return outcome.rule;
  }

  /** User ids of those who subscribe, as the log has it. */
  subscribers(channel = 'lobby'): string[] {
    const open = this.log.channel({ app: this.#app.id, kind: 'message', name: channel });
    return Array.from(open?.roster ?? [], ({ uid, account }) => account ?? String(uid));
  }

  async stop(): Promise<void> {
    await this.signaling.stop(0);
    await this.crash();
    this.held.check();
  }

  async #durable<T>(promise: Promise<T>): Promise<T> {
    await this.settled();
    return promise;
  }
}

export function loginFrame(
  userId: string,
  nowMs: number,
  over: Partial<SignalingLogin> = {},
): SignalingLogin {
  return {
    type: 'login',
    version: 1,
    app: app.id,
    userId,
    token: tokenOf(userId, nowMs),
    heartbeatInterval: 5,
    presenceTimeout: 300,
    ...over,
  };
}

/** A token for this user, good for a day unless told otherwise. */
export const tokenOf = (userId: string, nowMs: number, expireSeconds = 86_400): string =>
  buildSignalingToken({
    appId: app.id,
    certificate: app.certificate ?? '',
    userId,
    expireSeconds,
    issuedSeconds: Math.floor(nowMs / 1000),
    salt: 9,
  });

/** A token for this user in this stream channel, good for a day unless told otherwise. */
export const streamTokenOf = (
  userId: string,
  channel: string,
  nowMs: number,
  expireSeconds = 86_400,
): string =>
  buildRtcToken({
    appId: app.id,
    certificate: app.certificate ?? '',
    channel,
    identity: { account: userId },
    role: 'audience',
    expireSeconds,
    issuedSeconds: Math.floor(nowMs / 1000),
    salt: 9,
  });

export const subscription = (channel: string) => ({
  type: 'subscribe',
  channelType: 'MESSAGE',
  channel,
  withMessage: true,
  withPresence: true,
  withMetadata: false,
  withLock: false,
  beQuiet: false,
});

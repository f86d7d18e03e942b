import type { AgoraNotice } from '@housecount/protocol';
import { noticeTypeNumbers } from '@housecount/protocol';
import { keptFiles } from '../../src/kept/files/kept-files.ts';
import type { Notify } from '../../src/notify/contract.ts';
import type { Endpoint } from '../../src/notify/endpoint/endpoint.ts';
import { type NotifyOptions, startNotify } from '../../src/notify/notify.ts';
import { retentionCheckMs } from '../../src/notify/retention/retention.ts';
import type { SendOutcome, SendRequest } from '../../src/notify/send/transport.ts';
import type { Logger, Metrics } from '../../src/observe/contract.ts';
import { SimClock, type SimProcessClock } from '../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { appForTests, LogForTests } from './notify-log.ts';

/** One attempt as the receiver's side of the test saw it. */
export interface Sent {
  readonly request: SendRequest;
  readonly notice: AgoraNotice;
  readonly atMs: number;
  /** 1 for the first attempt of this notice at this URL. */
  readonly copy: number;
}

export type Answering = (sent: Sent) => SendOutcome | Promise<SendOutcome>;

export const answered = (status: number): SendOutcome => ({ answered: true, status, excerpt: '' });

export const endpointForTests = (name: string, changes: Partial<Endpoint> = {}): Endpoint => ({
  id: name,
  app: appForTests,
  url: `https://${name}.example/notices`,
  description: '',
  secrets: [{ secret: `secret of ${name}` }],
  channels: [],
  format: 'agora' as const,
  retry: 'agora' as const,
  redeliverGivenUp: false,
  headers: {},
  events: noticeTypeNumbers,
  allowPrivateNetwork: false,
  ...changes,
});

/** Delivery over simulated time and disk, and a receiver that is a function. It may be crashed and started again. */
export class NotifyWorld {
  readonly clock = new SimClock();
  readonly random: SimRandom;
  readonly disk: SimDisk;
  readonly log = new LogForTests();
  readonly sent: Sent[] = [];
  /** Warnings and errors, in order. */
  readonly complaints: string[] = [];
  answering: Answering = () => answered(200);
  #process: SimProcessClock | undefined;
  readonly #copies = new Map<string, number>();

  constructor(seed = 1) {
    this.random = new SimRandom(seed);
    this.disk = new SimDisk(this.random.fork());
  }

  start(
    endpoints: readonly Endpoint[] = [endpointForTests('good')],
    more: Partial<NotifyOptions> = {},
  ): Promise<Notify> {
    const process = this.clock.process();
    this.#process = process;
    return startNotify({
      log: this.log,
      kept: keptFiles(this.disk.mount(process)),
      clock: process,
      random: this.random,
      logger: quietLogger((message) => this.complaints.push(message)),
      metrics: quietMetrics,
      send: (request) => this.#send(request, process),
      endpoints,
      retention: { ms: 7 * 24 * 3_600_000, bytes: 1e9, bytesPerApp: 0, checkMs: retentionCheckMs },
      communicationEventsOf: () => '107/108',
      inspectorSecretOf: (app) => `inspector of ${app}`,
      ...more,
    });
  }

  /** Sends as the running process does. */
  receive(request: SendRequest): Promise<SendOutcome> {
    if (!this.#process) throw new Error('nothing runs');
    return this.#send(request, this.#process);
  }

  /** Ends the process with no chance to write anything. */
  crash(kind: 'process' | 'power' = 'process'): void {
    this.#process?.kill();
    this.disk.crash(kind);
  }

  /** The requests that came to an endpoint, in order, copies included. */
  at(name: string): Sent[] {
    return this.sent.filter(({ request }) => request.url.includes(`//${name}.`));
  }

  async #send(request: SendRequest, process: SimProcessClock): Promise<SendOutcome> {
    // The dead send nothing.
    if (!process.alive) return new Promise(() => undefined);
    const notice = JSON.parse(request.body) as AgoraNotice;
    const key = `${request.url} ${request.headers['webhook-id'] ?? notice.noticeId}`;
    const copy = (this.#copies.get(key) ?? 0) + 1;
    this.#copies.set(key, copy);
    const sent: Sent = { request, notice, atMs: this.clock.nowMs(), copy };
    this.sent.push(sent);
    const stopped = new Promise<SendOutcome>((resolve) => {
      const end = () => resolve({ answered: false, stage: 'answer-timeout', detail: 'stopped' });
      if (request.signal.aborted) end();
      else request.signal.addEventListener('abort', end);
    });
    const outcome = await Promise.race([this.answering(sent), stopped]);
    return process.alive ? outcome : new Promise(() => undefined);
  }
}

/** A logger that keeps warnings and errors only, and those where it is told. */
export function quietLogger(complain: (message: string) => void): Logger {
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: complain,
    error: complain,
    with: () => logger,
  };
  return logger;
}

/** Metrics that nobody reads. */
export const quietMetrics: Metrics = {
  counter: () => ({ add: () => undefined }),
  histogram: () => ({ observe: () => undefined }),
  gauge: () => undefined,
  total: () => undefined,
};

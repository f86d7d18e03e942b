import { type Child, startChild } from '../child.ts';
import { percentile } from '../figure.ts';
import { cpuMs } from '../server-load.ts';
import type { FanoutServer, Publisher } from './service.ts';
import type { SubscribersCalls } from './subscribers-process.ts';

/** The deliveries of a period. */
export interface Delivered {
  readonly messages: number;
  /** Messages times subscribers who got them, each second. */
  readonly perSecond: number;
  /** The same for each second that the server's process used a core. */
  readonly perCpuSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A message of about this many characters, with the time at which it is published. */
const messageLength = 120;
/** The number of publishers that take turns: one alone may send 60 messages a second, and put 64 MiB a second on others' connections. */
const publisherCountDefault = 8;

/** Everybody who subscribes at one server, and those who publish there. */
export class Fleet {
  readonly server: FanoutServer;
  readonly size: number;
  readonly #process: Child<SubscribersCalls>;
  readonly #publishers: Publisher[] = [];
  /** The number of subscribers that read nothing; their deliveries are not counted. */
  #silent = 0;

  private constructor(server: FanoutServer, process: Child<SubscribersCalls>, size: number) {
    this.server = server;
    this.#process = process;
    this.size = size;
  }

  static async open(server: FanoutServer, size: number): Promise<Fleet> {
    const process = startChild<SubscribersCalls>(new URL('./subscribers-process.ts', import.meta.url));
    const { service, port } = server;
    await process.call('open', { service, port, count: size, first: 0 });
    return new Fleet(server, process, size);
  }

  async publishers(count: number): Promise<readonly Publisher[]> {
    while (this.#publishers.length < count)
      this.#publishers.push(await this.server.openPublisher(`publisher ${this.#publishers.length}`));
    return this.#publishers.slice(0, count);
  }

  /** The first `count` read nothing from now on. */
  async silence(count: number): Promise<void> {
    await this.#process.call('setReading', { count, isReading: false });
    this.#silent = count;
  }

  /** Publishes as many messages as can be: the next as soon as all but `window` of them have been delivered to all. */
  async flatOut(seconds: number, window: number): Promise<Delivered> {
    const publishers = await this.publishers(publisherCountDefault);
    return this.#measure(async (arrived) => {
      const endMs = performance.now() + seconds * 1000;
      const open = new Publications();
      while (performance.now() < endMs) {
        const room = window - open.count + Math.floor((await arrived()) / this.#readers);
        for (let left = room; left > 0; left--) open.publish(publishers);
        await Bun.sleep(1);
      }
      return open.done();
    });
  }

  /** Messages at a steady rate. */
  async steady(
    perSecond: number,
    seconds: number,
    publisherCount = publisherCountDefault,
  ): Promise<Delivered> {
    const publishers = await this.publishers(publisherCount);
    return this.#measure(async () => {
      const startedMs = performance.now();
      const open = new Publications();
      const count = Math.round(perSecond * seconds);
      for (let index = 0; index < count; index++) {
        const waitMs = startedMs + (index * 1000) / perSecond - performance.now();
        if (waitMs > 0.5) await Bun.sleep(waitMs);
        open.publish(publishers);
      }
      return open.done();
    });
  }

  async close(): Promise<void> {
    for (const publisher of this.#publishers) publisher.close();
    await this.#process.call('close', {});
    await this.#process.end();
  }

  get #readers(): number {
    return this.size - this.#silent;
  }

  async #measure(run: (arrived: () => Promise<number>) => Promise<number>): Promise<Delivered> {
    await this.#process.call('delays', {});
    const before = (await this.#process.call('counts', {})).received;
    const arrived = async () => (await this.#process.call('counts', {})).received - before;
    const cpuBefore = cpuMs(this.server.pid);
    const startedMs = performance.now();
    const messages = await run(arrived);
    const deadlineMs = performance.now() + 60_000;
    while ((await arrived()) < messages * this.#readers) {
      if (performance.now() > deadlineMs)
        throw new Error(`${await arrived()} of ${messages * this.#readers} messages arrived`);
      await Bun.sleep(2);
    }
    const seconds = (performance.now() - startedMs) / 1000;
    const cpuSeconds = (cpuMs(this.server.pid) - cpuBefore) / 1000;
    const delays = await this.#process.call('delays', {});
    const deliveries = messages * this.#readers;
    return {
      messages,
      perSecond: deliveries / seconds,
      perCpuSecond: deliveries / cpuSeconds,
      p50Ms: percentile(delays, 0.5),
      p99Ms: percentile(delays, 0.99),
    };
  }
}

/** Messages being published. */
class Publications {
  count = 0;
  readonly #open = new Set<Promise<void>>();
  #failure: unknown;

  /** Publishes a message from the next of the publishers. */
  publish(publishers: readonly Publisher[]): void {
    const publisher = publishers[this.count % publishers.length];
    this.count += 1;
    const publishing = publisher?.publish(messageOf()).then(
      () => undefined,
      (error: unknown) => {
        this.#failure ??= error;
      },
    );
    if (!publishing) return;
    this.#open.add(publishing);
    void publishing.then(() => this.#open.delete(publishing));
  }

  /** Resolves with how many there were when the server has taken them all; rejects if it has not. */
  async done(): Promise<number> {
    await Promise.all(this.#open);
    if (this.#failure !== undefined) throw this.#failure;
    return this.count;
  }
}

function messageOf(): string {
  const sentMs = performance.timeOrigin + performance.now();
  return `at ${sentMs.toFixed(3)} ms `.padEnd(messageLength, '.');
}

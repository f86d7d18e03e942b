import type { RosterViewRequest } from '@housecount/protocol';
import { Client, tokenFor } from '../../packages/server/testing/clients/client.ts';
import { startServerProcess, testApp } from '../../packages/server/testing/processes/server-process.ts';
import { numbers } from '../arguments.ts';
import { type Bench, type Figure, figure } from '../figure.ts';
import { cpuPerSecond, joinMany } from '../server-load.ts';

const channel = 'bench';

interface Kind {
  readonly name: string;
  readonly view?: RosterViewRequest;
  /** Few of those that cost much, many of those that cost little: so that what they cost stands out from the churn's own. */
  readonly subscribers: number;
}

interface Measured {
  /** Bytes of the snapshot that each subscriber begins with. */
  readonly startBytes: number;
  /** Bytes of the deltas after that, for each subscriber and second. */
  readonly bytes: number;
  /** CPU of the server per second with the subscribers, less that of the churn alone right before, milliseconds. */
  readonly serverMs: number;
  /** The latter. */
  readonly aloneMs: number;
}

/** The cost of following a large roster whole, as its first fifty, and as the counts alone. */
export const rosterViews: Bench = {
  summary: 'bytes and server CPU per subscriber of a large roster: all of it, the first 50, the counts',
  async run(args) {
    const given = numbers(args, {
      members: 19_000,
      churn: 200,
      for: 5,
      rounds: 4,
      many: 4_000,
      few: 50,
    });
    const { members, churn: eventsPerSecond, for: seconds, rounds, many, few } = given;
    const kinds: readonly Kind[] = [
      { name: 'count', view: { count: true }, subscribers: many },
      { name: 'first-50', view: { first: 50 }, subscribers: many },
      { name: 'all', subscribers: few },
    ];
    const server = await startServerProcess({}, { HOUSECOUNT_LOG_LEVEL: 'error' });
    try {
      const base = { url: server.url, channel };
      const { clients } = await joinMany({ base, count: members - many, perSecond: 0 });
      const subscribers = await joinSubscribers(server.url, many);
      console.log(
        `${clients.length + subscribers.length} members, ${eventsPerSecond} joins and leaves a second`,
      );
      const churn = new Churn(base, clients, eventsPerSecond);
      await pause(2_000);
      const measured = new Map<Kind, Measured[]>(kinds.map((kind) => [kind, []]));
      for (let round = 1; round <= rounds; round++)
        for (const kind of kinds) {
          const once = await measure(kind, { subscribers, seconds, pid: server.pid });
          measured.get(kind)?.push(once);
          console.log(`${kind.subscribers} × ${kind.name}: ${once.serverMs.toFixed(0)} ms/s of CPU`);
        }
      await churn.stop();
      for (const client of clients) client.drop();
      for (const one of subscribers) one.drop();
      return figuresOf(
        kinds.map((kind) => costOf(kind, measured.get(kind) ?? [])),
        {
          members,
          eventsPerSecond,
          seconds,
          rounds,
        },
      );
    } finally {
      await server.close();
    }
  },
};

/** Members of the channel that follow nothing yet, a hundred joins at a time. */
async function joinSubscribers(url: string, count: number): Promise<Subscriber[]> {
  const subscribers: Subscriber[] = [];
  for (let index = 0; index < count; index += 100)
    subscribers.push(
      ...(await Promise.all(
        Array.from({ length: 100 }, (_, each) => Subscriber.join(url, 1_000_000 + index + each)),
      )),
    );
  return subscribers;
}

interface Among {
  readonly subscribers: readonly Subscriber[];
  readonly seconds: number;
  /** The server's process. */
  readonly pid: number;
}

/** One round of a kind: the churn alone, then with the subscribers. */
async function measure(
  { view, subscribers: count }: Kind,
  { subscribers, seconds, pid }: Among,
): Promise<Measured> {
  const some = subscribers.slice(0, count);
  const aloneMs = await cpuPerSecond(pid, seconds);
  // Whole rosters one after the other: a hundred at once would be another measurement.
  await eachOf(some, view ? 50 : 1, (one) => one.follow(view));
  await pause(1_000);
  const startBytes = sum(some.map((one) => one.startBytes)) / count;
  for (const one of some) one.bytes = 0;
  const serverMs = (await cpuPerSecond(pid, seconds)) - aloneMs;
  const bytes = sum(some.map((one) => one.bytes)) / count / seconds;
  await eachOf(some, 50, (one) => one.stop());
  await pause(500);
  return { startBytes, bytes, serverMs, aloneMs };
}

interface Cost {
  readonly name: string;
  readonly count: number;
  readonly startBytes: number;
  readonly bytes: number;
  /** CPU time of the server for each subscriber and second. */
  readonly cpuMicroseconds: number;
  readonly aloneMs: number;
}

/** The cost of one subscriber of a kind: the mean of its rounds. */
function costOf({ name, subscribers: count }: Kind, rounds: readonly Measured[]): Cost {
  const mean = (field: keyof Measured) => sum(rounds.map((once) => once[field])) / rounds.length;
  const startBytes = mean('startBytes');
  const bytes = mean('bytes');
  const cpuMicroseconds = (mean('serverMs') * 1_000) / count;
  console.log(
    `${name}: ${startBytes.toFixed(0)} B at the start, ${bytes.toFixed(0)} B/s, ` +
      `${cpuMicroseconds.toFixed(1)} µs of CPU per second each`,
  );
  return { name, count, startBytes, bytes, cpuMicroseconds, aloneMs: mean('aloneMs') };
}

function figuresOf(costs: readonly Cost[], params: Readonly<Record<string, number>>): Figure[] {
  const alone = sum(costs.map(({ aloneMs }) => aloneMs)) / costs.length;
  const all = costs.find(({ name }) => name === 'all');
  return [
    figure('server-cpu-of-the-churn-alone', alone, 'ms/s', params),
    ...costs.flatMap(({ name, count, startBytes, bytes, cpuMicroseconds }) => [
      figure(`${name}-bytes-at-start`, startBytes, 'B', { ...params, subscribers: count }),
      figure(`${name}-bytes-per-second`, bytes, 'B/s', { ...params, subscribers: count }),
      figure(`${name}-server-cpu-per-second`, cpuMicroseconds, 'µs/s', { ...params, subscribers: count }),
    ]),
    ...costs
      .filter(({ name }) => name !== 'all')
      .flatMap(({ name, bytes, cpuMicroseconds }) => [
        figure(`all-to-${name}-bytes`, (all?.bytes ?? Number.NaN) / bytes, 'times', params),
        figure(
          `all-to-${name}-server-cpu`,
          (all?.cpuMicroseconds ?? Number.NaN) / cpuMicroseconds,
          'times',
          params,
        ),
      ]),
  ];
}

/** Members come and go at a steady rate: one of all leaves, wherever it stands in the roster, and another joins. */
class Churn {
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #pending = new Set<Promise<void>>();
  #nextUid = 2_000_000;
  #failure: unknown;

  constructor(base: { url: string; channel: string }, clients: Client[], eventsPerSecond: number) {
    const startedMs = performance.now();
    let done = 0;
    const exchange = async (): Promise<void> => {
      const index = Math.floor(Math.random() * clients.length);
      const [leaving] = clients.splice(index, 1);
      await leaving?.leave();
      clients.push(await Client.join({ ...base, uid: this.#nextUid++ }));
    };
    this.#timer = setInterval(() => {
      const due = ((performance.now() - startedMs) / 1_000) * (eventsPerSecond / 2);
      for (; done < due; done++) {
        const pending = exchange()
          .catch((error: unknown) => {
            this.#failure ??= error;
          })
          .finally(() => this.#pending.delete(pending));
        this.#pending.add(pending);
      }
    }, 5);
  }

  /** Resolves when all who were to come are there; rejects if one could not. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** A member that counts the bytes it is sent, and reads no more of them than it must. */
class Subscriber {
  bytes = 0;
  startBytes = 0;
  readonly #socket: WebSocket;
  #waiting: { readonly for: (text: string) => boolean; readonly resolve: () => void } | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const text = String(data);
      // Nearly all is ASCII here, so characters are bytes.
      this.bytes += text.length;
      if (!this.#waiting?.for(text)) return;
      this.#waiting.resolve();
      this.#waiting = undefined;
    };
  }

  static async join(url: string, uid: number): Promise<Subscriber> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/connect`);
    const subscriber = new Subscriber(socket);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const token = tokenFor(channel, { uid });
    await subscriber.#ask({ type: 'hello', version: 1, app: testApp.id, channel, uid, token }, (text) =>
      text.startsWith('{"type":"welcome"'),
    );
    return subscriber;
  }

  /** Resolves when all that it begins with is there. */
  async follow(view?: RosterViewRequest): Promise<void> {
    this.bytes = 0;
    await this.#ask({ type: 'subscribe-roster', id: 1, ...(view && { view }) }, (text) =>
      view ? /^\{"type":"roster-(count|window)"/.test(text) : text.endsWith('"last":true}'),
    );
    this.startBytes = this.bytes;
  }

  stop(): Promise<void> {
    return this.#ask({ type: 'unsubscribe-roster', id: 2 }, (text) => text === '{"type":"ok","id":2}');
  }

  drop(): void {
    this.#socket.close();
  }

  #ask(frame: object, answered: (text: string) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { for: answered, resolve };
      this.#socket.send(JSON.stringify(frame));
    });
  }
}

/** Does something with each, `together` at a time. */
async function eachOf<T>(
  list: readonly T[],
  together: number,
  run: (one: T) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < list.length; start += together)
    await Promise.all(list.slice(start, start + together).map(run));
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

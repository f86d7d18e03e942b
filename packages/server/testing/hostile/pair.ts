import { readFile } from 'node:fs/promises';
import type { ServerProcess } from '../processes/server-process.ts';
import type { PairCommand, PairReport } from './pair-worker.ts';

/** Time for which the pair is watched in peace, milliseconds. */
const peaceMs = 500;
/**
 * A message before which the server did more than so many times what it did in peace, and this many milliseconds of processor time, was
 * held up. Generous: while the reader waits for its core, the server goes on with the attack.
 */
const slower = { times: 50, ms: 250 };
/**
 * A message that comes after more answers than this to pings, each sent after the one before was answered, waited for something
 * while the server had time for others. Generous: the two go by sockets of their own, which may be served in any order.
 */
const answersMax = 8;
/** Most that the server's memory may grow by over one attack, bytes. Generous: garbage is collected late. */
const growthBytesMax = 192 * 1024 * 1024;

/** Longer than a client can be starved by an attack on a busy machine, so that none is lost. Of use where nothing waits for a lease's end. */
export const longLeases = { rtcMs: 120_000, signalingMs: 120_000, recoveryMs: 120_000 };

/** Two users who behave, on a server that is attacked: one publishes numbered messages all the time, the other counts what comes. */
export class Pair {
  readonly #server: ServerProcess;
  readonly #worker = new Worker(new URL('./pair-worker.ts', import.meta.url).href);

  private constructor(server: ServerProcess) {
    this.#server = server;
  }

  static async begin(server: ServerProcess): Promise<Pair> {
    const pair = new Pair(server);
    await pair.#asks({ type: 'log in', url: server.url, serverPid: server.pid });
    return pair;
  }

  /** Attacks, while the pair goes on: nothing was lost, refused or held up, and the server's memory has not grown out of bounds. */
  async whileAttacked(attack: () => Promise<unknown>): Promise<void> {
    await this.#asks({ type: 'begin' });
    await new Promise((resolve) => setTimeout(resolve, peaceMs));
    const peace = await this.#asks({ type: 'end' });
    const before = await residentBytes(this.#server.pid);
    await attack();
    const attacked = await this.#asks({ type: 'end' });
    if (attacked.medianMs > slower.times * peace.medianMs + slower.ms)
      throw new Error(
        `the server worked ${attacked.medianMs} ms before a message under attack, ${peace.medianMs} ms in peace`,
      );
    if (attacked.answersMost > answersMax)
      throw new Error(
        `a message waited under attack while the server answered ${attacked.answersMost} pings`,
      );
    const grown = (await residentBytes(this.#server.pid)) - before;
    if (grown > growthBytesMax) throw new Error(`the server grew by ${grown} bytes`);
  }

  close(): void {
    this.#worker.terminate();
  }

  #asks(command: PairCommand): Promise<{ readonly medianMs: number; readonly answersMost: number }> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }: MessageEvent<PairReport>) => {
        const { wrong, medianMs = 0, answersMost = 0 } = data;
        if (wrong === undefined) resolve({ medianMs, answersMost });
        else reject(new Error(`the pair: ${wrong}`));
      };
      this.#worker.onerror = (event) => reject(new Error(`the pair: ${event.message}`));
      this.#worker.postMessage(command);
    });
  }
}

async function residentBytes(pid: number): Promise<number> {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

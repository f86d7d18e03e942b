import type { LostRange } from '@housecount/protocol';
import { agoraWebhook, standardBatch, standardWebhook } from '@housecount/schema';
import { type Endpoint, noticeFormats } from '../../src/notify/endpoint/endpoint.ts';
import type { Send, SendOutcome, SendRequest } from '../../src/notify/send/transport.ts';
import { FieldsSeen } from '../../testing/fields-seen.ts';
import type { SimProcessClock } from './sim-clock.ts';
import { app } from './sim-op.ts';
import type { SimRandom } from './sim-random.ts';
import { type Told, toldBy } from './told.ts';

const shapes = { agora: agoraWebhook, standard: standardWebhook, batch: standardBatch } as const;

/** A customer's server: keeps every notice that reaches it, and answers, fails, hangs or breaks off as it likes. */
export class SimReceiver {
  readonly endpoint: Endpoint;
  /** Everything that arrived, copies too, in order of arrival. */
  readonly received: Told[] = [];
  /** The events that it was told it would not get. */
  readonly lost: LostRange[] = [];
  /** Parts of what arrived that are not as the shape of the format says. */
  readonly misfits: string[] = [];
  /** Share of attempts that do not end in a plain 200. */
  trouble = 0.1;
  readonly #time: SimProcessClock;
  readonly #random: SimRandom;
  readonly #shape: FieldsSeen;

  /** `variant`, 0 … 5, decides format and retry plan. */
  constructor(id: string, time: SimProcessClock, random: SimRandom, variant: number) {
    this.#time = time;
    this.#random = random;
    this.endpoint = {
      id,
      app,
      url: `https://${id}.example/ncsNotify`,
      description: '',
      secrets: [{ secret: 'secret' }],
      channels: [],
      format: noticeFormats[variant % 3] ?? 'agora',
      // Spent within seconds in either, so that there are notices given up.
      retry: variant < 3 ? 'agora' : { gapsMs: [100, 1_000, 3_000] },
      redeliverGivenUp: false,
      headers: {},
      events: [101, 102, 103, 104, 105, 106, 107, 108, 111, 112],
      allowPrivateNetwork: false,
    };
    this.#shape = new FieldsSeen(shapes[this.endpoint.format]);
  }

  /** Sending for one process: what it sent arrives though it dies; the answer then reaches nobody. */
  sendOf(process: SimProcessClock): Send {
    return (request) =>
      new Promise((resolve) => {
        const settle = (outcome: SendOutcome): void => {
          if (process.alive) resolve(outcome);
        };
        if (!process.alive) return;
        request.signal.addEventListener('abort', () => settle(failed('send', 'aborted')), { once: true });
        this.#time.after(this.#random.between(1, 20), () => this.#arrive(request, settle));
      });
  }

  #arrive(request: SendRequest, settle: (outcome: SendOutcome) => void): void {
    const backMs = this.#random.between(1, 20);
    const how = this.#random.chance(this.trouble)
      ? this.#random.pick(['refuse', 'error', 'late error', 'hang', 'late hang', 'break'] as const)
      : 'ok';
    if (how !== 'refuse' && how !== 'error' && how !== 'hang') this.#keep(request.body);
    const delayMs = how === 'hang' || how === 'late hang' ? request.timeoutMs : backMs;
    const outcome = this.#outcome(how);
    this.#time.after(delayMs, () => settle(outcome));
  }

  #outcome(how: 'ok' | 'refuse' | 'error' | 'late error' | 'hang' | 'late hang' | 'break'): SendOutcome {
    if (how === 'ok') return { answered: true, status: 200, excerpt: '' };
    if (how === 'refuse') return failed('connect', 'refused');
    if (how === 'break') return failed('answer', 'closed');
    if (how === 'hang' || how === 'late hang') return failed('answer-timeout', '');
    return { answered: true, status: this.#random.pick([500, 503, 404]), excerpt: '' };
  }

  #keep(body: string): void {
    this.misfits.push(...this.#shape.misfits(JSON.parse(body)));
    const { notices, lost } = toldBy(body, this.endpoint.format);
    this.received.push(...notices);
    this.lost.push(...lost);
  }
}

type Stage = Extract<SendOutcome, { answered: false }>['stage'];
const failed = (stage: Stage, detail: string): SendOutcome => ({ answered: false, stage, detail });

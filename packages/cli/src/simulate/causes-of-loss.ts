import { whyUnreached } from '../server/unreached.ts';
import { welcomeMs } from './viewer.ts';

/** Different causes that are kept apart; what comes after them is one more. Chosen: a network has few. */
const causesMax = 16;
const other = 'other causes';

/** Why connections could not be made, counted by cause. */
export class CausesOfLoss {
  readonly #causes = new Map<string, { readonly cause: unknown; attempts: number }>();

  add(cause: unknown): void {
    const key = keyOf(cause);
    const known = this.#causes.get(key);
    if (known) known.attempts += 1;
    else if (this.#causes.size < causesMax) this.#causes.set(key, { cause, attempts: 1 });
    else this.#causes.set(other, { cause: other, attempts: (this.#causes.get(other)?.attempts ?? 0) + 1 });
  }

  /** Attempts by the sentence that says what was in the way. */
  async inSentences(url: URL): Promise<Readonly<Record<string, number>>> {
    const counted: Record<string, number> = {};
    for (const { cause, attempts } of this.#causes.values()) {
      const sentence = await sentenceOf(cause, url);
      counted[sentence] = (counted[sentence] ?? 0) + attempts;
    }
    return counted;
  }
}

function keyOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && cause.code !== undefined ? String(cause.code) : cause.message;
}

async function sentenceOf(cause: unknown, url: URL): Promise<string> {
  if (cause === undefined) return 'the server closed the connection before the viewer was in';
  if (cause === other) return other;
  const asked = { url, option: '--url', hasInsecure: true, answerMs: welcomeMs };
  const { message } = await whyUnreached(cause, asked);
  const status = /Expected 101 status code: (\d{3})/.exec(message)?.[1];
  return status === undefined
    ? message
    : `the server answered ${status} and opened no WebSocket: is --url that of a Housecount server, and does a proxy before it let WebSockets through?`;
}

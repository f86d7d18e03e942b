import { readFileSync } from 'node:fs';
import { SignalingClient } from '../clients/signaling-client.ts';

/** Between two messages of the pair, milliseconds: within the rate of publishes. */
const everyMs = 25;
/** Messages on their way at most: those that a server without the processor's time takes all at once are within the rate, too. */
const onTheirWayMax = 20;
/** Messages at least from `begin` to `end`. */
const messagesMin = 20;

export type PairCommand =
  | { readonly type: 'log in'; readonly url: string; readonly serverPid: number }
  | { readonly type: 'begin' | 'end' };
/**
 * The result for the pair's messages: the work that the server did from the sending of one to its coming, in the middle, milliseconds
 * of its thread's processor time; what went wrong. Time on the wall would be that of the machine, which others use as well.
 */
export interface PairReport {
  readonly medianMs?: number;
  /** The most pings, one after another, that the server answered between the sending of a message and its coming. */
  readonly answersMost?: number;
  readonly wrong?: string;
}

declare const self: Worker;
const channel = 'of the quiet';
let from: SignalingClient | undefined;
let to: SignalingClient | undefined;
let number = 0;
let serverPid = 0;
const sentMs: number[] = [];
const tookMs: number[] = [];
/** The reader pings after a message, unless it waits for an answer: what the machine holds up, it holds up in both. */
let asked = 0;
let answered = 0;
/** Answers there were when a message was sent. */
const answeredBefore: number[] = [];
let answersMost = 0;
/** The work that the thread of the server has done since its start, milliseconds of processor time. */
const doneMs = () => Number(readFileSync(`/proc/${serverPid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;

/** In a thread of its own, so that what the attackers cost the test's thread does not count. */
self.onmessage = async ({ data }: MessageEvent<PairCommand>) => {
  const report: PairReport = await does(data).catch((cause: unknown) => ({ wrong: String(cause) }));
  self.postMessage(report);
};

async function does(command: PairCommand): Promise<PairReport> {
  if (command.type === 'log in') {
    serverPid = command.serverPid;
    from = await SignalingClient.login(command.url, 'quiet ann');
    to = await SignalingClient.login(command.url, 'quiet bob');
    await to.subscribes(channel, { withPresence: false });
    to.onFrame = (frame) => {
      if (frame.type === 'pong') answered += 1;
      if (frame.type !== 'message' || !('text' in frame.content)) return;
      // Each comes once, and none before the one that was sent before it.
      const at = Number(frame.content.text) - (number - sentMs.length);
      if (at !== tookMs.length) return;
      tookMs.push(doneMs() - (sentMs[at] ?? 0));
      answersMost = Math.max(answersMost, answered - (answeredBefore[at] ?? 0));
    };
    setInterval(talk, everyMs);
    return {};
  }
  if (command.type === 'end') await to?.until('enough messages', () => tookMs.length >= messagesMin);
  const upTo = sentMs.length;
  const isRefused = () => (from?.all('refused').length ?? 0) > 0;
  await to?.until('every message of the pair', () => tookMs.length >= upTo || isRefused());
  const medianMs = tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length / 2)] ?? 0;
  const report = { medianMs, answersMost };
  const refused = from?.all('refused') ?? [];
  const closed = [from?.closed, to?.closed].filter(Boolean);
  sentMs.splice(0, tookMs.length);
  answeredBefore.splice(0, tookMs.length);
  tookMs.length = 0;
  answersMost = 0;
  for (const client of [from, to]) client?.frames.splice(0);
  if (refused.length + closed.length === 0) return report;
  return { wrong: JSON.stringify([refused.slice(0, 3), closed]) };
}

function talk(): void {
  if (sentMs.length - tookMs.length >= onTheirWayMax) return;
  sentMs.push(doneMs());
  answeredBefore.push(answered);
  from?.send({
    type: 'publish',
    id: 1_000 + number,
    channelType: 'MESSAGE',
    channel,
    content: { text: String(number) },
  });
  number += 1;
  if (asked > answered) return;
  asked += 1;
  to?.send({ type: 'ping' });
}

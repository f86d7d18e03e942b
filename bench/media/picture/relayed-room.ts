import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { type Chromium, launchChromium } from '../../../packages/server/test/browser/chromium.ts';
import {
  type MediaSample,
  relayedPage,
  sampleOf,
} from '../../../packages/server/test/browser/network/relayed-page.ts';
import { joined, type RoomEntry, serveRoomPages } from '../../../packages/server/test/browser/room-page.ts';
import { tokenFor } from '../../../packages/server/testing/clients/client.ts';
import { writeNoisyCamera } from '../../../packages/server/testing/media/relay/noisy-camera.ts';
import { type RelayedFlow, udpRelay } from '../../../packages/server/testing/media/relay/udp-relay.ts';
import { startServerProcess, testApp } from '../../../packages/server/testing/processes/server-process.ts';

/** Somebody in a channel, in a tab of a real Chromium, and the link that its media goes over. */
export interface Seat {
  readonly page: Page;
  readonly flow: RelayedFlow;
}

export interface RelayedRoom {
  /** A host with a noisy 720p picture of 30 frames a second, whose media goes over a link that is not narrow. */
  readonly host: Seat;
  /** Lets a viewer in over this link; resolves when it has joined. */
  watch(flow: RelayedFlow): Promise<Seat>;
  /** A link. */
  readonly flow: ReturnType<typeof udpRelay>['flow'];
  close(): Promise<void>;
}

/** A whole server in a process of its own, and a browser whose pages reach its media over links only. `host`: the host's link. */
export async function openRelayedRoom(
  host: Parameters<ReturnType<typeof udpRelay>['flow']>[0] = {},
): Promise<RelayedRoom> {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-camera-'));
  const camera = join(folder, 'camera.y4m');
  await writeNoisyCamera(camera);
  const relay = udpRelay();
  const [browser, server, pages] = await Promise.all([
    launchChromium({ args: [`--use-file-for-fake-video-capture=${camera}`] }),
    startServerProcess(),
    serveRoomPages(),
  ]);
  let uids = 0;
  const enter = async (browser: Chromium, flow: RelayedFlow, who: Partial<RoomEntry>): Promise<Seat> => {
    uids += 1;
    const uid = uids;
    const page = await relayedPage(browser.context, flow);
    const entry = {
      server: server.url,
      app: testApp.id,
      channel: 'picture',
      token: tokenFor('picture', { uid }),
      uid,
      role: 'audience' as const,
    };
    await page.goto(pages.urlFor({ ...entry, ...who }));
    await joined(page);
    return { page, flow };
  };
  const close = async (): Promise<void> => {
    await browser.close();
    relay.close();
    await pages.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return {
      host: await enter(browser, relay.flow(host), {
        role: 'host',
        camera: '720p_2',
        lowStream: { width: 320, height: 180, bitrate: 200 },
      }),
      watch: (flow) => enter(browser, flow, {}),
      flow: relay.flow,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** One second as a viewer saw it. */
export interface Second {
  readonly fps: number;
  readonly height: number;
}

/** What a viewer saw and heard between two samples of it. */
export interface Watched {
  readonly seconds: readonly Second[];
  readonly first: MediaSample;
  readonly last: MediaSample;
}

/** Takes a sample of each seat every second, for so long. */
export async function watchFor(seats: readonly Seat[], seconds: number): Promise<readonly Watched[]> {
  const samples: MediaSample[][] = [];
  const startedMs = performance.now();
  for (let second = 0; second <= seconds; second += 1) {
    await sleep(Math.max(0, startedMs + second * 1_000 - performance.now()));
    samples.push(await Promise.all(seats.map(({ page }) => sampleOf(page))));
  }
  return seats.map((_, seat) => {
    const own = samples.flatMap((row) => row[seat] ?? []);
    const [first] = own;
    const last = own.at(-1);
    if (first === undefined || last === undefined) throw new Error('there is no sample');
    const between = own.slice(1).map((now, i) => {
      const before = own[i] ?? first;
      const frames = Math.max(0, now.framesDecoded - before.framesDecoded);
      return { fps: (frames * 1_000) / (now.atMs - before.atMs), height: now.height };
    });
    return { seconds: between, first, last };
  });
}

const percent = (part: number, whole: number): number => (whole > 0 ? (100 * part) / whole : 0);

/** Packets of sound that did not come, percent. */
export function soundLost({ first, last }: Watched): number {
  const lost = last.audioLost - first.audioLost;
  return percent(lost, lost + last.audioReceived - first.audioReceived);
}

/** Sound that the browser had to make up, percent. */
export const soundConcealed = ({ first, last }: Watched): number =>
  percent(last.audioConcealed - first.audioConcealed, last.audioSamples - first.audioSamples);

/** Time in which the picture stood still, percent. A freeze that is not over yet counts by the seconds without a frame. */
export function frozen({ first, last, seconds }: Watched): number {
  let still = 0;
  for (const { fps } of [...seconds].reverse()) {
    if (fps > 0) break;
    still += 1;
  }
  return percent(last.frozenSeconds - first.frozenSeconds + still, (last.atMs - first.atMs) / 1_000);
}

/** Seconds with a moving picture of at least this height, percent. */
export const shareOfSeconds = ({ seconds }: Watched, height: number): number =>
  percent(seconds.filter((second) => second.height >= height && second.fps > 0).length, seconds.length);

/** Frames a second. */
export const meanFps = ({ first, last }: Watched): number =>
  ((last.framesDecoded - first.framesDecoded) * 1_000) / (last.atMs - first.atMs);

/** One line for people: frames and height of each second. */
export const line = (name: string, { seconds }: Watched): string =>
  `${name.padEnd(8)} ${seconds.map(({ fps, height }) => `${Math.round(fps)}/${height}`).join(' ')}`;

/** What the tests of tracks share: a server, a browser, pages of hosts and viewers, and ways to look at and listen to what comes to a viewer. */

import { afterAll, beforeAll } from 'bun:test';
import type { Page } from 'playwright-core';
import { tokenFor } from '../../../testing/clients/client.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';
import { joined, type RoomEntry, type RoomPages, serveRoomPages } from '../room-page.ts';

export interface Stage {
  readonly server: TestServer;
  readonly browser: Chromium;
  readonly pages: RoomPages;
  /** A page of the room that has joined; a host publishes camera and microphone. */
  enter(channel: string, uid: number, role: RoomEntry['role'], more?: Partial<RoomEntry>): Promise<Page>;
}

/** Sets all of it up for the tests of a file, and closes it after them; `args` are those of the browser. */
export function stage(args: readonly string[] = []): Stage {
  let parts: Omit<Stage, 'enter'> | undefined;
  beforeAll(async () => {
    const [browser, server, pages] = await Promise.all([
      launchChromium({ args }),
      startTestServer({ leases: { rtcMs: 30_000 } }),
      serveRoomPages(),
    ]);
    parts = { browser, server, pages };
  }, 180_000);
  afterAll(async () => {
    await Promise.all([parts?.browser.close(), parts?.server.close(), parts?.pages.close()]);
  }, 180_000);
  const opened = (): Omit<Stage, 'enter'> => {
    if (!parts) throw new Error('the stage is not set up yet');
    return parts;
  };
  return {
    get server() {
      return opened().server;
    },
    get browser() {
      return opened().browser;
    },
    get pages() {
      return opened().pages;
    },
    async enter(channel, uid, role, more) {
      const { browser, server, pages } = opened();
      const entry = { server: server.url, app: testApp.id, token: tokenFor(channel, { uid }) };
      const page = await browser.newPage(pages.urlFor({ ...entry, channel, uid, role, ...more }));
      await joined(page);
      await page.evaluate(senses);
      return page;
    },
  };
}

/** Runs in the page: puts what follows on `window`. Written as text, so that the compiler of the test adds nothing of its own. */
const senses = `
  const context = new AudioContext();
  const ears = new WeakMap();
  /** How much louder a tone is than all the rest of what a track carries, dB; below 0 where there is no such tone. */
  window.tone = (track, hz) => {
    if (!track) return -Infinity;
    let ear = ears.get(track);
    if (!ear) {
      ear = context.createAnalyser();
      ear.fftSize = 2048;
      ear.smoothingTimeConstant = 0;
      context.createMediaStreamSource(new MediaStream([track])).connect(ear);
      ears.set(track, ear);
    }
    const spectrum = new Float32Array(ear.frequencyBinCount);
    ear.getFloatFrequencyData(spectrum);
    const at = Math.round((hz / context.sampleRate) * ear.fftSize);
    const tone = Math.max(...spectrum.slice(at - 2, at + 3));
    const rest = Math.max(...spectrum.filter((_, index) => Math.abs(index - at) > 12));
    // Chromium's silence is -Infinity; what is left of sound that a codec has carried is around -100.
    return tone < -80 ? -Infinity : tone - rest;
  };
  /** The mean colour of what a <video> in the page shows: red, green, blue, 0 to 255. */
  window.colour = (video) => {
    if (!video || video.videoWidth < 3) return [0, 0, 0];
    const canvas = document.createElement('canvas');
    canvas.width = 16;
    canvas.height = 16;
    const drawing = canvas.getContext('2d');
    drawing.drawImage(video, 0, 0, 16, 16);
    const { data } = drawing.getImageData(0, 0, 16, 16);
    const sums = [0, 0, 0];
    for (let at = 0; at < data.length; at += 4) for (const part of [0, 1, 2]) sums[part] += data[at + part];
    return sums.map((sum) => sum / 256);
  };
  /** A second of a tone as a file in the format of WAVE. */
  window.wave = (hz, seconds = 1) => {
    const rate = 48000;
    const samples = rate * seconds;
    const view = new DataView(new ArrayBuffer(44 + samples * 2));
    const text = (at, word) => [...word].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
    text(0, 'RIFF'); view.setUint32(4, 36 + samples * 2, true); text(8, 'WAVEfmt ');
    view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
    view.setUint32(24, rate, true); view.setUint32(28, rate * 2, true);
    view.setUint16(32, 2, true); view.setUint16(34, 16, true);
    text(36, 'data'); view.setUint32(40, samples * 2, true);
    for (let at = 0; at < samples; at += 1)
      view.setInt16(44 + at * 2, Math.sin((2 * Math.PI * hz * at) / rate) * 16000, true);
    return new File([view], 'tone.wav', { type: 'audio/wav' });
  };
`;

/** What a page of the room and its senses put on `window`. */
export interface Window {
  // biome-ignore lint/suspicious/noExplicitAny: the page is written against the API as apps know it, which has no types here.
  readonly AgoraRTC: any;
  // biome-ignore lint/suspicious/noExplicitAny: likewise.
  readonly room: any;
  tone(track: MediaStreamTrack | undefined, hz: number): number;
  colour(video: HTMLVideoElement | null): [red: number, green: number, blue: number];
  wave(hz: number, seconds?: number): File;
}

/** Runs `act` in the page with its window, and with what it is given. */
export function inPage<T, A = undefined>(
  page: Page,
  act: (window: Window, given: A) => T | Promise<T>,
  given?: A,
): Promise<T> {
  const argument = given === undefined ? 'undefined' : JSON.stringify(given);
  return page.evaluate(`(${act.toString()})(window, ${argument})`) as Promise<T>;
}

/** A tone this much above all else is heard, dB. */
const heardDb = 10;

/** Waits until the viewer hears a tone of the first host, or does so no longer. */
export async function hears(viewer: Page, hz: number, wanted = true): Promise<void> {
  await until(`${wanted ? '' : 'no '}tone of ${hz} Hz`, async () => {
    const heard = await inPage(
      viewer,
      ({ room, tone }, wantedHz: number) =>
        tone(room.client.remoteUsers[0]?.audioTrack?.getMediaStreamTrack(), wantedHz),
      hz,
    );
    return heard >= heardDb === wanted;
  });
}

/** A page that does what an app does with the browser SDK: joins, publishes or watches, and notes every event. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { oldestBrowsers } from '../../../../scripts/build/browsers.mjs';
import { until } from '../../testing/processes/server-process.ts';

export interface RoomPages {
  /** Address of a page that joins by itself when it is loaded, and again when it is reloaded. */
  urlFor(entry: RoomEntry): string;
  close(): Promise<void>;
}
export interface RoomEntry {
  readonly server: string;
  readonly app: string;
  readonly channel: string;
  readonly token: string;
  readonly uid?: number;
  readonly account?: string;
  readonly role: 'host' | 'audience';
  /** Preset of the camera of one who publishes; the SDK's own if left out. */
  readonly camera?: string;
  /** The small picture that one who publishes sends beside the large one; none if left out. */
  readonly lowStream?: { readonly width: number; readonly height: number; readonly bitrate: number };
  /** The codec of the client; VP8 if left out. */
  readonly codec?: 'vp8' | 'h264';
  /** Arguments of setEncryptionConfig, called before the join; the salt as numbers. */
  readonly encryption?: readonly [mode: string, secret: string, salt?: readonly number[]];
  /** Parameters for AgoraRTC.setParameter. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}
export interface RoomEvent {
  readonly name: string;
  readonly uid?: number | string;
  /** Kind of media, reason of a leave, or the state. */
  readonly detail?: string;
}

/** Builds the SDK's script-tag build and serves it with the page, on a free port: another origin than the server's. */
export async function serveRoomPages(): Promise<RoomPages> {
  const sdk = await build({
    entryPoints: [fileURLToPath(new URL('../../../rtc/src/global.ts', import.meta.url))],
    bundle: true,
    format: 'iife',
    target: oldestBrowsers,
    write: false,
  });
  const script = sdk.outputFiles[0]?.text ?? '';
  const server = createServer((request, response) => {
    const isScript = request.url === '/AgoraRTC.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    urlFor: (entry) => `http://127.0.0.1:${port}/#${encodeURIComponent(JSON.stringify(entry))}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const page = `<!doctype html><title>room</title><body><div id="local"></div><div id="remote"></div>
<script src="/AgoraRTC.js"></script>
<script>
  const entry = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  AgoraRTC.setParameter('HOUSECOUNT_URL', entry.server);
  for (const [key, value] of Object.entries(entry.parameters ?? {})) AgoraRTC.setParameter(key, value);
  const client = AgoraRTC.createClient({ mode: 'live', codec: entry.codec ?? 'vp8', role: entry.role });
  const events = [];
  const note = (name, uid, detail) => events.push({ name, uid, detail: detail && String(detail) });
  for (const name of ['user-joined', 'user-left', 'user-unpublished'])
    client.on(name, (user, detail) => note(name, user.uid, detail));
  for (const name of ['audience-joined', 'audience-left', 'member-interrupted', 'member-back'])
    client.on(name, (member, detail) => note(name, member.uid, detail));
  client.on('audience-count', (count) => note('audience-count', undefined, count));
  client.on('connection-state-change', (state, before, reason) => note('state', undefined, reason || state));
  for (const name of ['token-privilege-will-expire', 'token-privilege-did-expire'])
    client.on(name, () => note(name));
  for (const name of ['media-reconnect-start', 'media-reconnect-end']) client.on(name, (uid) => note(name, uid));
  client.on('stream-type-changed', (uid, type) => note('stream-type-changed', uid, type === 1 ? 'low' : 'high'));
  client.on('user-published', async (user, kind) => {
    note('user-published', user.uid, kind);
    try {
      await client.subscribe(user, kind);
      if (kind === 'video') user.videoTrack?.play('remote');
      else user.audioTrack?.play();
    } catch (error) {
      note('subscribe-failed', user.uid, error.message);
    }
  });
  const room = { client, events, tracks: [], ready: false, failure: undefined };
  room.publish = async () => {
    if (entry.lowStream) {
      client.setLowStreamParameter(entry.lowStream);
      await client.enableDualStream();
    }
    const camera = entry.camera && { encoderConfig: entry.camera };
    room.tracks = await AgoraRTC.createMicrophoneAndCameraTracks({}, camera || {});
    room.tracks[1].play('local');
    await client.publish(room.tracks);
  };
  room.frames = async () => {
    const stats = client.getRemoteVideoStats();
    let frames = 0;
    for (const user of client.remoteUsers) {
      const report = await user.videoTrack?.getRTCRtpTransceiver()?.receiver.getStats();
      report?.forEach((each) => { if (each.type === 'inbound-rtp') frames += each.framesDecoded ?? 0; });
    }
    return { frames, stats: Object.keys(stats) };
  };
  room.names = async () => {
    const roster = await client.roster();
    return { uids: [...roster.members.keys()], count: roster.count, audience: roster.audienceCount, seq: roster.seq, sid: roster.sid };
  };
  if (entry.encryption) {
    const [mode, secret, salt] = entry.encryption;
    client.on('crypt-error', () => note('crypt-error'));
    client.setEncryptionConfig(mode, secret, salt && new Uint8Array(salt));
  }
  window.room = room;
  (async () => {
    room.uid = await client.join(entry.app, entry.channel, entry.token, entry.account ?? entry.uid ?? null);
    await client.roster();
    if (entry.role === 'host') await room.publish();
    room.ready = true;
  })().catch((error) => { room.failure = error.message; });
</script></body>`;

/** The object that the page script puts on window; only what the tests touch. */
interface Room {
  readonly ready: boolean;
  readonly failure?: string;
  readonly uid: number | string;
  readonly events: readonly RoomEvent[];
  readonly tracks: readonly {
    setMuted(muted: boolean): Promise<void>;
    setEnabled(on: boolean): Promise<void>;
  }[];
  readonly client: {
    setClientRole(role: string): Promise<void>;
    unpublish(): Promise<void>;
    enableDualStream(): Promise<void>;
    disableDualStream(): Promise<void>;
    setLowStreamParameter(parameter: { width: number; height: number; bitrate: number }): void;
    setRemoteVideoStreamType(uid: number | string, type: number): Promise<void>;
    setRemoteDefaultVideoStreamType(type: number): Promise<void>;
    leave(): Promise<void>;
    readonly connectionState: string;
    readonly remoteUsers: readonly { uid: number | string; hasVideo: boolean }[];
  };
  publish(): Promise<void>;
  frames(): Promise<{ frames: number; stats: string[] }>;
  names(): Promise<{ uids: (number | string)[]; count: number; audience: number; seq: number; sid: string }>;
}

/** Runs `act` in the page with what its script made. */
export function inRoom<T>(page: Page, act: (room: Room) => T | Promise<T>): Promise<T> {
  return page.evaluate(`(${act.toString()})(window.room)`) as Promise<T>;
}

/** Waits for the page to have joined (and, a host, to have published). Rejects with what failed in it. */
export async function joined(page: Page): Promise<void> {
  await until('joined', async () => {
    const state = await inRoom(page, (room) => ({ ready: room.ready, failure: room.failure }));
    if (state.failure !== undefined) throw new Error(state.failure);
    return state.ready;
  });
}

/** Everything the page was told so far. */
export const eventsOf = (page: Page): Promise<readonly RoomEvent[]> => inRoom(page, (room) => room.events);

/** Waits for an event that fits every field of `wanted`, at or after position `from`; resolves with the position after it. */
export async function eventIn(page: Page, wanted: RoomEvent, from = 0): Promise<number> {
  let at = -1;
  await until(
    `${JSON.stringify(wanted)} after ${from}`,
    async () => {
      const events = await eventsOf(page);
      at = events.findIndex((event, index) => index >= from && fits(event, wanted));
      return at >= 0;
    },
    30_000,
  ).catch(async (error: Error) => {
    throw new Error(`${error.message}; told: ${JSON.stringify((await eventsOf(page)).slice(from))}`);
  });
  return at + 1;
}

/** Waits until more pictures were decoded than at the call. */
export async function seesPictures(page: Page): Promise<void> {
  const frames = async () => (await inRoom(page, (room) => room.frames())).frames;
  const before = await frames();
  await until('pictures', async () => {
    const now = await frames();
    // A replaced session counts from nought again.
    return now > 0 && (now > before + 5 || now < before);
  });
}

function fits(event: RoomEvent, wanted: RoomEvent): boolean {
  return (
    event.name === wanted.name &&
    (wanted.uid === undefined || event.uid === wanted.uid) &&
    (wanted.detail === undefined || event.detail === wanted.detail)
  );
}

/**
 * A page that follows the published recipe for a live channel with chat: the app's own two ids, a number for the picture and a name for the
 * messages, and not one line that knows of Housecount. It notes what it is told.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { oldestBrowsers } from '../../../../scripts/build/browsers.mjs';

/** The way in which the page gets the two SDKs: each as a module of its own under the name that apps import, or as a script of its own. */
export type Loading = 'modules' | 'scripts';

export interface RecipeEntry {
  /** Where the page finds the server; through a network of its own. */
  readonly server: string;
  readonly appId: string;
  readonly channel: string;
  readonly user: string;
  readonly uid: number;
  readonly role: 'host' | 'audience';
  readonly rtmToken: string;
  readonly rtcToken: string;
  /** A second client, for a shared screen. */
  readonly screen?: { readonly uid: number; readonly rtcToken: string };
  /** The order in which the page does both; `late`: it does not sign in by itself. */
  readonly order: 'signs in first' | 'both at once' | 'late';
}

export interface RecipePages {
  /** Address of a page that does it all when it is loaded, and again when it is reloaded. */
  urlFor(entry: RecipeEntry, loading: Loading): string;
  close(): Promise<void>;
}

/** The object that the page puts on window; what the tests touch. */
export interface RecipeRoom {
  readonly ready: boolean;
  readonly failure?: string;
  /** Who was online by the page's own presence events: every list that differs from the one before. */
  readonly shown: readonly (readonly string[])[];
  /** Each message, after the kind of its channel. */
  readonly heard: readonly string[];
  signIn(name?: string, token?: string): Promise<void>;
  signOut(): Promise<void>;
  enter(): Promise<void>;
  leave(): Promise<void>;
  setRole(role: string): Promise<void>;
  share(): Promise<void>;
  endShare(): Promise<void>;
  online(): Promise<string[]>;
  /** The live roster, which is by uid. */
  roster(): Promise<(number | string)[]>;
  connections(): { readonly rtc: string; readonly rtm: string };
}

/** Builds both SDKs in both ways, and serves them with the page on a free port: another origin than the server's. */
export async function serveRecipePages(): Promise<RecipePages> {
  const files = new Map<string, string>();
  for (const [path, sdk, entry] of [
    ['/modules/rtc.js', 'rtc', 'index'],
    ['/modules/rtm.js', 'rtm', 'index'],
    ['/scripts/rtc.js', 'rtc', 'global'],
    ['/scripts/rtm.js', 'rtm', 'global'],
  ] as const) {
    const made = await build({
      entryPoints: [fileURLToPath(new URL(`../../../${sdk}/src/${entry}.ts`, import.meta.url))],
      bundle: true,
      format: entry === 'global' ? 'iife' : 'esm',
      target: oldestBrowsers,
      write: false,
    });
    files.set(path, made.outputFiles[0]?.text ?? '');
  }
  const server = createServer(({ url = '/' }, response) => {
    const script = files.get(url);
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
    response.end(script ?? (url.startsWith('/scripts') ? scriptPage : modulePage));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    urlFor: (entry, loading) =>
      `http://127.0.0.1:${port}/${loading}/#${encodeURIComponent(JSON.stringify(entry))}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The app. What is around it, the notes and the knobs of the tests, calls nothing but the two APIs. */
const app = `
  const entry = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  const { appId, channel, user, uid } = entry;
  const room = { ready: false, shown: [], heard: [] };
  window.room = room;
  let rtm, client, screen, rtmState = '', online = new Set();

  const onPresence = ({ eventType, publisher, snapshot }) => {
    if (eventType === 'SNAPSHOT') online = new Set(snapshot.map(({ userId }) => userId));
    else if (eventType === 'REMOTE_JOIN') online.add(publisher);
    else if (eventType === 'REMOTE_LEAVE' || eventType === 'REMOTE_TIMEOUT') online.delete(publisher);
    const list = [...online].sort();
    if (String(room.shown.at(-1)) !== String(list)) room.shown.push(list);
  };
  room.signIn = async (name = user, token = entry.rtmToken) => {
    rtm = new AgoraRTM.RTM(appId, name);
    rtm.addEventListener('presence', onPresence);
    rtm.addEventListener('message', ({ channelType, message }) => room.heard.push(channelType + ' ' + message));
    rtm.addEventListener('linkState', ({ currentState }) => { rtmState = currentState; });
    await rtm.login({ token });
    await rtm.subscribe(channel, { withMessage: true, withPresence: true });
  };
  room.signOut = async () => {
    rtm.removeEventListener('presence', onPresence);
    await rtm.logout();
  };
  room.enter = async () => {
    client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
    await client.setClientRole(entry.role);
    client.on('user-published', async (other, kind) => {
      await client.subscribe(other, kind).catch(() => undefined);
    });
    await client.join(appId, channel, entry.rtcToken, uid);
    if (entry.role === 'host') await client.publish(await AgoraRTC.createMicrophoneAndCameraTracks());
  };
  room.leave = async () => {
    for (const track of client.localTracks) track.close();
    await client.leave();
  };
  room.share = async () => {
    screen = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
    await screen.setClientRole('host');
    await screen.join(appId, channel, entry.screen.rtcToken, entry.screen.uid);
  };
  room.endShare = () => screen.leave();
  room.setRole = (role) => client.setClientRole(role);
  room.online = async () =>
    (await rtm.presence.getOnlineUsers(channel, 'MESSAGE')).occupants.map(({ userId }) => userId).sort();
  room.roster = async () => [...(await client.roster()).members.keys()].sort();
  room.connections = () => ({ rtc: client?.connectionState, rtm: rtmState });
  (async () => {
    if (entry.order === 'both at once') await Promise.all([room.enter(), room.signIn()]);
    else {
      if (entry.order !== 'late') await room.signIn();
      await room.enter();
    }
    room.ready = true;
  })().catch((error) => { room.failure = String(error.message ?? error.reason); });
`;

const serverOfEntry = `<script>
  window.__HOUSECOUNT__ = { url: JSON.parse(decodeURIComponent(location.hash.slice(1))).server };
</script>`;
const head = `<!doctype html><title>recipe</title><body>${serverOfEntry}`;
const imports = { 'agora-rtc-sdk-ng': '/modules/rtc.js', 'agora-rtm': '/modules/rtm.js' };
const modulePage = `${head}
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
  import AgoraRTC from 'agora-rtc-sdk-ng';
  import AgoraRTM from 'agora-rtm';
  ${app}
</script></body>`;
const scriptPage = `${head}
<script src="/scripts/rtc.js"></script>
<script src="/scripts/rtm.js"></script>
<script>(() => { const { AgoraRTC, AgoraRTM } = window; ${app} })();</script></body>`;

/** Runs `act` in the page with what its script made, and with these texts. */
export function inRecipe<T, A extends readonly string[]>(
  page: Page,
  act: (room: RecipeRoom, ...texts: A) => T | Promise<T>,
  ...texts: A
): Promise<T> {
  return page.evaluate(`(${act.toString()})(window.room, ...${JSON.stringify(texts)})`) as Promise<T>;
}

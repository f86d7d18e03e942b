/** Makes a page's browser lack what the oldest ones that the SDKs run in lack: Chrome 94, Firefox 93 and Safari 15.4, all at once. */

import type { Page } from 'playwright-core';

/** Functions that older browsers lack, by the object that has them in newer ones. It does not matter if a test's browser lacks some itself. */
const lacking: Readonly<Record<string, readonly string[]>> = {
  URL: ['canParse', 'parse'],
  AbortSignal: ['any', 'timeout', 'abort'],
  'AbortSignal.prototype': ['throwIfAborted', 'reason'],
  'Array.prototype': ['toSpliced', 'toSorted', 'toReversed', 'with', 'findLast', 'findLastIndex'],
  'Object.getPrototypeOf(Uint8Array.prototype)': [
    'toSorted',
    'toReversed',
    'with',
    'findLast',
    'findLastIndex',
  ],
  Uint8Array: ['fromBase64', 'fromHex'],
  'Uint8Array.prototype': ['toBase64', 'toHex', 'setFromBase64', 'setFromHex'],
  Array: ['fromAsync'],
  ArrayBuffer: ['transfer'],
  'ArrayBuffer.prototype': [
    'resize',
    'transfer',
    'transferToFixedLength',
    'resizable',
    'maxByteLength',
    'detached',
  ],
  Object: ['groupBy'],
  Map: ['groupBy'],
  'Map.prototype': ['getOrInsert', 'getOrInsertComputed'],
  Promise: ['withResolvers', 'try'],
  'Set.prototype': [
    'union',
    'intersection',
    'difference',
    'symmetricDifference',
    'isSubsetOf',
    'isSupersetOf',
    'isDisjointFrom',
  ],
  'Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()))': [
    'map',
    'filter',
    'take',
    'drop',
    'flatMap',
    'reduce',
    'toArray',
    'forEach',
    'some',
    'every',
    'find',
  ],
  'String.prototype': ['isWellFormed', 'toWellFormed'],
  RegExp: ['escape'],
  Error: ['captureStackTrace', 'isError'],
  Math: ['sumPrecise', 'f16round'],
  Response: ['json'],
  ReadableStream: ['from'],
  'Headers.prototype': ['getSetCookie'],
  'URLSearchParams.prototype': ['size'],
  // Secure contexts alone have it, also where a browser does.
  'Crypto.prototype': ['randomUUID'],
  'Navigator.prototype': ['userActivation', 'userAgentData', 'locks', 'setAudioSession'],
  'HTMLMediaElement.prototype': ['setSinkId', 'sinkId'],
  'HTMLVideoElement.prototype': ['requestVideoFrameCallback', 'cancelVideoFrameCallback'],
  'Element.prototype': ['checkVisibility', 'setHTMLUnsafe', 'replaceChildren'],
  'RTCPeerConnection.prototype': ['connectionState', 'onconnectionstatechange'],
  'RTCRtpTransceiver.prototype': ['setCodecPreferences', 'headerExtensionsToNegotiate'],
  RTCRtpSender: ['getCapabilities'],
  RTCRtpReceiver: ['getCapabilities'],
  'RTCRtpReceiver.prototype': ['jitterBufferTarget', 'playoutDelayHint'],
  window: [
    'structuredClone',
    'reportError',
    'navigation',
    'scheduler',
    'Iterator',
    'CompressionStream',
    'DecompressionStream',
    'WebSocketStream',
    'WebTransport',
    'SuppressedError',
    'DisposableStack',
    'AsyncDisposableStack',
    'fetchLater',
  ],
};

/** The statement that takes it away; it runs before anything else in the page, and says if something stayed. */
export const olderBrowserScript = `for (const [owner, names] of Object.entries(${JSON.stringify(lacking)})) {
  let object;
  try { object = (0, eval)(owner); } catch { continue; }
  for (const name of names) {
    delete object[name];
    if (name in object) {
      Object.defineProperty(object, name, { value: undefined, configurable: true });
    }
  }
}`;

/** Takes it away from this page and from each one that it goes to. */
export async function makeOlder(page: Page): Promise<void> {
  await page.addInitScript(olderBrowserScript);
}

import { passedMs } from '@housecount/link';
import { failure } from '../errors.ts';
import { log } from '../log.ts';
import type { CipherKey } from './frame-cipher.ts';
import { type FrameWork, workerScript } from './frame-worker.ts';

/** Failures are told at most this often, milliseconds: a viewer without the key fails with every frame. */
const toldEveryMs = 1_000;

/** A sender or receiver of a browser that has streams of its frames, in place of transforms. */
type WithStreams = { createEncodedStreams?(): { readable: ReadableStream; writable: WritableStream } };

export interface EncryptionOptions {
  /** The original's mode, secret and salt. */
  readonly mode: string;
  readonly secret: string;
  readonly salt: Uint8Array | undefined;
}

/** Reads what an app asks for; undefined for no encryption. INVALID_PARAMS for what cannot be, NOT_SUPPORTED for what no browser has. */
export function readEncryption({ mode, secret, salt }: EncryptionOptions): CipherKey | undefined {
  if (mode === 'none') return undefined;
  const gcm = /^aes-(128|256)-gcm(2?)$/.exec(mode);
  if (!gcm) {
    if (['aes-128-xts', 'aes-256-xts', 'aes-128-ecb', 'sm4-128-ecb'].includes(mode))
      throw failure(
        'NOT_SUPPORTED',
        `Housecount has no encryption ${mode}, which browsers have not: take aes-256-gcm2`,
      );
    throw failure('INVALID_PARAMS', `${mode} is not an encryption mode`);
  }
  if (typeof secret !== 'string' || !/^[\x20-\x7e]{1,512}$/.test(secret))
    throw failure('INVALID_PARAMS', 'the secret must be 1 to 512 ASCII characters');
  if (gcm[2] && !(salt instanceof Uint8Array && salt.length === 32))
    throw failure('INVALID_PARAMS', 'the salt must be a Uint8Array of 32 bytes');
  if (!canTransform())
    throw failure('NOT_SUPPORTED', 'this browser can not encrypt media, or the page is not from https');
  const isStrong =
    secret.length >= 8 && [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].every((kind) => kind.test(secret));
  if (!isStrong && !/^[\da-f]{32,}$/i.test(secret))
    log.warn('the secret is weak: let `openssl rand -hex 32` make one on your server');
  return {
    secret: new TextEncoder().encode(secret),
    salt: gcm[2] && salt ? new Uint8Array(salt) : new TextEncoder().encode('housecount'),
    bits: gcm[1] === '128' ? 128 : 256,
  };
}

const hasTransforms = (): boolean => typeof RTCRtpScriptTransform === 'function';

const canTransform = (): boolean =>
  typeof Worker === 'function' &&
  typeof crypto === 'object' &&
  crypto.subtle !== undefined &&
  (hasTransforms() ||
    (typeof RTCRtpSender === 'function' && 'createEncodedStreams' in RTCRtpSender.prototype));

/** Encrypts and decrypts the media of one joined client, in a worker. What it cannot decrypt goes no further. */
export class Encryption {
  readonly #worker: Worker;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  /** `onFailure` is called, at most once a second, when media could not be decrypted, or no worker runs. */
  constructor(key: CipherKey, onFailure: () => void) {
    const url = URL.createObjectURL(new Blob([workerScript()], { type: 'text/javascript' }));
    this.#worker = new Worker(url);
    this.#worker.onmessage = () => {
      const nowMs = passedMs();
      if (nowMs - this.#toldAtMs < toldEveryMs) return;
      this.#toldAtMs = nowMs;
      onFailure();
    };
    this.#worker.onerror = (event) => {
      // Nothing goes in or out then.
      log.error(
        'the worker that encrypts does not run: the page must allow `worker-src blob:`',
        event.message,
      );
      onFailure();
    };
    this.#worker.postMessage({ key });
  }

  /** What a connection is to be made with. */
  readonly configuration = (hasTransforms() ? {} : { encodedInsertableStreams: true }) as RTCConfiguration;

  /** Encrypts all that these two send from their first frame on. */
  seal({ audio, video }: { readonly audio: RTCRtpTransceiver; readonly video: RTCRtpTransceiver }): void {
    withoutRed(audio);
    this.#through(audio.sender, { operation: 'seal', kind: 'audio' });
    this.#through(video.sender, { operation: 'seal', kind: 'video' });
  }

  /** Decrypts all that they receive. */
  open({ audio, video }: { readonly audio: RTCRtpTransceiver; readonly video: RTCRtpTransceiver }): void {
    withoutRed(audio);
    this.#through(audio.receiver, { operation: 'open', kind: 'audio' });
    this.#through(video.receiver, { operation: 'open', kind: 'video' });
  }

  /** The client has left. */
  stop(): void {
    this.#worker.terminate();
  }

  #through(end: RTCRtpSender | RTCRtpReceiver, work: FrameWork): void {
    if (hasTransforms()) {
      end.transform = new RTCRtpScriptTransform(this.#worker, work);
      return;
    }
    const streams = (end as WithStreams).createEncodedStreams?.();
    if (!streams) throw failure('NOT_SUPPORTED', 'this browser can not encrypt media');
    this.#worker.postMessage({ pipe: { ...work, ...streams } }, [
      streams.readable,
      streams.writable,
    ] as unknown as Transferable[]);
  }
}

/** Opus alone: a RED packet has several frames, of which the second and the following would lie under the first one's seal. */
function withoutRed(audio: RTCRtpTransceiver): void {
  const codecs = RTCRtpReceiver.getCapabilities?.('audio')?.codecs;
  if (codecs && typeof audio.setCodecPreferences === 'function')
    audio.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType.toLowerCase() !== 'audio/red'));
}

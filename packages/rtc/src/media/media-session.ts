import { failure } from '../errors.ts';
import { log } from '../log.ts';
import { throwIfAborted } from '../timing.ts';
import { onConnectionState } from './connection-state.ts';
import {
  deleteSession,
  type MediaResource,
  patchCandidates,
  postOffer,
  sessionLives,
} from './whip-client.ts';

/**
 * How long the offer waits for candidates, milliseconds. The server answers and learns our address from the checks it
 * receives, so candidates matter only for relays; later ones are sent on as they come.
 */
const gatherMsMax = { direct: 300, relayed: 1500 } as const;
/** `disconnected` for this long counts as failed, milliseconds: ICE alone takes about 25 s to say so. */
const disconnectedMsMax = 3_000;

export interface MediaSessionOptions {
  /** Read at each offer: what is asked of the server may change from one to the next. */
  readonly endpoint: () => string;
  /** Read at each request: it changes when the membership does. */
  readonly bearer: () => string;
  readonly iceServers: () => readonly RTCIceServer[];
  /** Adds the transceivers to the fresh connection. */
  readonly prepare: (connection: RTCPeerConnection) => void | Promise<void>;
  readonly onState: (current: RTCPeerConnectionState, previous: RTCPeerConnectionState) => void;
  /** The connection is lost: close it. Not called after `close`. */
  readonly onLost: () => void;
}

/** One RTCPeerConnection and its WHIP or WHEP session. */
export class MediaSession {
  #closed = false;
  #lostTimer: ReturnType<typeof setTimeout> | undefined;
  #state: RTCPeerConnectionState = 'new';
  #unwatch: () => void = () => undefined;

  private constructor(
    readonly connection: RTCPeerConnection,
    readonly resource: MediaResource,
    private readonly options: MediaSessionOptions,
  ) {}

  /** Offers, posts and takes the answer. Rejects OfferRefused, NETWORK_ERROR, or OPERATION_ABORTED; nothing is left over then. */
  static async open(options: MediaSessionOptions, signal: AbortSignal): Promise<MediaSession> {
    throwIfAborted(signal);
    const iceServers = [...options.iceServers()];
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers });
    let resource: MediaResource | undefined;
    let unwatch: (() => void) | undefined;
    try {
      await options.prepare(connection);
      await connection.setLocalDescription(await connection.createOffer());
      await gathered(connection, iceServers.length > 0 ? gatherMsMax.relayed : gatherMsMax.direct);
      throwIfAborted(signal);
      const late = collectLate(connection);
      const offer = connection.localDescription;
      if (!offer) throw failure('CREATE_OFFER_FAILED', 'the browser made no offer');
      resource = await postOffer(options.endpoint(), options.bearer(), offer.sdp, signal);
      const session = new MediaSession(connection, resource, options);
      unwatch = onConnectionState(connection, (current) => session.#changed(current));
      session.#unwatch = unwatch;
      await connection.setRemoteDescription({ type: 'answer', sdp: resource.answerSdp });
      throwIfAborted(signal);
      session.#trickle(late, signal);
      return session;
    } catch (error) {
      unwatch?.();
      connection.close();
      if (resource) void drop(resource.url, options.bearer());
      throw error;
    }
  }

  /**
   * Closes the connection and deletes the session; `keepalive` for a page that is going away. Idempotent. Resolves, and
   * never rejects, when the server has answered: only then a new session cannot be taken for the old one.
   */
  async close(keepalive = false): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#lostTimer);
    this.#unwatch();
    this.connection.onicecandidate = null;
    this.connection.close();
    this.options.onState('closed', this.#state);
    await drop(this.resource.url, this.options.bearer(), keepalive);
  }

  /** After the server was away: reports the session lost if the server no longer has it. */
  async check(signal: AbortSignal): Promise<void> {
    if (!(await sessionLives(this.resource.url, this.options.bearer(), signal))) this.#lost();
  }

  #changed(current: RTCPeerConnectionState): void {
    const previous = this.#state;
    this.#state = current;
    clearTimeout(this.#lostTimer);
    this.options.onState(current, previous);
    if (current === 'failed' || current === 'closed') this.#lost();
    if (current === 'disconnected') this.#lostTimer = setTimeout(() => this.#lost(), disconnectedMsMax);
  }

  #lost(): void {
    if (!this.#closed) this.options.onLost();
  }

  #trickle(late: RTCIceCandidate[], signal: AbortSignal): void {
    const send = (candidates: readonly RTCIceCandidate[]): void => {
      const fragment = sdpFragment(this.connection.localDescription?.sdp ?? '', candidates);
      patchCandidates(this.resource, this.options.bearer(), fragment, signal).catch((error: unknown) =>
        log.debug('late candidates were not taken', error),
      );
    };
    this.connection.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate && !this.#closed) send([candidate]);
    };
    if (late.length > 0) send(late);
  }
}

function gathered(connection: RTCPeerConnection, msMax: number): Promise<void> {
  if (connection.iceGatheringState === 'complete') return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      connection.removeEventListener('icegatheringstatechange', onChange);
      resolve();
    };
    const onChange = (): void => {
      if (connection.iceGatheringState === 'complete') done();
    };
    const timer = setTimeout(done, msMax);
    connection.addEventListener('icegatheringstatechange', onChange);
  });
}

function collectLate(connection: RTCPeerConnection): RTCIceCandidate[] {
  const late: RTCIceCandidate[] = [];
  connection.onicecandidate = ({ candidate }) => {
    if (candidate?.candidate) late.push(candidate);
  };
  return late;
}

/** A trickle-ice-sdpfrag for the first, bundling m-line (RFC 8840 section 9). */
function sdpFragment(sdp: string, candidates: readonly RTCIceCandidate[]): string {
  const line = (prefix: string): string => sdp.split(/\r?\n/).find((each) => each.startsWith(prefix)) ?? '';
  const lines = [
    line('a=ice-ufrag:'),
    line('a=ice-pwd:'),
    line('m='),
    line('a=mid:'),
    ...candidates.map((each) => `a=${each.candidate}`),
  ];
  return `${lines.filter((each) => each !== '').join('\r\n')}\r\n`;
}

function drop(url: string, bearer: string, keepalive = false): Promise<void> {
  return deleteSession(url, bearer, keepalive).catch((error: unknown) =>
    log.debug('a media session could not be deleted; the server ends it by its silence', error),
  );
}

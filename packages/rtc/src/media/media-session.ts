import { after } from '@housecount/link';
import { type AgoraRTCException, aborted, failure } from '../errors.ts';
import { log } from '../log.ts';
import { onAnyAbort, throwIfAborted } from '../timing.ts';
import { onConnectionState } from './connection-state.ts';
import { restartIce } from './ice-restart.ts';
import { watchNetwork } from './network-change.ts';
import {
  deleteSession,
  isGone,
  type MediaResource,
  OfferRefused,
  patchCandidates,
  postOffer,
  sessionLives,
} from './whip-client.ts';

/**
 * Time that the offer waits for candidates, milliseconds. The server answers and learns our address from the checks it
 * receives, so candidates matter only for relays; later ones are sent on as they come.
 */
const gatherMsMax = { direct: 300, relayed: 1500 } as const;
/**
 * Time for media to find its way once the server has answered, milliseconds: about as long as browsers keep trying, then where
 * a firewall lets no media through that is said.
 */
const connectMsMax = 15_000;
/**
 * `disconnected` for this long counts as failed, milliseconds: ICE alone takes about 25 s to say so. It begins anew when the server
 * has agreed to look for another way.
 */
const disconnectedMsMax = 3_000;

export interface MediaSessionOptions {
  /** Read at each offer: what is asked of the server may change from one to the next. */
  readonly endpoint: () => string;
  /** Read at each request: it changes when the membership does. */
  readonly bearer: () => string;
  readonly iceServers: () => readonly RTCIceServer[];
  /** True: media goes over a relay or not at all. */
  readonly isRelayOnly?: () => boolean;
  /** What the connection is made with beside its way. */
  readonly configuration?: RTCConfiguration | undefined;
  /** Adds the transceivers to the fresh connection. */
  readonly prepare: (connection: RTCPeerConnection) => void | Promise<void>;
  readonly onState: (current: RTCPeerConnectionState, previous: RTCPeerConnectionState) => void;
  /** The connection is lost: close it. Not called after `close`. */
  readonly onLost: () => void;
}

/** One RTCPeerConnection and its WHIP or WHEP session. */
export class MediaSession {
  #closed = false;
  /** The server has said that it no longer has the session: there is nothing to delete. */
  #isForgotten = false;
  #lostTimer: ReturnType<typeof setTimeout> | undefined;
  #state: RTCPeerConnectionState = 'new';
  readonly #unwatch: () => void;
  readonly #unwatchNetwork: () => void;
  /** Another way is being looked for. */
  #isRestarting = false;
  readonly #over = new AbortController();
  /** The callbacks of the wait until media can flow, which a loss rejects; undefined outside it. */
  #connecting: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;

  private constructor(
    readonly connection: RTCPeerConnection,
    readonly resource: MediaResource,
    private readonly options: MediaSessionOptions,
  ) {
    this.#unwatch = onConnectionState(connection, (current) => this.#changed(current));
    this.#unwatchNetwork = watchNetwork(() => void this.#restart());
  }

  /**
   * Offers, posts, takes the answer, and resolves when media can flow. Rejects OfferRefused, NETWORK_ERROR, ICE_FAILED if media finds no
   * way, or OPERATION_ABORTED; nothing is left over then.
   */
  static async open(options: MediaSessionOptions, ...signals: readonly AbortSignal[]): Promise<MediaSession> {
    const abort = new AbortController();
    const unlisten = onAnyAbort(signals, () => abort.abort());
    try {
      for (const signal of signals) throwIfAborted(signal);
      const session = await MediaSession.#answered(options, abort.signal);
      try {
        await session.#connected(abort.signal);
      } catch (error) {
        void session.close();
        throw error;
      }
      return session;
    } finally {
      unlisten();
    }
  }

  static async #answered(options: MediaSessionOptions, signal: AbortSignal): Promise<MediaSession> {
    const iceServers = [...options.iceServers()];
    const connection = new RTCPeerConnection({
      bundlePolicy: 'max-bundle',
      iceServers,
      ...options.configuration,
      ...(options.isRelayOnly?.() && { iceTransportPolicy: 'relay' as const }),
    });
    let resource: MediaResource | undefined;
    let session: MediaSession | undefined;
    try {
      await options.prepare(connection);
      await connection.setLocalDescription(await connection.createOffer());
      await gathered(connection, iceServers.length > 0 ? gatherMsMax.relayed : gatherMsMax.direct);
      throwIfAborted(signal);
      const late = collectLate(connection);
      const offer = connection.localDescription;
      if (!offer) throw failure('CREATE_OFFER_FAILED', 'the browser made no offer');
      resource = await postOffer(options.endpoint(), options.bearer(), offer.sdp, signal);
      session = new MediaSession(connection, resource, options);
      await connection.setRemoteDescription({ type: 'answer', sdp: resource.answerSdp });
      throwIfAborted(signal);
      session.#trickle(late);
      return session;
    } catch (error) {
      if (session) void session.close();
      else {
        connection.close();
        if (resource) void drop(resource.url, options.bearer());
      }
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
    this.#over.abort();
    clearTimeout(this.#lostTimer);
    this.#unwatch();
    this.#unwatchNetwork();
    this.connection.onicecandidate = null;
    this.connection.close();
    this.options.onState('closed', this.#state);
    if (!this.#isForgotten) await drop(this.resource.url, this.options.bearer(), keepalive);
  }

  /** After the server was away: reports the session lost if the server no longer has it. */
  async check(signal: AbortSignal): Promise<void> {
    if (!(await sessionLives(this.resource.url, this.options.bearer(), signal))) this.#forgotten();
  }

  #changed(current: RTCPeerConnectionState): void {
    const previous = this.#state;
    this.#state = current;
    clearTimeout(this.#lostTimer);
    this.options.onState(current, previous);
    if (current === 'connected') this.#connecting?.resolve();
    if (current === 'failed' || current === 'closed') this.#lost();
    if (current !== 'disconnected') return;
    this.#waitForWay();
    void this.#restart();
  }

  #forgotten(): void {
    this.#isForgotten = true;
    this.#lost();
  }

  #waitForWay(): void {
    clearTimeout(this.#lostTimer);
    this.#lostTimer = setTimeout(() => this.#lost(), disconnectedMsMax);
  }

  /** The network may be another one: the session goes on over that, if it can. */
  async #restart(): Promise<void> {
    const isUp = this.#state === 'connected' || this.#state === 'disconnected';
    if (this.#closed || this.#connecting || this.#isRestarting || !isUp) return;
    this.#isRestarting = true;
    const { bearer, iceServers } = this.options;
    try {
      const given = { bearer: bearer(), iceServers: iceServers(), signal: this.#over.signal };
      await restartIce(this.connection, this.resource, given);
      if ((this.#state as RTCPeerConnectionState) === 'disconnected') this.#waitForWay();
    } catch (error) {
      log.debug('no other way was found for media', error);
      // Else it goes on as it was: if that is lost another session takes its place.
      if (error instanceof OfferRefused && isGone(error.status)) this.#forgotten();
    } finally {
      this.#isRestarting = false;
    }
  }

  #lost(): void {
    if (this.#connecting) this.#connecting.reject(noWay());
    else if (!this.#closed) this.options.onLost();
  }

  /** Resolves when media can flow. Rejects ICE_FAILED if it finds no way in time, or OPERATION_ABORTED. */
  async #connected(signal: AbortSignal): Promise<void> {
    if (this.#state === 'connected') return;
    let release: () => void = () => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#connecting = { resolve, reject };
        const cancel = after(connectMsMax, () => reject(noWay()));
        const unlisten = onAnyAbort([signal], () => reject(aborted()));
        release = () => {
          cancel();
          unlisten();
        };
        if (signal.aborted) reject(aborted());
      });
    } finally {
      release();
      this.#connecting = undefined;
    }
  }

  #trickle(late: RTCIceCandidate[]): void {
    const send = (candidates: readonly RTCIceCandidate[]): void => {
      const fragment = sdpFragment(this.connection.localDescription?.sdp ?? '', candidates);
      patchCandidates(this.resource, this.options.bearer(), fragment, this.#over.signal).catch(
        (error: unknown) => log.debug('late candidates were not taken', error),
      );
    };
    this.connection.onicecandidate = ({ candidate }) => {
      // With other credentials than the server knows a fragment would ask for a restart of its own.
      if (candidate?.candidate && !this.#closed && !this.#isRestarting) send([candidate]);
    };
    if (late.length > 0) send(late);
  }
}

const noWay = (): AgoraRTCException =>
  failure(
    'ICE_FAILED',
    'no media can flow between this browser and the server: a firewall may be in between',
  );

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

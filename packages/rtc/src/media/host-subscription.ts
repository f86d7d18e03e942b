import type { StreamState } from '@housecount/protocol';
import { HousecountError } from '@housecount/protocol';
import type { Layer } from '../dual/stream-choices.ts';
import { aborted } from '../errors.ts';
import { log } from '../log.ts';
import { RemoteAudioTrack } from '../tracks/remote-audio-track.ts';
import { RemoteVideoTrack } from '../tracks/remote-video-track.ts';
import { KeepOpen, type KeepOpenOptions } from './keep-open.ts';
import type { MediaSession } from './media-session.ts';
import type { Transceivers } from './senders.ts';

export type MediaKind = 'audio' | 'video';

export interface HostSubscriptionOptions
  extends Pick<
    KeepOpenOptions,
    'bearer' | 'iceServers' | 'isRelayOnly' | 'configuration' | 'retry' | 'onState' | 'onReconnecting'
  > {
  readonly userId: number | string;
  /** The address at which a session that forwards this is requested. */
  readonly endpoint: (selection: Selection) => string;
  /** Changes what a session forwards. */
  readonly select: (session: string, selection: Selection) => Promise<void>;
  /** The largest picture that the app wants of the host now. */
  readonly layer: () => Layer;
  readonly onReconnected: () => void;
  /** Decrypts what they receive, if anything does. */
  readonly open?: ((transceivers: Transceivers) => void) | undefined;
}

/** What is to be forwarded: kinds, and the largest picture. */
export interface Selection extends StreamState {
  readonly layer: Layer;
}

/** The one receiving connection for one host: opened for the first kind wanted, closed after the last. */
export class HostSubscription {
  #audio: RemoteAudioTrack | undefined;
  #video: RemoteVideoTrack | undefined;
  #wanted: StreamState = { audio: false, video: false };
  #selected: Selection = { audio: false, video: false, layer: 'high' };
  #media: KeepOpen | undefined;
  #transceivers: Transceivers | undefined;
  #work: Promise<void> = Promise.resolve();
  #over = false;
  readonly #asked: Record<MediaKind, number> = { audio: 0, video: 0 };

  constructor(private readonly options: HostSubscriptionOptions) {}

  get audio(): RemoteAudioTrack | undefined {
    return this.#audio;
  }

  get video(): RemoteVideoTrack | undefined {
    return this.#video;
  }

  get session(): MediaSession | undefined {
    return this.#media?.session;
  }

  /** Receives this kind too, and resolves with its track: the same one if it is received already. */
  async subscribe(kind: MediaKind): Promise<RemoteAudioTrack | RemoteVideoTrack> {
    this.#wanted = { ...this.#wanted, [kind]: true };
    this.#asked[kind] += 1;
    const asked = this.#asked[kind];
    try {
      await this.#follow();
    } catch (error) {
      // Unless somebody has asked again since: that is theirs to end.
      if (asked === this.#asked[kind]) this.drop(kind);
      throw error;
    }
    const transceiver = this.#transceivers?.[kind];
    if (this.#over || !this.#wanted[kind] || !transceiver) throw aborted('the subscription was ended');
    if (kind === 'audio') {
      this.#audio ??= new RemoteAudioTrack(this.options.userId, transceiver);
      return this.#audio;
    }
    this.#video ??= new RemoteVideoTrack(this.options.userId, transceiver);
    return this.#video;
  }

  /** Receives this kind no longer; its track is released at once. */
  drop(kind: MediaKind): void {
    this.#wanted = { ...this.#wanted, [kind]: false };
    if (kind === 'audio') {
      this.#audio?.release();
      this.#audio = undefined;
    } else {
      this.#video?.release();
      this.#video = undefined;
    }
    if (this.#wanted.audio || this.#wanted.video)
      this.#follow().catch((error: unknown) => log.debug('a subscription could not be narrowed', error));
    else this.#closeMedia();
  }

  /** The app wants another size of the picture. */
  async chooseLayer(): Promise<void> {
    if (this.#media) await this.#follow();
  }

  /** The server's media engine or the membership is another: offers anew. */
  replace(): void {
    this.#media?.replace();
  }

  /** Offers anew if the server no longer has the session. */
  check(): void {
    this.#media?.check();
  }

  close(keepalive = false): void {
    this.#over = true;
    this.#wanted = { audio: false, video: false };
    this.#audio?.release();
    this.#video?.release();
    this.#audio = undefined;
    this.#video = undefined;
    this.#closeMedia(keepalive);
  }

  #closeMedia(keepalive = false): void {
    this.#media?.close(keepalive);
    this.#media = undefined;
  }

  /** Brings the session in line with what is wanted; one change at a time. */
  #follow(): Promise<void> {
    const followed = this.#work.then(() => this.#followNow());
    this.#work = followed.catch(() => undefined);
    return followed;
  }

  async #followNow(): Promise<void> {
    if (this.#over) throw aborted('the subscription was ended');
    if (!this.#wanted.audio && !this.#wanted.video) return;
    if (this.#media) await this.#media.ready();
    else {
      const media = this.#keepOpen();
      this.#media = media;
      try {
        await media.open();
      } catch (error) {
        if (this.#media === media) this.#media = undefined;
        throw error;
      }
    }
    await this.#select();
  }

  async #select(): Promise<void> {
    const { audio, video, layer } = this.#selection;
    const before = this.#selected;
    const session = this.#media?.session;
    if (!session || (audio === before.audio && video === before.video && layer === before.layer)) return;
    try {
      await this.options.select(session.resource.id, { audio, video, layer });
      this.#selected = { audio, video, layer };
    } catch (error) {
      // The server has no such session any more: the next offer asks for the kinds wanted by then.
      if (!(error instanceof HousecountError) || error.code !== 'not_found') throw error;
      this.#media?.replace();
    }
  }

  get #selection(): Selection {
    return { ...this.#wanted, layer: this.options.layer() };
  }

  #keepOpen(): KeepOpen {
    return new KeepOpen({
      ...this.options,
      endpoint: () => {
        this.#selected = this.#selection;
        return this.options.endpoint(this.#selected);
      },
      prepare: (connection) => {
        this.#transceivers = {
          audio: connection.addTransceiver('audio', { direction: 'recvonly' }),
          video: connection.addTransceiver('video', { direction: 'recvonly' }),
        };
        this.options.open?.(this.#transceivers);
      },
      onOpen: (_session, first) => {
        if (first || !this.#transceivers) return;
        this.#audio?.rebind(this.#transceivers.audio);
        this.#video?.rebind(this.#transceivers.video);
        this.#follow().catch((error: unknown) => log.warn('a subscription could not be taken up', error));
        this.options.onReconnected();
      },
    });
  }
}

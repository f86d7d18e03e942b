/** One WHIP or WHEP session, from 201 to its end. */
export interface MediaSession {
  /** Unguessable; the last segment of the Location. Whoever knows it may PATCH and DELETE it. */
  readonly id: string;
  readonly kind: 'whip' | 'whep';
  readonly app: string;
  readonly channel: string;
  /** The connection that backs the member: the SDK's own socket, or this session. */
  readonly connectionId: string;
  /** The session is a member by itself (OBS, a plain player); else it belongs to a member that joined over WebSocket. */
  readonly plain: boolean;
  /** Whose streams a player plays. */
  readonly host?: number;
  /** Kinds that the offer has: all that a WHIP session can send, also after a restart. */
  readonly kinds: { readonly audio: boolean; readonly video: boolean };
  readonly offerSdp: string;
  readonly iceUfrag: string;
  readonly etag: string;
  readonly uid: number;
  readonly account?: string;
  readonly tokenEndsMs?: number;
  /** As admission.ts says. */
  readonly publishEndsMs?: number;
  readonly address: string;
  /** Of a plain session: its media connected and the member is in. An SDK client's own session always is. */
  readonly joined: boolean;
}

/** The open sessions, by id and by connection. */
export class MediaSessions {
  readonly #byId = new Map<string, MediaSession>();
  readonly #byConnection = new Map<string, Set<string>>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): MediaSession | undefined {
    return this.#byId.get(id);
  }

  /** Adds it, or takes the place of the one with the same id. */
  put(session: MediaSession): void {
    this.#byId.set(session.id, session);
    const own = this.#byConnection.get(session.connectionId) ?? new Set<string>();
    this.#byConnection.set(session.connectionId, own.add(session.id));
  }

  delete(id: string): MediaSession | undefined {
    const session = this.#byId.get(id);
    if (!session) return undefined;
    this.#byId.delete(id);
    const own = this.#byConnection.get(session.connectionId);
    own?.delete(id);
    if (own?.size === 0) this.#byConnection.delete(session.connectionId);
    return session;
  }

  ofConnection(connectionId: string): readonly MediaSession[] {
    return [...(this.#byConnection.get(connectionId) ?? [])].flatMap((id) => this.#byId.get(id) ?? []);
  }

  all(): readonly MediaSession[] {
    return [...this.#byId.values()];
  }
}

import type { Kinds, PublishRights } from '../../channel/membership/rights.ts';
import type { TokenLink } from '../../token/token-link.ts';

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
  /** The host whose streams a player plays, and whether it asked for that one by name. */
  readonly host?: number;
  readonly isHostAsked?: true;
  /** Kinds that were taken of the offer: all that a WHIP session can send, also after a restart. */
  readonly kinds: Kinds;
  readonly offerSdp: string;
  readonly iceUfrag: string;
  readonly etag: string;
  readonly uid: number;
  readonly account?: string;
  readonly tokenEndsMs?: number;
  /** As admission.ts says. */
  readonly publishEndsMs?: number;
  /** The kinds that a plain session's token allows to publish; undefined: the app does not ask. A member's own rights are in the log. */
  readonly rights?: PublishRights;
  /** As admission.ts says. */
  readonly link?: TokenLink;
  /** A digest of a plain session's token, by which a client that comes back is known. */
  readonly tokenDigest?: string;
  readonly address: string;
  /** True once a plain session's media is connected and its member is in. An SDK client's session always counts as joined. */
  readonly joined: boolean;
}

/** The open sessions, by id and by connection. */
export class MediaSessions {
  readonly #byId = new Map<string, MediaSession>();
  readonly #byConnection = new Map<string, Set<string>>();
  readonly #byChannel = new Map<string, Set<string>>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): MediaSession | undefined {
    return this.#byId.get(id);
  }

  /** Adds it, or takes the place of the one with the same id. */
  put(session: MediaSession): void {
    this.#byId.set(session.id, session);
    file(this.#byConnection, session.connectionId, session.id);
    file(this.#byChannel, channelOf(session), session.id);
  }

  delete(id: string): MediaSession | undefined {
    const session = this.#byId.get(id);
    if (!session) return undefined;
    this.#byId.delete(id);
    unfile(this.#byConnection, session.connectionId, id);
    unfile(this.#byChannel, channelOf(session), id);
    return session;
  }

  /** Sessions in the order in which they were opened. */
  ofConnection(connectionId: string): readonly MediaSession[] {
    return this.#named(this.#byConnection.get(connectionId));
  }

  /** The same of everybody in a channel. */
  ofChannel(app: string, channel: string): readonly MediaSession[] {
    return this.#named(this.#byChannel.get(channelOf({ app, channel })));
  }

  all(): readonly MediaSession[] {
    return [...this.#byId.values()];
  }

  #named(ids: Iterable<string> = []): readonly MediaSession[] {
    return [...ids].flatMap((id) => this.#byId.get(id) ?? []);
  }
}

const channelOf = ({ app, channel }: Pick<MediaSession, 'app' | 'channel'>): string => `${app}/${channel}`;

function file(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  if (ids) ids.add(id);
  else index.set(key, new Set([id]));
}

function unfile(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  ids?.delete(id);
  if (ids?.size === 0) index.delete(key);
}

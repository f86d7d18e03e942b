import { createHmac } from 'node:crypto';
import type { Clock } from '../clock.ts';

/** A STUN or TURN server as it is configured. */
export interface IceServerSetting {
  readonly urls: string;
  /** The same for everybody. */
  readonly username?: string;
  readonly credential?: string;
  /** Shared with a TURN server that makes a password of it for each user name (coturn: `use-auth-secret`). */
  readonly secret?: string;
  /** For so long such a password is good, milliseconds. */
  readonly lifetimeMs?: number;
}

/** The same as a client is told it. */
export interface IceServer {
  readonly urls: string;
  readonly username?: string;
  readonly credential?: string;
}

/** Who is given a password of their own: a member, or a client whose media session becomes one when it connects. */
export interface IceUser {
  readonly app: string;
  readonly channel: string;
  readonly uid: number;
}

/** Part of its lifetime after which a password is renewed: time enough for a client that is away meanwhile. */
const renewedAfter = 0.5;
/** Those that were made together, after a restart, are renewed over this further part. */
const renewedOver = 0.1;

/** The STUN and TURN servers, and the passwords that are made for one member and end. */
export class IceServers {
  readonly #settings: readonly IceServerSetting[];
  readonly #clock: Pick<Clock, 'wallMs'>;

  /** `settings` may be changed in place. */
  constructor(settings: readonly IceServerSetting[], clock: Pick<Clock, 'wallMs'>) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** All of them, for somebody who is let in. */
  of(user: IceUser): IceServer[] {
    const nowMs = this.#clock.wallMs();
    return this.#settings.map((setting) => {
      const { urls, secret, lifetimeMs } = setting;
      if (secret === undefined || lifetimeMs === undefined) return shared(setting);
      return { urls, ...turnPassword(secret, nameOf(user), nowMs + lifetimeMs) };
    });
  }

  /** Those whose password is everybody's, or that have none. */
  shared(): IceServer[] {
    return this.#settings.filter(({ secret }) => secret === undefined).map(shared);
  }

  /** Those without a password. */
  open(): IceServer[] {
    return this.shared().filter(({ username }) => username === undefined);
  }

  /** When passwords that are made now should be renewed, by the wall clock; undefined if none is made. */
  renewalMs({ uid }: Pick<IceUser, 'uid'>): number | undefined {
    const lifetimes = this.#settings.flatMap(({ secret, lifetimeMs = 0 }) =>
      secret === undefined ? [] : [lifetimeMs],
    );
    if (lifetimes.length === 0) return undefined;
    const spread = (uid % 1_000) / 1_000;
    return this.#clock.wallMs() + Math.min(...lifetimes) * (renewedAfter + renewedOver * spread);
  }

  /** True once that time has come. */
  isDue(renewalMs: number | undefined): boolean {
    return renewalMs !== undefined && this.#clock.wallMs() >= renewalMs;
  }
}

const shared = ({ urls, username, credential }: IceServerSetting): IceServer => ({
  urls,
  ...(username !== undefined && { username }),
  ...(credential !== undefined && { credential }),
});

/** Says who it is to whoever reads the TURN server's log; one name for one member, for quotas. It needs no quotes in a header. */
const nameOf = ({ app, channel, uid }: IceUser): string => `${app}/${encodeURIComponent(channel)}/${uid}`;

/**
 * A user name that says when it ends, and the password that a TURN server makes of it with the same secret
 * (draft-uberti-behave-turn-rest-00).
 */
export function turnPassword(
  secret: string,
  name: string,
  endsMs: number,
): { readonly username: string; readonly credential: string } {
  const username = `${Math.floor(endsMs / 1_000)}:${name}`;
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') };
}

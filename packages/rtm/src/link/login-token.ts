import type { SignalingOk, SignalingRequest } from '@housecount/protocol';
import { rtmError } from '../errors/errors.ts';
import type { LinkState } from '../events/events.ts';
import { isRefusal } from './request-error.ts';
import { renewed, TokenRenewals } from './token-renewals.ts';

/** Asks the server to take the token for the session. */
type Tell = (renewal: Omit<Extract<SignalingRequest, { type: 'renew-token' }>, 'id'>) => Promise<SignalingOk>;

/** The connection of the session, as far as its token is concerned. */
interface Connection {
  readonly state: LinkState;
  /** True unless the link is `IDLE` or `FAILED`: it is connected, or tries to be. */
  readonly alive: boolean;
  readonly request: Tell;
}

/** The token of a session over all its connections: which one is the newest, and which one the server knows. */
export class LoginToken {
  readonly renewals = new TokenRenewals();
  readonly #connection: Connection;
  #newest: string | undefined;
  /** The token that the last hello carried. */
  #told: string | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get newest(): string | undefined {
    return this.#newest;
  }

  /** The token that the last hello carried. */
  get told(): string | undefined {
    return this.#told;
  }

  /** A login brings this one, or none. */
  begin(token: string | undefined): void {
    this.#newest = token;
  }

  /** The newest, for a hello that is now said. */
  forHello(): string | undefined {
    this.#told = this.#newest;
    return this.#told;
  }

  /** Renews now, or with the next connection, for which it waits. −10026 if neither comes in time. */
  async renew(token: string, operation: string): Promise<number> {
    if (this.#connection.state === 'CONNECTED') {
      const serverMs = await renewed(this.#connection.request({ type: 'renew-token', token }), operation);
      if (serverMs !== undefined) {
        this.#newest = token;
        return serverMs;
      }
      if (!this.#connection.alive) throw rtmError(operation, 'NOT_CONNECTED', 'The session has ended');
    }
    this.#newest = token;
    return this.renewals.wait(operation);
  }

  /** Tells the server of tokens that are newer than the one it was `told`. One that it refuses changes nothing. */
  async tellNewer(told: string | undefined, tell: Tell): Promise<void> {
    const token = this.#newest;
    if (token === undefined || token === told) return;
    try {
      await tell({ type: 'renew-token', token });
    } catch (error) {
      // Without an answer it goes with the next connection.
      if (!isRefusal(error)) return;
      if (this.#newest === token) this.#newest = told;
      this.renewals.fail(error.end.code, error.end.reason);
      return;
    }
    await this.tellNewer(token, tell);
  }
}

/** True when a server could take the text for a token: a version and base64. Anything else is refused without asking. */
export function mayBeToken(text: string): boolean {
  return /^00[67][A-Za-z0-9+/=]+$/.test(text);
}

import { settleLogins, showLogin } from '@housecount/link';
import type { LinkState } from '../events/events.ts';
import { isLost } from '../link/request-error.ts';
import type { SignalingLink } from '../link/signaling-link.ts';
import { environment } from '../settings/environment.ts';

/**
 * Time for the page's live clients to say that they are this user, before anything is subscribed to, milliseconds. So nobody is seen twice: as a
 * number in the live channel, and as a user. Chosen: two exchanges over a slow mobile network.
 */
const settleMsMax = 2_000;

/** Shows a login to the page, so that its live clients may link their members to this user; from the call of `login` on. */
export class PageLogin {
  #isThere = false;
  #hide: () => void = () => undefined;
  /** The server has this user's session, and takes requests. */
  #stands = false;
  #waiting: (() => void)[] = [];
  #turn = 0;

  constructor(
    private readonly app: string,
    private readonly link: Pick<SignalingLink, 'request'>,
  ) {}

  /** The state of the link is another one. */
  onState(state: LinkState): void {
    if (state !== 'CONNECTED') this.#stands = false;
    const isThere = state !== 'IDLE' && state !== 'FAILED';
    if (isThere === this.#isThere) return;
    // Before it is shown: whoever sees it asks at once.
    this.#isThere = isThere;
    if (isThere) this.#hide = showLogin(this.app, this.#proofFor);
    else {
      this.#hide();
      this.#wake();
    }
  }

  /**
   * The session stands. Resolves once the page's live clients are linked, or it takes too long, at once where there is no page; with false if
   * the connection is gone by then.
   */
  async settle(): Promise<boolean> {
    const turn = ++this.#turn;
    this.#stands = true;
    this.#wake();
    const settled = settleLogins(this.app);
    if (settled)
      await new Promise<unknown>((resolve) => {
        const cancel = environment.after(settleMsMax, () => resolve(undefined));
        void settled.then(cancel).then(resolve);
      });
    return this.#stands && turn === this.#turn;
  }

  /** One function for all logins of the client: they are of one user. */
  readonly #proofFor = async (nonce: string): Promise<string> => {
    while (this.#isThere) {
      if (!this.#stands) await new Promise<void>((resolve) => this.#waiting.push(resolve));
      else
        try {
          const { result } = await this.link.request({ type: 'link-proof', nonce });
          if (!result || !('proof' in result)) break;
          return result.proof;
        } catch (error) {
          if (!isLost(error)) throw error;
          // The state of the link changes after this.
          this.#stands = false;
        }
    }
    throw new Error('There is no login, or a server that gives no proof of it');
  };

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

import {
  Attempts,
  type BackoffOptions,
  Link,
  realSurroundings,
  requestEndOf,
  type SocketEnd,
} from '@housecount/link';
import {
  type HelloFrame,
  HousecountError,
  type Profile,
  platforms,
  protocolVersion,
  type Role,
  type ServerFrame,
  type WelcomeFrame,
} from '@housecount/protocol';
import { aborted, failure } from '../errors.ts';
import { log } from '../log.ts';
import { type LinkEnd, LinkEnded, linkEndOf } from './link-end.ts';
import { type LiveFrames, liveDialect, type RequestBody } from './live-frames.ts';
import { PersonLink } from './person-link.ts';

/** Time for a first join, over all its attempts, milliseconds. After a first welcome the link never gives up by itself. */
const openMsMax = 15_000;
/** Time for a request, over reconnections, milliseconds; then TIMEOUT. */
const requestMsMax = 20_000;

export interface LinkIdentity {
  readonly server: string;
  readonly app: string;
  readonly channel: string;
  readonly token?: string;
  readonly uid?: number;
  readonly account?: string;
  readonly role: Role;
  readonly profile: Profile;
  /** How attempts follow each other; undefined: as the SDK does by itself, for as long as it may help. */
  readonly retry?: { readonly backoff: BackoffOptions; readonly retriesMax: number };
}

/** The kind of a welcome: the first join; the same membership resumed; or a new membership after the old one had ended. */
export type WelcomeKind = 'joined' | 'resumed' | 'rejoined';

export interface LinkHandlers {
  onReconnecting(): void;
  /** Also called for the first welcome, before `open` resolves. */
  onWelcome(welcome: WelcomeFrame, kind: WelcomeKind): void;
  onFrame(frame: ServerFrame): void;
  /** The membership has ended and the link does not try again. Not called after `bye` or `abandon`. */
  onEnded(end: LinkEnd): void;
}

/** The join that is under way. */
interface Opening {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** The time of the surroundings' clock at which the join is given up. */
  readonly deadlineMs: number;
}

/** A membership over as many sockets as it takes: reconnects with the resume key, and joins anew when that is refused. */
export class LiveLink {
  token: string | undefined;
  role: Role;
  readonly #link: Link<LiveFrames>;
  readonly #person: PersonLink;
  readonly #over = new AbortController();
  #opening: Opening | undefined;
  #isReconnecting = false;
  #welcome: WelcomeFrame | undefined;
  #resume: string | undefined;
  #attempts = new Attempts();
  /** Attempts that have failed since the last welcome. */
  #failures = 0;
  /** The key was refused, and a hello without it is under way that nobody waited for. */
  #isAnewAtOnce = false;

  constructor(
    private readonly identity: LinkIdentity,
    private readonly handlers: LinkHandlers,
    private readonly surroundings = realSurroundings,
  ) {
    this.token = identity.token;
    this.role = identity.role;
    this.#link = new Link<LiveFrames>(
      { dialect: liveDialect, surroundings, ...(identity.retry && { backoff: identity.retry.backoff }) },
      {
        onTurn: () => this.#attempt(),
        onWelcome: (welcome) => this.#welcomed(welcome),
        onFrame: (frame) => this.#take(frame),
        onNoise: () => log.warn('the server sent what is not a frame'),
        onEnd: (end) => this.#lost(end),
      },
    );
    this.#person = new PersonLink({
      app: identity.app,
      server: identity.server,
      surroundings,
      // It is asked once: what is lost with its connection would be about the nonce of that one.
      tell: (proof) => this.#link.request({ type: 'link', ...(proof !== undefined && { proof }) }),
    });
  }

  /** The number of the last attempt to resume, which the next one's exceeds; undefined if the server counts none. */
  get attempt(): number | undefined {
    return this.#attempts.last;
  }

  /** The last welcome, while the link lives. */
  get welcome(): WelcomeFrame | undefined {
    return this.#welcome;
  }

  /** Joins, or resumes with a key kept by an earlier page. Rejects with the server's refusal, or NETWORK_ERROR. */
  open(signal: AbortSignal, kept?: { readonly resume: string; readonly attempt?: number }): Promise<void> {
    if (signal.aborted) return Promise.reject(aborted());
    this.#resume = kept?.resume;
    this.#attempts = new Attempts(kept?.attempt);
    signal.addEventListener('abort', () => this.bye(), { once: true, signal: this.#over.signal });
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject, deadlineMs: this.surroundings.passedMs() + openMsMax };
      this.#attempt();
    });
  }

  /**
   * Sends a request, again after a reconnection if need be. Rejects HousecountError, TIMEOUT, or OPERATION_ABORTED once over. One that is
   * to be sent once at most rejects WS_DISCONNECT where the connection was lost before its answer.
   */
  async request(body: RequestBody, { isOnce = false }: { readonly isOnce?: boolean } = {}): Promise<void> {
    const { passedMs } = this.surroundings;
    const deadlineMs = passedMs() + requestMsMax;
    for (;;) {
      if (!this.#isOver && !this.#link.isWhole) await this.#link.whole(deadlineMs - passedMs());
      if (this.#isOver) throw aborted('the connection has ended');
      if (!this.#link.isWhole) throw failure('TIMEOUT', 'the connection did not come back in time');
      try {
        await this.#link.request(body);
        return;
      } catch (error) {
        const end = requestEndOf<LiveFrames>(error);
        if (!end) throw error;
        if (end.why === 'refused') throw new HousecountError(end.code, end.message);
        if (this.#isOver) throw aborted('the connection has ended');
        if (isOnce)
          throw failure('WS_DISCONNECT', 'the connection was lost before the server answered', error);
        if (passedMs() > deadlineMs) throw failure('TIMEOUT', 'the server did not answer in time', error);
      }
    }
  }

  /** Tries again now rather than at the end of the wait: the network is said to be back. */
  hurry(): void {
    this.#link.hurry();
  }

  /** Says goodbye and ends the link; with a grace in milliseconds the server lets the member leave only after it. */
  bye(graceMs = 0): void {
    void this.#link.part({ goodbye: { type: 'bye', ...(graceMs > 0 && { graceMs }) }, atWelcome: true });
    this.abandon();
  }

  /** Ends the link without a word: the server will hear nothing more. */
  abandon(): void {
    this.#over.abort();
    this.#person.end();
    this.#link.end();
    this.#failOpening(aborted());
  }

  get #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  #attempt(): void {
    this.#link.open(`${this.identity.server.replace(/^http/, 'ws')}/v1/connect`, () => this.#hello());
  }

  #hello(): HelloFrame {
    const { app, channel, account, profile } = this.identity;
    // Whoever was given a number keeps it when it has to join anew.
    const uid = this.#welcome?.uid ?? this.identity.uid;
    return {
      type: 'hello',
      version: protocolVersion,
      app,
      channel,
      ...(this.token !== undefined && { token: this.token }),
      ...(account !== undefined ? { account } : uid !== undefined && { uid }),
      role: this.role,
      profile,
      platform: platforms.web,
      ...(this.#resume !== undefined && { resume: this.#resume, ...this.#attempts.next() }),
      ...(this.#person.announce() && { linkAwaited: true }),
    };
  }

  #welcomed(welcome: WelcomeFrame): void {
    const first = this.#welcome === undefined;
    this.#welcome = welcome;
    this.#resume = welcome.resume;
    this.#attempts.welcomed(welcome);
    this.#isReconnecting = false;
    this.#failures = 0;
    this.#isAnewAtOnce = false;
    this.#link.settle();
    this.handlers.onWelcome(welcome, welcome.resumed ? 'resumed' : first ? 'joined' : 'rejoined');
    this.#opening?.resolve();
    this.#opening = undefined;
    if (!this.#isOver) this.#person.welcomed(welcome.link, welcome.resumed);
  }

  #take(frame: ServerFrame): void {
    if (frame.type === 'error') log.warn(`the server refused a frame: ${frame.code}`, frame.message);
    else this.handlers.onFrame(frame);
  }

  #lost(socketEnd: SocketEnd<LiveFrames>): void {
    const end = linkEndOf(socketEnd);
    this.#person.lost();
    // An older server takes no hello with what is newer than it is.
    if (end.code === 'frame_invalid' && this.#person.withdraw()) this.#attempt();
    else if (this.#opening) this.#retryOpening(this.#opening, end, socketEnd);
    else if (this.#isReconnecting) this.#retry(end);
    else if (end.retry) {
      this.#isReconnecting = true;
      this.handlers.onReconnecting();
      if (!this.#isOver) this.#link.retry(end.retryAfterMs);
    } else this.#give(end);
  }

  #retryOpening({ deadlineMs }: Opening, end: LinkEnd, { why, error }: SocketEnd): void {
    if (this.#resume !== undefined && !end.retry) {
      // However the membership of the page before ended: this page was opened now, and its app asks to join.
      this.#resume = undefined;
      this.#attempt();
      return;
    }
    const isTried =
      why !== 'no-socket' &&
      end.retry &&
      this.#mayRetry() &&
      this.#link.retry(end.retryAfterMs, deadlineMs - this.surroundings.passedMs());
    if (isTried) return;
    this.#failOpening(why === 'no-socket' ? error : new LinkEnded(end));
    this.abandon();
  }

  #retry(end: LinkEnd): void {
    const isKeyRefused = end.code === 'resume_invalid';
    if (isKeyRefused) this.#resume = undefined;
    else if (!end.retry || !this.#mayRetry()) {
      this.#give(end);
      return;
    }
    // Without its key the page joins anew without waiting, once.
    this.#isAnewAtOnce = isKeyRefused && !this.#isAnewAtOnce;
    if (this.#isAnewAtOnce) this.#attempt();
    else this.#link.retry(end.retryAfterMs);
  }

  /** Another attempt failed: may there be one more? */
  #mayRetry(): boolean {
    this.#failures += 1;
    return this.#failures <= (this.identity.retry?.retriesMax ?? Number.POSITIVE_INFINITY);
  }

  #give(end: LinkEnd): void {
    this.abandon();
    this.handlers.onEnded(end);
  }

  #failOpening(error: unknown): void {
    this.#opening?.reject(error);
    this.#opening = undefined;
  }
}

import {
  type ClosingFrame,
  type Code,
  type HelloFrame,
  pongMsMax,
  type ReturnLimits,
  returnLimits,
  type ServerFrame,
  type WelcomeFrame,
} from '@housecount/protocol';

/** A viewer reports here what happens to it, as it happens. */
export interface ViewerReports {
  /** The viewer is in the channel: with a new membership, or the same one resumed. */
  joined(resumed: boolean): void;
  /** The viewer was not let in; `again` if it will try once more, else it is out. */
  refused(code: Code, again: boolean): void;
  /** The connection was lost (it was in), or could not be made, for the error of the socket if there was one; it will try again. */
  lost(wasIn: boolean, cause: unknown): void;
  /** The viewer is out after leave(): the goodbye was heard, or nobody was there to hear it, or it never was in. */
  left(how: 'heard' | 'unheard' | 'never-in'): void;
  /** The server put the viewer out for good. */
  removed(code: Code): void;
}

export interface ViewerOptions {
  /** All of the hello but the resume key. */
  readonly hello: Omit<HelloFrame, 'type' | 'resume' | 'attempt'>;
  readonly open: () => WebSocket;
  readonly reports: ViewerReports;
  /**
   * First pause before it comes back, milliseconds; doubled up to sixteen times that, or what the server's lease allows, then shortened at
   * random by up to half.
   */
  readonly retryMs: number;
}

/** Time for a goodbye, coming back for it included, milliseconds. */
const leaveMs = 10_000;
/** Time for a socket to open, and then for the welcome, milliseconds; then another attempt is made. */
export const welcomeMs = 10_000;
const bye = '{"type":"bye"}';
const ping = '{"type":"ping"}';

type State =
  | { readonly at: 'out' }
  | { readonly at: 'connecting'; readonly socket: WebSocket; readonly cancel: () => void }
  | { readonly at: 'in'; readonly socket: WebSocket; readonly cancelPing: () => void }
  | { readonly at: 'waiting'; readonly cancel: () => void };

/** One client of a channel, without media: joins, keeps its lease, comes back with its resume key, and says goodbye. */
export class Viewer {
  readonly #options: ViewerOptions;
  #state: State = { at: 'out' };
  /** Key of the membership that it would take up again. */
  #resume: string | undefined;
  /** The number of the last attempt to resume; undefined: the server counts none. */
  #attempts: number | undefined;
  #failures = 0;
  /** The limits of coming back, by the last welcome. */
  #limits: ReturnLimits | undefined;
  #cancelSilence: (() => void) | undefined;
  #closing: ClosingFrame | undefined;
  /** The error of the present socket, if it had one. */
  #cause: unknown;
  /** Cancels the timer of a leave; present from leave() until the viewer is out. */
  #cancelLeave: (() => void) | undefined;

  constructor(options: ViewerOptions) {
    this.#options = options;
  }

  get isIn(): boolean {
    return this.#state.at === 'in' && this.#cancelLeave === undefined;
  }

  get isOut(): boolean {
    return this.#state.at === 'out';
  }

  /** Joins; may be called again once it is out. */
  join(): void {
    if (this.#state.at === 'out') this.#connect();
  }

  /** Says goodbye, and comes back to say it if the connection is lost just now; `left` is reported once. */
  leave(): void {
    if (this.#state.at === 'out' || this.#cancelLeave !== undefined) return;
    const timer = setTimeout(() => this.#left('unheard'), leaveMs);
    this.#cancelLeave = () => clearTimeout(timer);
    if (this.#state.at === 'in') this.#state.socket.send(bye);
    // Nothing was ever joined, and nothing is on its way.
    else if (this.#state.at === 'waiting' && this.#resume === undefined) this.#left('never-in');
  }

  /** Cuts the connection without a goodbye and stays away, with no report: what a pulled cable is to the server. */
  vanish(): void {
    this.#out();
  }

  #connect(): void {
    const socket = this.#options.open();
    let timer: ReturnType<typeof setTimeout>;
    const giveUpAfter = (ms: number): void => {
      timer = setTimeout(() => {
        this.#cause = new DOMException('It took too long.', 'TimeoutError');
        this.#lost();
      }, ms);
    };
    giveUpAfter(this.#limits?.openMsMax ?? welcomeMs);
    this.#state = { at: 'connecting', socket, cancel: () => clearTimeout(timer) };
    this.#closing = undefined;
    this.#cause = undefined;
    socket.onopen = () => {
      if (!this.#isOwn(socket)) return;
      clearTimeout(timer);
      giveUpAfter(welcomeMs);
      socket.send(JSON.stringify({ type: 'hello', ...this.#options.hello, ...this.#again() }));
    };
    socket.onmessage = ({ data }) => {
      if (this.#isOwn(socket)) this.#receive(JSON.parse(String(data)) as ServerFrame);
    };
    socket.onerror = (event) => {
      if (this.#isOwn(socket)) this.#cause = 'error' in event ? event.error : undefined;
    };
    socket.onclose = () => {
      if (this.#isOwn(socket)) this.#closed();
    };
  }

  /** The part of the hello that takes up its membership, if it has one. */
  #again(): Pick<HelloFrame, 'resume' | 'attempt'> {
    if (this.#resume === undefined) return {};
    if (this.#attempts === undefined) return { resume: this.#resume };
    this.#attempts += 1;
    return { resume: this.#resume, attempt: this.#attempts };
  }

  #isOwn(socket: WebSocket): boolean {
    return 'socket' in this.#state && this.#state.socket === socket;
  }

  #receive(frame: ServerFrame): void {
    this.#cancelSilence?.();
    this.#cancelSilence = undefined;
    if (frame.type === 'welcome') this.#welcomed(frame);
    if (frame.type === 'closing') this.#closing = frame;
  }

  #welcomed(welcome: WelcomeFrame): void {
    if (this.#state.at !== 'connecting') return;
    const { resume, resumed, attempt, pingMs } = welcome;
    const { socket } = this.#state;
    this.#state.cancel();
    this.#limits = returnLimits(welcome);
    const pongMs = pongMsMax(welcome, pingMs);
    this.#resume = resume;
    this.#attempts = attempt === undefined ? undefined : Math.max(attempt, this.#attempts ?? 0);
    this.#failures = 0;
    const timer = setInterval(() => {
      socket.send(ping);
      // A server that does not answer is not there any more, whatever the socket thinks.
      if (this.#cancelSilence !== undefined) return;
      const silence = setTimeout(() => this.#lost(), pongMs);
      this.#cancelSilence = () => clearTimeout(silence);
    }, pingMs);
    this.#state = { at: 'in', socket, cancelPing: () => clearInterval(timer) };
    this.#options.reports.joined(resumed);
    if (this.#cancelLeave !== undefined) socket.send(bye);
  }

  #closed(): void {
    const closing = this.#closing;
    if (closing === undefined) this.#lost();
    else if (this.#state.at === 'connecting') this.#refused(closing);
    else if (closing.code === 'left') this.#left('heard');
    else if (closing.retry) this.#lost(closing.retryAfterMs);
    else this.#removed(closing.code);
  }

  #refused({ code, retry, retryAfterMs }: ClosingFrame): void {
    if (code === 'resume_invalid' && this.#resume !== undefined) {
      // The membership that it would take up has ended meanwhile: it joins anew, or is out already.
      this.#resume = undefined;
      if (this.#cancelLeave === undefined) this.#wait(0);
      else this.#left('heard');
      return;
    }
    if (this.#resume !== undefined && (code === 'kicked' || code === 'replaced')) {
      // Others ended the membership while it was away: as if it had been there.
      if (this.#cancelLeave === undefined) this.#removed(code);
      else this.#left('heard');
      return;
    }
    const isAgain = retry && !this.#isPointless;
    if (isAgain) this.#wait(retryAfterMs);
    else this.#out();
    this.#options.reports.refused(code, isAgain);
  }

  /** True when the viewer wants out, and there is no membership to come back and end. */
  get #isPointless(): boolean {
    return this.#cancelLeave !== undefined && this.#resume === undefined;
  }

  #lost(retryAfterMs?: number): void {
    if (this.#isPointless) {
      this.#left('never-in');
      return;
    }
    const wasIn = this.#state.at === 'in';
    this.#wait(retryAfterMs);
    this.#options.reports.lost(wasIn, this.#cause);
  }

  #left(how: 'heard' | 'unheard' | 'never-in'): void {
    this.#out();
    this.#options.reports.left(how);
  }

  #removed(code: Code): void {
    this.#out();
    this.#options.reports.removed(code);
  }

  #wait(afterMs: number | undefined): void {
    this.#release();
    const { retryMs } = this.#options;
    const safeMs = this.#limits?.waitMsMax ?? Number.POSITIVE_INFINITY;
    const mostMs = Math.min(retryMs * 16, safeMs);
    const backoffMs = Math.min(retryMs * 2 ** this.#failures, mostMs) * (0.5 + Math.random() / 2);
    // Viewers that a server told the same time come spread over the longest wait after it.
    const askedMs =
      afterMs !== undefined && afterMs > 0 ? Math.min(afterMs, safeMs) + mostMs * Math.random() : afterMs;
    this.#failures += 1;
    const timer = setTimeout(() => this.#connect(), askedMs ?? backoffMs);
    this.#state = { at: 'waiting', cancel: () => clearTimeout(timer) };
  }

  #out(): void {
    this.#release();
    this.#cancelLeave?.();
    this.#cancelLeave = undefined;
    this.#resume = undefined;
    this.#limits = undefined;
    this.#failures = 0;
    this.#state = { at: 'out' };
  }

  /** Lets go of the socket and the timers of the present state. */
  #release(): void {
    const state = this.#state;
    this.#state = { at: 'out' };
    if (state.at === 'in') state.cancelPing();
    if (state.at === 'waiting' || state.at === 'connecting') state.cancel();
    this.#cancelSilence?.();
    this.#cancelSilence = undefined;
    if ('socket' in state) state.socket.close();
  }
}

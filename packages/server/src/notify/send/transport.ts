/**
 * The contract by which an attempt leaves the process. The real one is send-http.ts; tests and the simulation bring their own.
 */

/** Which private networks may be reached. */
export type PrivateReach = boolean | 'named';

export interface SendRequest {
  readonly url: string;
  /** True: any private network; `named`: those that the operator names for endpoints made over REST. */
  readonly allowPrivateNetwork: PrivateReach;
  /** Names and values go out as they are. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From the start of the attempt, resolving included, to the end of the answer's head; milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * The stage at which an attempt failed. `address`: the URL or every address it resolves to is refused. `answer-timeout`: it was
 * sent, and no answer came in time. `answer`: what came is not an answer, or broke off before its status.
 */
export type SendStage = 'address' | 'resolve' | 'connect' | 'tls' | 'send' | 'answer-timeout' | 'answer';

export type SendOutcome =
  | {
      readonly answered: true;
      readonly status: number;
      /** First part of the answer's body, for people to read. */
      readonly excerpt: string;
      /** The receiver asks not to be tried again before this many milliseconds. */
      readonly retryAfterMs?: number;
    }
  | { readonly answered: false; readonly stage: SendStage; readonly detail: string };

/** Never rejects: what goes wrong is an outcome. After an abort it resolves soon, with any outcome. */
export type Send = (request: SendRequest) => Promise<SendOutcome>;

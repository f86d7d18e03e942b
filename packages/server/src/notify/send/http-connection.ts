import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AnswerError, type AnswerLimits, AnswerParser } from './answer-parser.ts';
import type { Ending } from './deadline.ts';
import type { SendStage } from './transport.ts';

/** One checked address to connect to, and the name that its certificate must carry. */
export interface Target {
  readonly tls: boolean;
  /** As the URL names it. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Extra certificate authorities, PEM. */
  readonly ca?: readonly string[] | undefined;
}

export interface Answer {
  readonly status: number;
  readonly excerpt: string;
  /** As the header says it. */
  readonly retryAfter: string | undefined;
}

/** Why there is no status. */
export class SendFailure extends Error {
  override readonly name = 'SendFailure';
  constructor(
    readonly stage: SendStage,
    detail: string,
    /** The connection had served before and broke with no byte of an answer: the receiver closed it while it was idle. */
    readonly stale = false,
  ) {
    super(detail);
  }
}

/**
 * The body of an answer whose status is known may take this much longer, milliseconds; then the connection goes, and
 * the status stands. Chosen: a receiver that never ends its answers must not hold a slot for the whole attempt.
 */
export const answerBodyMs = 1_000;

interface Exchange {
  readonly parser: AnswerParser;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (failure: SendFailure) => void;
  bodyTimer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * One connection to one receiver: opened to an address that was checked, one exchange at a time, used again while its
 * answers are well framed. Written on sockets because Bun's fetch queues beyond 256 requests of the whole process,
 * so a few silent receivers would hold up all others; it was measured to need less CPU as well.
 */
export class HttpConnection {
  readonly #socket: Socket | TLSSocket;
  #exchange: Exchange | undefined;
  #served = 0;
  #ending: SendFailure | undefined;
  /** May carry another exchange. */
  reusable = true;
  onClose: () => void = () => {};

  private constructor(socket: Socket | TLSSocket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('error', (error) => this.#closed(new SendFailure('send', describe(error))));
    socket.on('end', () => this.#closed(new SendFailure('answer', 'the receiver closed the connection')));
    socket.on('close', () => this.#closed(new SendFailure('answer', 'the connection closed')));
  }

  /** Rejects with SendFailure `connect` or `tls`; `ending` ends it as a timeout. */
  static open(target: Target, ending: Ending): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      let stage: 'connect' | 'tls' = 'connect';
      const socket = target.tls ? openTls(target) : connectTcp(target.port, target.address);
      socket.setNoDelay(true);
      const fail = (detail: string, at: SendStage = stage) => {
        ending.removeEventListener('abort', abort);
        socket.destroy();
        reject(new SendFailure(at, detail));
      };
      const abort = () => fail('timed out');
      const onError = (error: Error) => fail(describe(error), stageOf(error, target.tls, stage));
      const onClose = () => fail('the connection closed');
      const ready = () => {
        ending.removeEventListener('abort', abort);
        socket.off('error', onError);
        socket.off('close', onClose);
        resolve(new HttpConnection(socket));
      };
      socket.on('error', onError);
      socket.on('close', onClose);
      socket.once('connect', () => {
        stage = 'tls';
        if (!target.tls) ready();
      });
      socket.once('secureConnect', ready);
      if (ending.aborted) abort();
      else ending.addEventListener('abort', abort, { once: true });
    });
  }

  /** Sends `request` and reads the answer. Rejects with SendFailure `send`, `answer` or `answer-timeout`. */
  exchange(request: string, ending: Ending, limits?: AnswerLimits): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timeOut = () => this.#closed(new SendFailure('answer-timeout', 'no answer in time'));
      const settle = () => {
        ending.removeEventListener('abort', timeOut);
        clearTimeout(this.#exchange?.bodyTimer);
        this.#exchange = undefined;
        this.#served += 1;
      };
      this.#exchange = {
        parser: new AnswerParser(limits),
        bodyTimer: undefined,
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (failure) => {
          settle();
          reject(failure);
        },
      };
      if (this.#ending) return this.#fail(this.#ending);
      ending.addEventListener('abort', timeOut, { once: true });
      if (ending.aborted) return timeOut();
      this.#socket.write(request);
    });
  }

  destroy(): void {
    this.reusable = false;
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    const exchange = this.#exchange;
    // Bytes that answer nothing: the connection is out of step.
    if (!exchange) {
      this.destroy();
      return;
    }
    const { parser } = exchange;
    try {
      parser.push(bytes);
    } catch (error) {
      if (!(error instanceof AnswerError)) throw error;
      this.#closed(new SendFailure('answer', error.message));
      return;
    }
    if (parser.status === undefined) return;
    if (parser.ended || parser.cut) this.#answer(exchange, parser.status);
    else
      exchange.bodyTimer ??= setTimeout(
        () => this.#closed(new SendFailure('answer', 'the body did not end')),
        answerBodyMs,
      );
  }

  #answer(exchange: Exchange, status: number): void {
    const { parser } = exchange;
    // Behind a request that the receiver has not taken, and after 413 may never take, the next one would wait for ever.
    const isTaken = status !== 413 && this.#socket.writableLength === 0;
    if (!parser.ended || !parser.reusable || !isTaken) this.destroy();
    exchange.resolve({ status, excerpt: parser.excerpt, retryAfter: parser.retryAfter });
  }

  /** The connection is over. A status that came before counts all the same: success is the status, not the body. */
  #closed(failure: SendFailure): void {
    if (!this.#ending) {
      this.#ending = failure;
      this.destroy();
      this.onClose();
    }
    this.#fail(failure);
  }

  #fail(failure: SendFailure): void {
    const exchange = this.#exchange;
    if (!exchange) return;
    const { parser } = exchange;
    parser.close();
    if (parser.status !== undefined) this.#answer(exchange, parser.status);
    else if (failure.stage === 'answer-timeout') exchange.reject(failure);
    else exchange.reject(new SendFailure(failure.stage, failure.message, this.#served > 0 && !parser.begun));
  }
}

function openTls({ host, address, port, ca }: Target): TLSSocket {
  const name = host.replace(/^\[|\]$/g, '');
  return connectTls({
    host: address,
    port,
    // A server name is never an address (RFC 6066 section 3); then the certificate must carry the address.
    ...(isIP(name) === 0 && { servername: name }),
    ALPNProtocols: ['http/1.1'],
    ...(ca && { ca: [...ca] }),
  });
}

function stageOf(error: Error, tls: boolean, stage: 'connect' | 'tls'): SendStage {
  const code = 'code' in error ? String(error.code) : '';
  const network = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EADDRNOTAVAIL)$/.test(code);
  return tls && !network ? 'tls' : stage;
}

function describe(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

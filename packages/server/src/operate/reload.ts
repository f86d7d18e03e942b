import { HousecountError } from '@housecount/protocol';
import type { AppChanges } from '../config/apps.ts';
import type { Config } from '../config/config.ts';
import { planReload, type ReloadPlan } from '../config/reload-kinds.ts';
import type { EndpointChanges } from '../notify/registry/configured-endpoints.ts';
import type { Logger } from '../observe/contract.ts';
import { ConfigError } from '../settings/reader.ts';

/** The outcome of a reload. It holds no secret. */
export type ReloadReport =
  | ({ readonly ok: true } & ReloadedParts)
  /** Nothing was changed, unless a problem says otherwise; each is a sentence that begins with the key. */
  | { readonly ok: false; readonly problems: readonly string[] };

export interface ReloadedParts {
  /** Keys that are other than before, and hold now. */
  readonly changed: readonly string[];
  /** Keys that are other than before, and hold after a restart. */
  readonly waiting: readonly string[];
  readonly apps: AppChanges;
  readonly endpoints: EndpointChanges;
  /** Another certificate is in use. */
  readonly certificate: boolean;
}

export interface ReloaderOptions {
  readonly logger: Logger;
  readonly running: () => Config;
  /** The configuration as it is written now. @throws ConfigError */
  readonly reread: () => Config;
  /**
   * Makes the parts follow. @throws ConfigError before anything is changed; any other error says what is not done yet, and
   * another reload does it.
   */
  readonly apply: (plan: ReloadPlan) => Promise<Pick<ReloadedParts, 'apps' | 'endpoints' | 'certificate'>>;
}

/** Reads the configuration again while the server runs; it is taken whole, or refused whole with the reason. */
export class Reloader {
  readonly #options: ReloaderOptions;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ReloaderOptions) {
    this.#options = options;
  }

  /** One after the other: each reads what is written when its turn comes. Never rejects. */
  reload(): Promise<ReloadReport> {
    const mine = this.#turn.then(() => this.#reload());
    this.#turn = mine;
    return mine;
  }

  /** Resolves after the one under way. */
  async stop(): Promise<void> {
    await this.#turn;
  }

  async #reload(): Promise<ReloadReport> {
    const { logger, running, reread, apply } = this.#options;
    try {
      const plan = planReload(running(), reread());
      const { changed, waiting } = plan;
      const parts = { changed, waiting, ...(await apply(plan)) };
      logger.info('the configuration was read again', { ...parts });
      if (waiting.length > 0)
        logger.warn('changed keys of the configuration wait for a restart', { keys: waiting });
      return { ok: true, ...parts };
    } catch (cause) {
      const problems = problemsOf(cause);
      logger.warn('the configuration was read again and not taken; the one before stays in use', {
        problems,
      });
      return { ok: false, problems };
    }
  }
}

function problemsOf(cause: unknown): readonly string[] {
  if (cause instanceof ConfigError) return cause.problems;
  if (cause instanceof HousecountError) return [`${cause.code}: ${cause.message}`];
  return [cause instanceof Error ? cause.message : String(cause)];
}

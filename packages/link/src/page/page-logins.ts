/**
 * Asks the signaling server for a proof that whoever has `nonce`, of a live connection, is the user who is logged in. Each login has a
 * function of its own. Rejects where there is none to be had.
 */
export type ProofFor = (nonce: string) => Promise<string>;

/** Looks at the logins that there are now; resolves once what follows from them is done. */
export type Look = () => Promise<void>;

/**
 * What the SDKs of one page share, each bundle and version of them: the logins there are, as functions that are called. Nothing can be read of
 * it. A later version keeps these members as they are, and may add some.
 */
interface SharedPage {
  readonly version: number;
  /** A user is logged in to signaling, until the function returned is called. */
  add(app: string, proofFor: ProofFor): () => void;
  /** The login of an app, if there is exactly one. */
  only(app: string): ProofFor | undefined;
  /** Calls `look` after the logins of an app became others, until the function returned is called. */
  watch(app: string, look: Look): () => void;
  /** Has all look who watch an app; resolves once they are done. */
  settle(app: string): Promise<unknown>;
}

const members = ['add', 'only', 'watch', 'settle'] as const;
/** In the registry of symbols, so that separate bundles and script tags mean the same one. */
const place = Symbol.for('housecount.page');
const nothing = (): void => undefined;

/** Shows a login to the page's live clients until the function returned is called. Nothing where there is no page. Never throws. */
export function showLogin(app: string, proofFor: ProofFor): () => void {
  return ending(() => sharedPage(true)?.add(app, proofFor));
}

/** The login of the page for an app, if there is exactly one. Never throws. */
export function onlyLogin(app: string): ProofFor | undefined {
  const login = quietly(() => sharedPage(false)?.only(app));
  return typeof login === 'function' ? login : undefined;
}

/** Calls `look` after the logins of an app became others, until the function returned is called. Never throws. */
export function watchLogins(app: string, look: Look): () => void {
  return ending(() => sharedPage(true)?.watch(app, look));
}

/** Resolves once the page's live clients have done what follows from the logins that there are; undefined where there is no page. Never rejects. */
export function settleLogins(app: string): Promise<unknown> | undefined {
  const settled: unknown = quietly(() => sharedPage(false)?.settle(app));
  return settled instanceof Promise ? settled.catch(nothing) : undefined;
}

/** The object that is there already, perhaps of another version; else a new one, if `isMade`. What is not ours is left alone. */
function sharedPage(isMade: boolean): SharedPage | undefined {
  if (typeof document === 'undefined') return undefined;
  const there = (globalThis as { [place]?: unknown })[place];
  if (there !== undefined) return isShared(there) ? there : undefined;
  if (!isMade) return undefined;
  const made = makeSharedPage();
  Object.defineProperty(globalThis, place, { value: made, configurable: true });
  return made;
}

function makeSharedPage(): SharedPage {
  const logins = new Set<readonly [app: string, proofFor: ProofFor]>();
  const watchers = new Set<readonly [app: string, look: Look]>();
  const settle = (app: string): Promise<unknown> =>
    Promise.allSettled([...watchers].map(([watched, look]) => watched === app && quietly(look)));
  return Object.freeze({
    version: 1,
    add(app: string, proofFor: ProofFor) {
      const login = [app, proofFor] as const;
      logins.add(login);
      void settle(app);
      return () => {
        if (logins.delete(login)) void settle(app);
      };
    },
    only(app: string) {
      const [login, another] = [...logins].filter(([of]) => of === app);
      return another === undefined ? login?.[1] : undefined;
    },
    watch(app: string, look: Look) {
      const watcher = [app, look] as const;
      watchers.add(watcher);
      return () => {
        watchers.delete(watcher);
      };
    },
    settle,
  });
}

function isShared(value: unknown): value is SharedPage {
  const page = value as Partial<Record<keyof SharedPage, unknown>> | null;
  return members.every((name) => typeof page?.[name] === 'function');
}

/** The value of `act`; undefined where it throws: what others put on the page is no reason to fail. */
function quietly<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** The function that `begin` returns, made harmless; nothing where it throws or returns something else. */
function ending(begin: () => (() => void) | undefined): () => void {
  const end: unknown = quietly(begin);
  return typeof end === 'function' ? () => quietly(() => end()) : nothing;
}

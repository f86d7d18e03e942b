import { basicAuthorization, type Session } from '@housecount/client';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { Failure } from '../shell/failure.tsx';
import { Waiting } from '../shell/waiting.tsx';
import { api } from './client.ts';
import { currentAuthorization, keepAuthorization } from './credentials.ts';

export interface SessionState extends Session {
  /** Checks the id and secret with the server and keeps them for this tab. Throws ApiError when they are wrong. */
  logIn(id: string, secret: string): Promise<void>;
  logOut(): void;
}

const Context = createContext<SessionState | undefined>(undefined);

/** The server's description of itself, for every page. Throws outside of SessionProvider. */
export function useSession(): SessionState {
  const session = useContext(Context);
  if (session === undefined) throw new Error('useSession is used outside of SessionProvider.');
  return session;
}

/** Asks the server once what kind of session this is; the pages appear when it has answered. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session>();
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` asks again.
  useEffect(() => {
    const stop = new AbortController();
    setError(undefined);
    api
      .call('getSession', {}, { signal: stop.signal })
      .then(setSession)
      .catch((cause: unknown) => {
        if (!stop.signal.aborted) setError(cause);
      });
    return () => stop.abort();
  }, [round]);

  const logIn = useCallback(async (id: string, secret: string) => {
    const before = currentAuthorization();
    keepAuthorization(basicAuthorization(id, secret));
    try {
      await api.call('listApps', {});
      setSession(await api.call('getSession', {}));
    } catch (cause) {
      keepAuthorization(before);
      throw cause;
    }
  }, []);
  const logOut = useCallback(() => {
    keepAuthorization(undefined);
    setRound((before) => before + 1);
  }, []);
  const state = useMemo(() => session && { ...session, logIn, logOut }, [session, logIn, logOut]);

  if (error !== undefined)
    return (
      <Failure
        what="The server does not answer"
        error={error}
        retry={() => setRound((before) => before + 1)}
      />
    );
  if (state === undefined) return <Waiting />;
  return <Context value={state}>{children}</Context>;
}

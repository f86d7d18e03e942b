import type { EndpointSecretShown, TestReport } from '@housecount/client';
import { useState } from 'react';
import { api } from '../api/client.ts';
import { type Action, useAction } from '../shell/use-action.ts';

interface EndpointActions {
  /** What is under way, and what became of the last. */
  readonly action: Action;
  /** Of the last test, if there was one. */
  readonly report: TestReport | undefined;
  test(): Promise<void>;
  /** Tests it, and enables it if it answers as it should. */
  enable(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Gives it a new secret, which is shown once. */
  rotate(): Promise<void>;
  /** Deletes it, with what waits for it. */
  erase(): Promise<void>;
}

/** What can be done to one endpoint, one thing at a time. */
export function useEndpointActions(
  app: string,
  id: string,
  { changed, showSecret }: { changed: () => void; showSecret: (shown: EndpointSecretShown) => void },
): EndpointActions {
  const action = useAction();
  const [report, setReport] = useState<TestReport>();
  const which = { app, id };
  const act = (name: string, work: () => Promise<void>) =>
    action.run(name, async () => {
      await work();
      changed();
    });
  return {
    action,
    report,
    test: () => act('test', async () => setReport(await api.call('testEndpoint', which))),
    enable: () =>
      act('enable', async () => {
        const tested = await api.call('testEndpoint', which);
        setReport(tested);
        if (tested.ok) setReport(await api.call('enableEndpoint', which));
      }),
    pause: () => act('pause', async () => void (await api.call('pauseEndpoint', which))),
    resume: () => act('resume', async () => void (await api.call('resumeEndpoint', which))),
    rotate: () => act('rotate', async () => showSecret(await api.call('rotateEndpointSecret', which))),
    erase: () => act('delete', async () => void (await api.call('deleteEndpoint', which))),
  };
}

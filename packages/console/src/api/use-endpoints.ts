import type { Endpoint } from '@housecount/client';
import { api } from './client.ts';
import { usePoll } from './use-poll.ts';

const endpointsEveryMs = 10_000;

export interface Endpoints {
  /** Undefined until the first answer. */
  readonly list: readonly Endpoint[] | undefined;
  readonly error: unknown;
  /** The name of an endpoint for people: its description, else its host; the id of one that is no longer there. */
  nameOf(endpointId: string): string;
}

/** The endpoints of an app, to name and to choose from. */
export function useEndpoints(app: string): Endpoints {
  const path = `/v1/apps/${app}/endpoints`;
  const { value, error } = usePoll(
    path,
    (signal) => api.call('listEndpoints', { app }, { signal }),
    endpointsEveryMs,
  );
  const list = value?.endpoints;
  return {
    list,
    error,
    nameOf(endpointId) {
      const endpoint = list?.find((each) => each.endpointId === endpointId);
      return endpoint ? nameOfEndpoint(endpoint) : endpointId;
    },
  };
}

/** An endpoint's description, or the host of its URL. */
export function nameOfEndpoint({ description, url }: Pick<Endpoint, 'description' | 'url'>): string {
  return description || hostOf(url) || url;
}

function hostOf(url: string): string | undefined {
  try {
    return new URL(url).host;
  } catch {
    return undefined;
  }
}

import type { Endpoint, NoticeFormat } from '../endpoint/endpoint.ts';
import { writeRetry } from '../endpoint/endpoint-fields.ts';
import type { EndpointStatus } from '../slot/endpoint-status.ts';

/** An endpoint as it is shown: its settings without secrets and header values, and the status of delivery to it. */
export interface EndpointView extends Omit<EndpointStatus, 'state'> {
  /** `config`: it is in the configuration file, and only there it can be changed. */
  readonly source: 'config' | 'managed';
  readonly description: string;
  readonly events: Endpoint['events'];
  readonly channels: readonly string[];
  readonly format: NoticeFormat;
  /** A plan's name, or its gaps in seconds. */
  readonly retry: ReturnType<typeof writeRetry>;
  readonly redeliverGivenUp: boolean;
  /** Names of its own headers; the values may be secret. */
  readonly headerNames: readonly string[];
  readonly allowPrivateNetwork: boolean;
  readonly secrets: readonly { readonly hint: string; readonly endsMs?: number }[];
  /** When it was made, epoch milliseconds; undefined for those of the configuration. */
  readonly createdMs: number | undefined;
  /** `disabled`: it has not passed its health test. */
  readonly state: EndpointStatus['state'] | 'disabled';
}

/** Shows an endpoint. `status` is undefined for one that was never enabled: nothing waits for it. */
export function viewOf(
  endpoint: Endpoint,
  about: {
    readonly source: EndpointView['source'];
    readonly createdMs?: number;
    readonly enabled: boolean;
    readonly status: EndpointStatus | undefined;
    readonly nowMs: number;
  },
): EndpointView {
  const { status, enabled } = about;
  const { id, app, url, description, events, channels, format, retry, allowPrivateNetwork } = endpoint;
  return {
    endpointId: id,
    app,
    source: about.source,
    url,
    description,
    events,
    channels,
    format,
    retry: writeRetry(retry),
    redeliverGivenUp: endpoint.redeliverGivenUp,
    headerNames: Object.keys(endpoint.headers),
    allowPrivateNetwork,
    secrets: activeSecrets(endpoint, about.nowMs).map(({ secret, endsMs }) => ({
      hint: hintOf(secret),
      ...(endsMs !== undefined && { endsMs }),
    })),
    createdMs: about.createdMs,
    state: status && enabled ? status.state : 'disabled',
    through: status?.through ?? 0,
    backlog: status?.backlog ?? 0,
    inFlight: status?.inFlight ?? 0,
    outstanding: status?.outstanding ?? 0,
    oldestEventMs: status?.oldestEventMs,
    lastAttempt: status?.lastAttempt,
    failingSinceMs: status?.failingSinceMs,
    halt: status?.halt,
    givenUp: status?.givenUp ?? 0,
    lost: status?.lost ?? 0,
  };
}

/** The secrets that have not ended, oldest first. */
export function activeSecrets({ secrets }: Endpoint, nowMs: number): Endpoint['secrets'] {
  return secrets.filter(({ endsMs }) => endsMs === undefined || endsMs > nowMs);
}

/** The end of a long secret, to tell two apart by; of a short one nothing. */
const hintOf = (secret: string) => (secret.length >= 16 ? `…${secret.slice(-4)}` : '…');

import type { UID } from '../api/uid.ts';
import { RemoteStreamFallbackType, RemoteStreamType } from '../enums.ts';
import { failure } from '../errors.ts';

/** The largest picture that a client wants of a host: the server's word for it. */
export type Layer = 'high' | 'low';

/** The largest pictures that are wanted: of hosts that something was said of, and of all others. */
export interface WantedLayers {
  readonly ofHosts: ReadonlyMap<UID, Layer>;
  readonly usual: Layer;
}

export const layerFor = ({ ofHosts, usual }: WantedLayers, uid: UID): Layer => ofHosts.get(uid) ?? usual;

/** The pictures that a client wants of those who send them in two sizes: what it said of each host, and of all others. */
export class StreamChoices implements WantedLayers {
  readonly ofHosts = new Map<UID, Layer>();
  usual: Layer = 'high';

  /** INVALID_PARAMS for a type that is none. */
  set(uid: UID, type: RemoteStreamType): void {
    this.ofHosts.set(uid, readLayer(type));
  }

  /** Of hosts that nothing was said of. INVALID_PARAMS for a type that is none. */
  setUsual(type: RemoteStreamType): void {
    this.usual = readLayer(type);
  }
}

/** INVALID_PARAMS for an option that is none. */
export function checkFallback(type: number): void {
  if (typeof type !== 'number' || !(type in RemoteStreamFallbackType))
    throw failure('INVALID_PARAMS', 'the fallback of a stream is 0, 1 or 2');
}

function readLayer(type: RemoteStreamType): Layer {
  // An enum has its values as keys too.
  if (typeof type !== 'number' || !(type in RemoteStreamType))
    throw failure('INVALID_PARAMS', 'the type of a stream is 0 (high) or 1 (low)');
  return type === RemoteStreamType.LOW_STREAM ? 'low' : 'high';
}

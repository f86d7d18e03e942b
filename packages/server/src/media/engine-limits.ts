import { limits as defaults, type LimitsOf } from '../limits.ts';

/** Limits of what the child process carries; it is told them at its start. */
export type MediaChildLimits = LimitsOf<
  | 'mediaConnectMs'
  | 'mediaEngineSessionsMax'
  | 'mediaResendsPerSecondMax'
  | 'mediaRestartedSessionsMax'
  | 'mediaTcpConnectionsMax'
  | 'mediaTcpConnectionsPerAddressMax'
>;

/** Limits of the engine, in the server and in its child. */
export type MediaEngineLimits = MediaChildLimits &
  LimitsOf<'mediaEngineRequestMs' | 'mediaEngineRequestsMax'>;

export const defaultMediaLimits: MediaEngineLimits = defaults;

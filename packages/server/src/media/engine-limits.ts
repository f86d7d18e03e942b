import { limits as defaults, type LimitsOf } from '../limits.ts';

/** What the child process carries; it is told at its start. */
export type MediaChildLimits = LimitsOf<
  'mediaConnectMs' | 'mediaEngineSessionsMax' | 'mediaResendsPerSecondMax' | 'mediaRestartedSessionsMax'
>;

/** What the engine bounds, in the server and in its child. */
export type MediaEngineLimits = MediaChildLimits &
  LimitsOf<'mediaEngineRequestMs' | 'mediaEngineRequestsMax'>;

export const defaultMediaLimits: MediaEngineLimits = defaults;

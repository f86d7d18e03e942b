import { createHash } from 'node:crypto';

/** The name, in a folder, of what is kept of an endpoint: its id may hold anything, a name may not. By another one it would not be found again. */
export const keptNameOf = (folder: string, endpointId: string): string =>
  `${folder}/${createHash('sha256').update(endpointId).digest('hex').slice(0, 32)}`;

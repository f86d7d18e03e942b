import type { AppConfig } from '../config/config.ts';
import type { Logger } from '../observe/contract.ts';

/** Warns the operator of an app without certificate. */
export function warnIfOpen(logger: Logger, { id, certificate, openTo }: AppConfig): void {
  if (certificate === undefined) logger.warn(`AN APP HAS NO CERTIFICATE: ${openWords[openTo]}`, { app: id });
}

/** Tells whoever reads the log whom such an app admits. */
const openWords = {
  thisMachine:
    'whoever is on this machine joins and logs in without a token, under any name; nobody else does',
  everybody: 'EVERYBODY who reaches this server joins and logs in without a token, under any name',
} as const;

import { stat } from 'node:fs/promises';
import type { Config } from '../config/config.ts';
import type { Logger } from '../observe/contract.ts';

/** A group may read them: that is how a service is given a file that root owns. */
const othersRead = 0o004;

/** Warns of files with secrets, named by the operator, that everybody on the machine can read. They are not ours to change. */
export async function warnOfReaders(
  logger: Logger,
  { file, listen: { tls } }: Pick<Config, 'file'> & { readonly listen: Pick<Config['listen'], 'tls'> },
): Promise<void> {
  const secrets = [
    ...(file === undefined ? [] : [{ path: file, what: 'The configuration' }]),
    ...(tls && 'key' in tls ? [{ path: tls.key, what: 'The key of the certificate' }] : []),
  ];
  for (const { path, what } of secrets) {
    // On systems without Unix permissions nothing is known of who may read the file.
    if (process.platform === 'win32') return;
    const mode = (await stat(path).catch(() => undefined))?.mode ?? 0;
    if ((mode & othersRead) !== 0)
      logger.warn(`${what} HOLDS SECRETS, and everybody on this machine can read it.`, {
        file: path,
        remedy: `chmod 600 ${path}, or 640 with the server\u2019s group`,
      });
  }
}

import type { Logger } from '../../observe/contract.ts';
import type { Opening } from './sqlite.ts';

/** Tells the operator what became of a file when it was opened; `lost`: what a damaged one costs, as sentences. */
export function tellOpening(logger: Logger, lost: string): (opening: Opening) => void {
  return (opening) => {
    if (opening.what !== 'set-aside') {
      const { what, path: file, from, to } = opening;
      logger.info(
        what === 'migrated'
          ? 'The file has the version of this server now.'
          : 'A file of the data folder is brought to the version of this server; a large one takes some seconds.',
        { file, from, to },
      );
      return;
    }
    const { path, aside, reason } = opening;
    logger.error(`A FILE OF THE DATA FOLDER IS DAMAGED; it was set aside and a new one begun. ${lost}`, {
      file: path,
      setAside: aside,
      reason,
      remedy:
        'Stop the server and put back a copy of the file from a backup, or go on without what it held. SQLite\u2019s .recover may find much of it in the file that was set aside.',
    });
  };
}

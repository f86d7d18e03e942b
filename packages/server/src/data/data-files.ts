/** A file, or folder, that must be there once it was. */
export interface DataFile {
  /** Below the data folder. */
  readonly path: string;
  /** `refuse`: it is the only place of what it holds, so the server does not start without it unless it is told to. */
  readonly ifMissing: 'refuse' | 'tell';
  /** Says what is lost without the file; completes "Without it …". */
  readonly without: string;
}

/** The files that the manifest watches over. Any other is made anew by itself without loss. */
export const dataFiles: readonly DataFile[] = [
  {
    path: 'log',
    ifMissing: 'refuse',
    without: 'nobody is in any channel, and accounts get other uids',
  },
  {
    path: 'notify/endpoints',
    ifMissing: 'refuse',
    without: 'the endpoints that were made over REST or the console, with their secrets, are gone',
  },
  {
    path: 'notify/cursors',
    ifMissing: 'refuse',
    without: 'every endpoint begins at the log\u2019s end, and is not told what waited for it',
  },
  {
    path: 'messages.db',
    ifMissing: 'refuse',
    without: 'the kept messages that the log no longer has are gone',
  },
  {
    path: 'resume-secret',
    ifMissing: 'tell',
    without: 'clients that come back join anew: a leave and a join of each is told',
  },
  {
    path: 'history.db',
    ifMissing: 'tell',
    without: 'events that the log no longer has cannot be asked for',
  },
  {
    path: 'deliveries.db',
    ifMissing: 'tell',
    without: 'deliveries of before cannot be searched, nor what was given up be sent again by itself',
  },
  {
    path: 'idempotency.db',
    ifMissing: 'tell',
    without: 'a request that is repeated with its key is done once more',
  },
];

/** How far back the log goes, and who keeps it from letting go. */
export interface LogRetention {
  /** Of the oldest entry that is still kept; of the next one, if there is none. */
  readonly firstPosition: number;
  /** Position up to which entries lie further back than the newest `bytes` bytes of the log, about; 0: none. */
  beyond(bytes: number): number;
  /** Records after `cursor()` are kept for this reader, whatever the retention. Returns the release. */
  hold(cursor: () => number): () => void;
}

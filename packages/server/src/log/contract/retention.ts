/** The part of the log that is kept, and the readers that keep it from being deleted. */
export interface LogRetention {
  /** Position of the oldest entry that is still kept; of the next one, if there is none. */
  firstPosition(): Promise<number>;
  /** Position up to which entries lie further back than the newest `bytes` bytes of the log, about; 0: none. */
  beyond(bytes: number): Promise<number>;
  /** Records after `cursor()` are kept for this reader, whatever the retention. Returns the release. */
  hold(cursor: () => number): () => void;
}

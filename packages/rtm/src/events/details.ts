/** Events and answers show these alike: a lock, a user's states, a set of metadata. */

export interface LockDetail {
  lockName: string;
  owner: string;
  ttl: number;
}
export interface StateDetail {
  [key: string]: string;
}
export interface MetaDataDetail {
  value: string;
  revision: number;
  updated: number;
  authorUid: string;
}
export interface StorageData {
  totalCount: number;
  majorRevision: number;
  metadata: Record<string, MetaDataDetail>;
}

import type { DeliveryStatus, NoticeNumber } from '@housecount/client';
import { noticeNumbers, wordsOfNotice } from '../words/notices.ts';
import { fullTime } from '../words/times.ts';

export const deliveryStatuses = [
  'retrying',
  'given-up',
  'delivered',
] as const satisfies readonly DeliveryStatus[];

/** The conditions of a search; every field that is present must fit. Times are of the first attempt, epoch milliseconds. */
export interface DeliveryFilter {
  readonly endpoint?: string;
  readonly channel?: string;
  readonly uid?: number;
  readonly account?: string;
  readonly type?: NoticeNumber;
  readonly status?: DeliveryStatus;
  readonly from?: number;
  readonly to?: number;
}

/** The fields of a filter, named as in the REST API and in the page's address. */
export const filterNames = [
  'endpoint',
  'channel',
  'uid',
  'account',
  'type',
  'status',
  'from',
  'to',
] as const satisfies readonly (keyof DeliveryFilter)[];

/** The filter that an address holds. What is no number, type or status there is left out. */
export function filterOf(query: URLSearchParams): DeliveryFilter {
  const endpoint = query.get('endpoint');
  const channel = query.get('channel');
  const account = query.get('account');
  const uid = numberOf(query.get('uid'));
  const type = noticeNumbers.find((each) => String(each) === query.get('type'));
  const status = deliveryStatuses.find((each) => each === query.get('status'));
  const from = numberOf(query.get('from'));
  const to = numberOf(query.get('to'));
  return {
    ...(endpoint && { endpoint }),
    ...(channel && { channel }),
    ...(uid !== undefined && { uid }),
    ...(account && { account }),
    ...(type !== undefined && { type }),
    ...(status && { status }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

/** The same filter as query parameters. */
export function queryOf(filter: DeliveryFilter): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of filterNames) {
    const value = filter[name];
    if (value !== undefined) query.set(name, String(value));
  }
  return query;
}

/** A member as one types it: digits are a uid, anything else an account; an account of digits is put in quotes. */
export function memberOf(typed: string): Pick<DeliveryFilter, 'uid' | 'account'> {
  const text = typed.trim();
  if (text === '') return {};
  if (/^\d{1,10}$/.test(text)) return { uid: Number(text) };
  const quoted = /^"(.+)"$/.exec(text)?.[1];
  return { account: quoted ?? text };
}

/** The member of a filter as one would type it. */
export function typedMember({ uid, account }: DeliveryFilter): string {
  if (account === undefined) return uid === undefined ? '' : String(uid);
  return /^\d{1,10}$|^".*"$/.test(account) ? `"${account}"` : account;
}

/** The filter in words, without its endpoint: "given up, of channel lobby"; "all" for an empty one. */
export function wordsOfFilter({ channel, uid, account, type, status, from, to }: DeliveryFilter): string {
  const parts = [
    status && wordsOfStatus(status),
    type !== undefined && `${type} ${wordsOfNotice(type)}`,
    channel && `of channel ${channel}`,
    uid !== undefined && `of uid ${uid}`,
    account && `of account ${account}`,
    from !== undefined && `from ${fullTime(from)}`,
    to !== undefined && `until ${fullTime(to)}`,
  ];
  return parts.filter((part) => typeof part === 'string' && part !== '').join(', ') || 'all';
}

/** The state of a delivery in words. */
export function wordsOfStatus(status: DeliveryStatus): string {
  return status.replace('-', ' ');
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

import { checkName, checkOptions } from '../errors/checks.ts';
import { rtmError } from '../errors/errors.ts';

export interface MetadataItem {
  key: string;
  value: string;
  /** −1: whatever the present one is. Above 0: it must be the present one. */
  revision?: number;
}
export interface MetadataOptions {
  majorRevision?: number;
  lockName?: string;
  addTimeStamp?: boolean;
  addUserId?: boolean;
}

/** Characters of a key; bytes of a value, and of all of a call (the API's figures). */
const keyLengthMax = 32;
const bytesMax = 16 * 1024;
const itemKeys: readonly string[] = ['key', 'value', 'revision'];

/** A list of items without a key twice, as the server is asked for it; −12003, −12004, −12005, −12009 to −12013 or −12006. */
export function checkItems(operation: string, data: unknown): asserts data is MetadataItem[] {
  if (!Array.isArray(data))
    throw rtmError(operation, 'STORAGE_INVALID_ARGUMENT', 'The metadata must be a list of items');
  const keys = new Set<string>();
  let bytes = 0;
  for (const item of data as unknown[]) {
    const { key, value = '' } = checkItem(operation, item);
    if (keys.has(key)) throw rtmError(operation, 'STORAGE_DUPLICATE_KEY', `The key ${key} is there twice`);
    keys.add(key);
    const valueBytes = new TextEncoder().encode(value).length;
    if (valueBytes > bytesMax)
      throw rtmError(operation, 'STORAGE_VALUE_LENGTH_OVERFLOW', 'A value is longer than 16 KB');
    bytes += key.length + valueBytes;
  }
  if (bytes > bytesMax)
    throw rtmError(operation, 'STORAGE_METADATA_LENGTH_OVERFLOW', 'The metadata is longer than 16 KB');
}

function checkItem(operation: string, item: unknown): { key: string; value?: string } {
  if (typeof item !== 'object' || item === null || Object.keys(item).some((key) => !itemKeys.includes(key)))
    throw rtmError(operation, 'STORAGE_INVALID_METADATA_ITEM', 'An item has key, value and revision');
  const { key, value, revision }: Partial<Record<string, unknown>> = { ...item };
  if (typeof key !== 'string' || !/^[ -~]+$/.test(key))
    throw rtmError(operation, 'STORAGE_INVALID_KEY', 'A key must be of ASCII characters');
  if (key.length > keyLengthMax)
    throw rtmError(operation, 'STORAGE_KEY_LENGTH_OVERFLOW', `A key has at most ${keyLengthMax} characters`);
  if (value !== undefined && typeof value !== 'string')
    throw rtmError(operation, 'STORAGE_INVALID_VALUE', 'A value must be a string');
  if (revision !== undefined) checkRevision(operation, revision);
  return { key, ...(value !== undefined && { value }) };
}

/** −12004, −12005 or −12007. */
export function checkMetadataOptions(operation: string, options: unknown): void {
  if (options === undefined) return;
  checkOptions(operation, options, 'STORAGE_INVALID_ARGUMENT');
  const { majorRevision, lockName } = options;
  if (majorRevision !== undefined) checkRevision(operation, majorRevision);
  if (lockName !== undefined && lockName !== '')
    checkName(operation, lockName, 'STORAGE_INVALID_LOCK_NAME', "the lock's name");
}

function checkRevision(operation: string, revision: unknown): void {
  if (typeof revision !== 'number' || !Number.isSafeInteger(revision) || (revision !== -1 && revision < 1))
    throw rtmError(operation, 'STORAGE_INVALID_REVISION', 'A revision is -1 or a whole number above 0');
}

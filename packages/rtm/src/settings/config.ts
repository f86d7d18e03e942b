import { isSignalingName } from '@housecount/protocol';
import { rtmError } from '../errors/errors.ts';
import type { EncryptionMode } from '../events/constants.ts';
import type { ServiceType } from '../events/events.ts';
import { type Encryption, isEncryptionPossible, saltBytesMax } from '../messages/sealer.ts';
import type { LogLevel } from './log.ts';

export interface PrivateConfig {
  serviceType: ServiceType[];
  /** Addresses of the server, each tried in turn; without `https://` or `http://` in front, https (http on loopback). */
  accessPointHosts: string[];
  eventUploadHosts?: string[];
  logUploadHosts?: string[];
  originDomains?: string[];
  domainMode?: 1 | 2;
}

export interface RTMConfig {
  /** Used by `login` without one, as in 2.1. */
  token?: string;
  /** Messages are encrypted so that the server cannot read them; all clients of an app must have the same. Default `NONE`. */
  encryptionMode?: EncryptionMode | '';
  /** At most 32 bytes; a shorter salt is filled up with zeros, which are also the default. */
  salt?: Uint8Array;
  /** Any text; needed with a mode. Best 32 random bytes as hexadecimal: `openssl rand -hex 32`. */
  cipherKey?: string;
  /** Seconds after which a lost user is told as timed out, 5 to 300; what is outside becomes the bound. Default 300. */
  presenceTimeout?: number;
  logUpload?: boolean;
  cloudProxy?: boolean;
  useStringUserId?: boolean;
  logLevel?: LogLevel;
  /** Seconds between signs of life, 5 to 1800; what is outside becomes the bound. Default 5. */
  heartbeatInterval?: number;
  privateConfig?: PrivateConfig;
  /** Housecount: true refuses a second instance of the same app and user while one is alive, as 2.3.0 does. Default false. */
  strictSingleInstance?: boolean;
}

/** A configuration that was checked. */
export interface Settings {
  readonly app: string;
  readonly userId: string;
  readonly heartbeatSeconds: number;
  readonly presenceTimeoutSeconds: number;
  readonly hosts: readonly string[];
  readonly services: readonly ServiceType[];
  readonly logLevel: unknown;
  readonly strictSingleInstance: boolean;
  /** The token of a `login` that brings none. */
  readonly token: string;
  /** undefined: messages go as they are. */
  readonly encryption: Encryption | undefined;
}

const operation = 'initRTM';

/** Checks the constructor's arguments; throws RTMBaseError of operation `initRTM`. */
export function readConfig(appId: unknown, userId: unknown, config: RTMConfig = {}): Settings {
  // `null` as configuration is as good as none.
  const given = config ?? {};
  // Printable ASCII: what the API takes for an app id; whether there is such an app the server says at login.
  if (typeof appId !== 'string' || !/^[!-~]{32}$/.test(appId))
    throw rtmError(operation, 'INVALID_APP_ID', 'The app id must be a string of 32 characters');
  if (!isSignalingName(userId))
    throw rtmError(
      operation,
      'INVALID_USER_ID',
      'The user id must be a string of 1 to 64 legal characters that does not begin with _',
    );
  if (given.useStringUserId === false && !/^\d+$/.test(userId))
    throw rtmError(operation, 'INVALID_USER_ID', 'With useStringUserId false the user id must be a number');
  const { hosts, services } = readPrivateConfig(given.privateConfig);
  return {
    app: appId,
    userId,
    heartbeatSeconds: clamp(given.heartbeatInterval, 5, 1800, 5),
    presenceTimeoutSeconds: clamp(given.presenceTimeout, 5, 300, 300),
    hosts,
    services,
    logLevel: given.logLevel,
    strictSingleInstance: given.strictSingleInstance === true,
    token: readToken(given.token),
    encryption: readEncryption(given),
  };
}

function readToken(token: unknown = ''): string {
  if (typeof token !== 'string') throw rtmError(operation, 'INVALID_TOKEN', 'The token must be a string');
  return token;
}

/** Encryption that is asked for and cannot be had must not become plain text: it is refused. */
function readEncryption({ encryptionMode, cipherKey, salt }: RTMConfig): Encryption | undefined {
  const mode: unknown = encryptionMode ?? 'NONE';
  if (mode === 'NONE' || mode === '') return undefined;
  if (mode !== 'AES_128_GCM' && mode !== 'AES_256_GCM')
    throw rtmError(
      operation,
      'INVALID_ENCRYPTION_PARAMETER',
      'encryptionMode must be NONE, AES_128_GCM or AES_256_GCM',
    );
  if (typeof cipherKey !== 'string' || cipherKey === '')
    throw rtmError(operation, 'INVALID_ENCRYPTION_PARAMETER', 'The encryption mode needs a cipherKey');
  const given: unknown = salt ?? new Uint8Array();
  if (!(given instanceof Uint8Array && given.length <= saltBytesMax))
    throw rtmError(operation, 'INVALID_ENCRYPTION_PARAMETER', 'The salt must have at most 32 bytes');
  if (!isEncryptionPossible())
    throw rtmError(
      operation,
      'SERVICE_NOT_SUPPORTED',
      'Encryption needs WebCrypto, which pages have with https or on localhost only',
    );
  return { mode, cipherKey, salt: given.slice() };
}

function readPrivateConfig(config: PrivateConfig | undefined): Pick<Settings, 'hosts' | 'services'> {
  const none = { hosts: [], services: ['MESSAGE', 'STREAM'] } as const;
  if (config === undefined || config === null || Object.keys(config).length === 0) return none;
  const { serviceType, accessPointHosts }: Partial<Record<keyof PrivateConfig, unknown>> = config;
  // The original takes empty lists as it takes none.
  const [services, hosts] = [orAll(serviceType, none.services), orAll(accessPointHosts, none.hosts)];
  if (services === none.services && hosts === none.hosts) return none;
  if (!isListOf(services, (each): each is ServiceType => each === 'MESSAGE' || each === 'STREAM'))
    throw rtmError(operation, 'INVALID_PRIVATE_CONFIG', 'serviceType must list MESSAGE, STREAM or both');
  if (
    hosts !== none.hosts &&
    !isListOf(hosts, (each): each is string => typeof each === 'string' && each !== '')
  )
    throw rtmError(operation, 'INVALID_PRIVATE_CONFIG', 'accessPointHosts must list at least one address');
  return { hosts: [...(hosts as readonly string[])], services: [...services] };
}

function orAll(list: unknown, all: readonly string[]): unknown {
  return Array.isArray(list) && list.length === 0 ? all : list;
}

function isListOf<T>(value: unknown, is: (each: unknown) => each is T): value is T[] {
  return Array.isArray(value) && value.length > 0 && value.every(is);
}

/** Numbers in text count; what is none becomes `otherwise`. */
function clamp(value: unknown, least: number, most: number, otherwise: number): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number)) return otherwise;
  return Math.min(most, Math.max(least, number));
}

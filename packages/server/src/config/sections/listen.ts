import { limits } from '../../limits.ts';
import {
  child,
  choice,
  complain,
  flag,
  integer,
  onlyKeys,
  type Source,
  text,
} from '../../settings/reader.ts';
import type { Config } from '../config.ts';
import { filled } from './filled.ts';
import { readNetworks } from './networks.ts';

export function readListen(source: Source): Config['listen'] {
  onlyKeys(source, [
    'host',
    'port',
    'tls',
    'trustedProxies',
    'forwardedHeader',
    'basePath',
    'socketsMax',
    'socketsPerAddressMax',
    'requestsMax',
    'requestsPerAddressMax',
  ]);
  const host = text(child(source, 'host'), 'a host name or address', filled, '127.0.0.1');
  const port = integer(child(source, 'port'), { min: 0, max: 65_535, fallback: 7080 });
  const basePath = text(
    child(source, 'basePath'),
    'a path like /housecount, or /',
    (path) => path === '' || path === '/' || /^(\/[\w.~-]*\w[\w.~-]*)+\/?$/.test(path),
    '',
  );
  const proxies = {
    ...readConnectionLimits(source),
    basePath: basePath === '/' ? basePath : basePath.replace(/\/$/, ''),
    trustedProxies: readNetworks(child(source, 'trustedProxies')),
    forwardedHeader: choice(
      child(source, 'forwardedHeader'),
      ['auto', 'x-forwarded-for', 'forwarded'],
      'auto',
    ),
  };
  const tls = child(source, 'tls');
  onlyKeys(tls, ['cert', 'key', 'selfSigned']);
  const selfSigned = flag(child(tls, 'selfSigned'), false);
  const cert = child(tls, 'cert');
  const key = child(tls, 'key');
  if (cert.value === undefined && key.value === undefined)
    return { host, port, ...proxies, ...(selfSigned && { tls: { selfSigned } }) };
  if (selfSigned) complain(tls, 'expected either cert and key, or selfSigned: true');
  return {
    host,
    port,
    ...proxies,
    tls: {
      cert: text(cert, 'the path of a PEM file', filled),
      key: text(key, 'the path of a PEM file', filled),
    },
  };
}

function readConnectionLimits(source: Source) {
  const count = (key: string, fallback: number) =>
    integer(child(source, key), { min: 1, max: 10_000_000, fallback });
  return {
    socketsMax: count('socketsMax', limits.connectionsMax),
    socketsPerAddressMax: count('socketsPerAddressMax', limits.connectionsPerAddressMax),
    requestsMax: count('requestsMax', limits.requestsMax),
    requestsPerAddressMax: count('requestsPerAddressMax', limits.requestsPerAddressMax),
  };
}

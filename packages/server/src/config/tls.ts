import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { HousecountError } from '@housecount/protocol';
import type { Disk } from '../engine/disk.ts';
import { ConfigError } from '../settings/reader.ts';
import type { Config } from './config.ts';

export interface Tls {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

const certPath = 'self-signed/cert.pem';
const keyPath = 'self-signed/key.pem';
/** Browsers take no certificate that lasts longer. */
const validDays = 397;
/** Days left of a certificate below which it is made anew. */
const renewDays = 30;

/** The certificate to listen with: from files, or self-signed (made once, kept in the data folder), or none. */
export async function loadTls(
  { tls }: { readonly tls?: Config['listen']['tls'] },
  disk: Disk,
): Promise<{ tls?: Tls }> {
  if (!tls) return {};
  if ('cert' in tls) return { tls: await given(tls) };
  return { tls: await selfSigned(disk) };
}

/** @throws ConfigError naming each file that cannot be used, and why. */
async function given(paths: Tls): Promise<Tls> {
  const problems: string[] = [];
  const read = async <T>(name: 'cert' | 'key', what: string, parse: (text: string) => T) => {
    const path = paths[name];
    const complain = (sentence: string) => problems.push(`listen.tls.${name}: ${path} ${sentence}`);
    try {
      const text = await readFile(path, 'utf8');
      try {
        return { text, parsed: parse(text) };
      } catch {
        complain(`is not ${what} in PEM`);
      }
    } catch (cause) {
      complain(`cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
    return undefined;
  };
  const cert = await read('cert', 'a certificate', (text) => new X509Certificate(text));
  const key = await read('key', 'a private key without a passphrase', (text) => createPrivateKey(text));
  if (cert && key && !cert.parsed.checkPrivateKey(key.parsed))
    problems.push(`listen.tls.key: ${paths.key} is not the key of the certificate`);
  if (!cert || !key || problems.length > 0) throw new ConfigError(problems);
  return { cert: cert.text, key: key.text };
}

async function selfSigned(disk: Disk): Promise<Tls> {
  const names = ownNames();
  const cert = await disk.read(certPath);
  const key = await disk.read(keyPath);
  if (cert && key) {
    const kept = { cert: new TextDecoder().decode(cert), key: new TextDecoder().decode(key) };
    if (await isGood(kept, names)) return kept;
  }
  const { generate } = await import('selfsigned');
  const notAfterDate = new Date(Date.now() + validDays * 86_400_000);
  const made = await generate([{ name: 'commonName', value: 'Housecount' }], {
    notAfterDate,
    algorithm: 'sha256',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: names.map((name) =>
          /^[\d.]+$|:/.test(name) ? { type: 7, ip: name } : { type: 2, value: name },
        ),
      },
    ],
  });
  await disk.replace(keyPath, new TextEncoder().encode(made.private));
  await disk.replace(certPath, new TextEncoder().encode(made.cert));
  return { cert: made.cert, key: made.private };
}

/** Does the certificate still last, and does it name this machine as it is now? */
async function isGood({ cert, key }: Tls, names: readonly string[]): Promise<boolean> {
  const parsed = readable(certPath, () => new X509Certificate(cert));
  const secret = readable(keyPath, () => createPrivateKey(key));
  // A stop between the two writes left the key of one and the certificate of another.
  if (!parsed.checkPrivateKey(secret)) return false;
  if (Date.parse(parsed.validTo) < Date.now() + renewDays * 86_400_000) return false;
  return names.every((name) => parsed.subjectAltName?.includes(name));
}

function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new HousecountError('data_damaged', `It is ${path}: delete it to have a new one made.`, { cause });
  }
}

function ownNames(): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ family }) => family === 'IPv4')
    .map(({ address }) => address);
  return ['localhost', hostname(), ...addresses];
}

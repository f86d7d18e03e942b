import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { toRoot } from '../net/http/base-path.ts';
import type { Route } from '../net/http/route.ts';

export interface StaticFilesOptions {
  /** The folder that the build of packages/console writes. It need not exist yet. */
  readonly dir: string;
}

/** Pages of the console: each is the same document, which shows what its address says. */
const pagePaths = [
  '/',
  '/demo',
  '/inspector',
  '/endpoints',
  '/deliveries',
  '/channels/{app}/{channel}',
] as const;
/** Files beside the document, by their fixed names. Everything else is under /assets with a hash in its name. */
const filePaths = ['/favicon.svg', '/color-scheme.js'] as const;

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};
const compressible = new Set(['.css', '.html', '.js', '.json', '.map', '.svg', '.txt']);

/**
 * Styles may be inline: the component library writes its colours as a style element. Scripts may not.
 * `data:` images are the QR code and icons; `blob:` media and workers are the camera preview and audio worklets.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob: mediastream:",
  "worker-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(self), microphone=(self), display-capture=(self), geolocation=()',
  'cross-origin-opener-policy': 'same-origin',
};

interface StaticFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly gzipped?: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly etag: string;
}

/**
 * Serves the built console: its pages, and the files they need. A path from outside is only ever looked up among the
 * files found in `dir`, never joined to it. Without a build, every page says how to make one.
 */
export function staticRoutes({ dir }: StaticFilesOptions): Route[] {
  const files = fileTable(dir);
  const routes: Route[] = [];
  const method = 'GET';
  for (const path of pagePaths)
    routes.push({
      method,
      path,
      handle: async (request, { url }) => {
        const document = (await files())?.get(`/index.html ${toRoot(url.pathname)}`);
        return document ? answer(request, document, 'no-cache') : notBuilt();
      },
    });
  for (const path of filePaths)
    routes.push({
      method,
      path,
      handle: async (request) => {
        const file = (await files())?.get(path);
        return file ? answer(request, file, 'no-cache') : notFound();
      },
    });
  routes.push({
    method,
    path: '/assets/{rest*}',
    handle: async (request, { params }) => {
      const file = (await files())?.get(`/assets/${params.rest ?? ''}`);
      return file ? answer(request, file, 'public, max-age=31536000, immutable') : notFound();
    },
  });
  return routes;
}

/** Reads the folder into memory (a build is about 1 MB), and again when its index.html has changed. */
function fileTable(dir: string): () => Promise<ReadonlyMap<string, StaticFile> | undefined> {
  let version = '';
  let table: Promise<ReadonlyMap<string, StaticFile>> | undefined;
  return async () => {
    let current: string;
    try {
      const { mtimeMs, size } = await stat(join(dir, 'index.html'));
      current = `${mtimeMs}/${size}`;
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw cause;
    }
    if (table === undefined || current !== version) {
      version = current;
      table = readTable(dir);
      // A read that failed is tried again at the next request; this one sees the error below.
      table.catch(() => {
        version = '';
      });
    }
    return table;
  };
}

async function readTable(dir: string): Promise<ReadonlyMap<string, StaticFile>> {
  const table = new Map<string, StaticFile>();
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    // Links are not followed: what is served lies in the folder.
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const extension = extname(entry.name).toLowerCase();
    if (contentTypes[extension] === undefined) continue;
    const bytes = new Uint8Array(await readFile(file));
    const path = `/${relative(dir, file).split(sep).join('/')}`;
    if (path === '/index.html')
      for (const root of roots) table.set(`${path} ${root}`, fileOf(documentAt(root, bytes), extension));
    else table.set(path, fileOf(bytes, extension));
  }
  return table;
}

/** From the pages of pagePaths, with and without a slash at the end, to the root of the console. */
const roots = ['./', '../', '../../', '../../../'];

/** The document for pages from which `root` leads to the files beside it, under whatever path a proxy has the console. */
const documentAt = (root: string, document: Uint8Array): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(
    new TextDecoder().decode(document).replace(/(\s(?:src|href)=")\.\//g, (_, attribute) => attribute + root),
  );

function fileOf(bytes: Uint8Array<ArrayBuffer>, extension: string): StaticFile {
  return {
    bytes,
    ...(compressible.has(extension) && { gzipped: new Uint8Array(gzipSync(bytes)) }),
    contentType: contentTypes[extension] ?? '',
    etag: createHash('sha256').update(bytes).digest('base64url').slice(0, 27),
  };
}

function answer(request: Request, file: StaticFile, cacheControl: string): Response {
  const gzipped = acceptsGzip(request.headers.get('accept-encoding')) ? file.gzipped : undefined;
  const etag = gzipped ? `"${file.etag}-gz"` : `"${file.etag}"`;
  const headers = new Headers({
    ...securityHeaders,
    'content-type': file.contentType,
    'cache-control': cacheControl,
    etag,
    ...(file.gzipped && { vary: 'accept-encoding' }),
  });
  if (matches(request.headers.get('if-none-match'), file.etag))
    return new Response(null, { status: 304, headers });
  if (gzipped) headers.set('content-encoding', 'gzip');
  return new Response(gzipped ?? file.bytes, { status: 200, headers });
}

function acceptsGzip(accepted: string | null): boolean {
  return (accepted ?? '').split(',').some((part) => {
    const [coding, ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    // A quality of 0 means "not this one" (RFC 9110 section 12.4.2).
    return (coding === 'gzip' || coding === '*') && !parameters.some((piece) => /^q=0(\.0*)?$/.test(piece));
  });
}

/** If-None-Match compares weakly (RFC 9110 section 13.1.2); both encodings of a file count as the same. */
function matches(header: string | null, etag: string): boolean {
  if (header === null) return false;
  return header.split(',').some((part) => {
    const given = part.trim().replace(/^W\//, '');
    return given === '*' || given === `"${etag}"` || given === `"${etag}-gz"`;
  });
}

function notBuilt(): Response {
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Housecount</title>
<h1>The console is not built yet</h1>
<p>The server runs. To build its pages, run this in the repository, then load this page again:</p>
<pre>npm run build</pre>
`;
  return new Response(page, {
    status: 503,
    headers: { ...securityHeaders, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  });
}

function notFound(): Response {
  return new Response('There is no such file.\n', {
    status: 404,
    headers: { ...securityHeaders, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  });
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');
}

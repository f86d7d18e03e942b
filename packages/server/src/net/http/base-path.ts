/** The path below which a proxy offers the server. Empty: not told, so that only relative references are sure; `/`: the root. */
export type BasePath = string;

/**
 * A path as the server's routes have it: some proxies take the base path off, some leave it there. `undefined`: it is the
 * base path itself, whose relative references would lead beside it, so that the client has to be sent to `/` below it.
 */
export function withoutBase(basePath: BasePath, pathname: string): string | undefined {
  if (basePath === '' || basePath === '/') return pathname;
  if (pathname === basePath) return undefined;
  return pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : pathname;
}

/** A reference, from the resource at `pathname` (without base), to `target`, which the client resolves below any proxy's path. */
export function reference(basePath: BasePath, pathname: string, target: string): string {
  if (basePath === '') return toRoot(pathname) + target.slice(1);
  return basePath === '/' ? target : basePath + target;
}

/** `../` as often as it takes from the resource at `pathname` to the root; `./` for those at the root. */
export function toRoot(pathname: string): string {
  const folders = pathname.split('/').length - 2;
  return folders > 0 ? '../'.repeat(folders) : './';
}

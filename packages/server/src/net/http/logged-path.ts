/**
 * The path of a request as it may stand in a log. The URL of a media session is all that PATCH and DELETE ask for, so its
 * last part is masked, wherever the path goes on from there and whatever stands before it.
 */
export function loggedPath(pathname: string): string {
  return pathname.replace(/(\/v1\/media\/)[^/]+/gi, '$1***');
}

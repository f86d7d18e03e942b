import assert from 'node:assert/strict';
import type { Route } from './route.ts';

/** The result of matching a method and path. */
export type Match =
  | { readonly found: 'route'; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly found: 'nothing' }
  /** The resource exists, with other methods; `route` is one of its routes. */
  | { readonly found: 'other-methods'; readonly allow: readonly string[]; readonly route: Route }
  /** A percent-encoding in the path is broken. */
  | { readonly found: 'bad-path'; readonly route: Route };

/** One segment of a template: literal text, or the name of a parameter; `rest` takes all that follows. */
type Segment =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'name' | 'rest'; readonly name: string };

interface Template {
  readonly segments: readonly Segment[];
  readonly methods: Map<string, Route>;
}

/** Finds the route of a request among templates like `/v1/apps/{app}/channels` or `/assets/{rest*}`. */
export class Router {
  readonly #templates: readonly Template[];

  /** The template with literal text wins over one that has a parameter there. Asserts that no route is given twice. */
  constructor(routes: readonly Route[]) {
    const templates = new Map<string, Template>();
    for (const route of routes) {
      const segments = segmentsOf(route.path);
      const shape = segments
        .map((segment) => (segment.is === 'text' ? segment.text : `{${segment.is}}`))
        .join('/');
      const template = templates.get(shape) ?? { segments, methods: new Map<string, Route>() };
      assert(!template.methods.has(route.method), `${route.method} ${route.path} is routed once`);
      template.methods.set(route.method, route);
      templates.set(shape, template);
    }
    this.#templates = [...templates.values()].sort(bySpecificity);
  }

  /**
   * `path` as in the request line, percent-encoded. HEAD is answered by GET where it has no route of its own. A slash at the
   * end, as some clients put there, is not looked at where no template has one.
   */
  match(method: string, path: string): Match {
    const exact = this.#match(method, path);
    if (exact.found !== 'nothing' || !/[^/]\/$/.test(path)) return exact;
    return this.#match(method, path.slice(0, -1));
  }

  #match(method: string, path: string): Match {
    const parts = path.split('/').slice(1);
    const allow = new Set<string>();
    let other: Route | undefined;
    for (const { segments, methods } of this.#templates) {
      if (!fits(segments, parts)) continue;
      const route = methods.get(method) ?? (method === 'HEAD' ? methods.get('GET') : undefined);
      if (!route) {
        for (const [name, each] of methods) {
          allow.add(name);
          other ??= each;
        }
        if (methods.has('GET')) allow.add('HEAD');
        continue;
      }
      const params = paramsOf(segmentsOf(route.path), parts);
      return params ? { found: 'route', route, params } : { found: 'bad-path', route };
    }
    return other ? { found: 'other-methods', allow: [...allow].sort(), route: other } : { found: 'nothing' };
  }
}

function segmentsOf(path: string): readonly Segment[] {
  assert(path.startsWith('/'), 'a template begins with a slash');
  const parts = path.split('/').slice(1);
  return parts.map((part, index) => {
    const name = /^\{(\w+)(\*?)\}$/.exec(part);
    if (!name?.[1]) return { is: 'text', text: part };
    assert(name[2] === '' || index === parts.length - 1, 'only the last segment takes the rest');
    return { is: name[2] === '*' ? 'rest' : 'name', name: name[1] };
  });
}

/** A parameter is never empty: `/channels/` is not a channel with no name. */
function fits(segments: readonly Segment[], parts: readonly string[]): boolean {
  const open = segments.at(-1)?.is === 'rest';
  if (open ? parts.length < segments.length : parts.length !== segments.length) return false;
  return segments.every((segment, index) =>
    segment.is === 'text' ? parts[index] === segment.text : segment.is === 'rest' || parts[index] !== '',
  );
}

function paramsOf(
  segments: readonly Segment[],
  parts: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const params: Record<string, string> = Object.create(null);
  try {
    for (const [index, segment] of segments.entries()) {
      if (segment.is === 'name') params[segment.name] = decodeURIComponent(parts[index] ?? '');
      else if (segment.is === 'rest')
        params[segment.name] = parts.slice(index).map(decodeURIComponent).join('/');
    }
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
  return params;
}

function bySpecificity(left: Template, right: Template): number {
  const rank = { text: 0, name: 1, rest: 2 };
  const length = Math.max(left.segments.length, right.segments.length);
  for (let index = 0; index < length; index++) {
    const difference = rank[left.segments[index]?.is ?? 'rest'] - rank[right.segments[index]?.is ?? 'rest'];
    if (difference !== 0) return difference;
  }
  return 0;
}

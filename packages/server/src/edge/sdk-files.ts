import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HousecountError } from '@housecount/protocol';
import type { Route } from './route.ts';

/** The browser SDK by the names that pages ask for: a script that sets `window.AgoraRTC`, and an ES module. */
const files: Readonly<Record<string, string>> = {
  'AgoraRTC_N.js': 'AgoraRTC.iife.js',
  'housecount-rtc.js': 'housecount-rtc.esm.js',
};

/** Serves the built browser SDK from `dir` under /sdk/, to pages of any origin: an app changes one script address. */
export function sdkRoutes({ dir }: { readonly dir: string }): Route[] {
  return [
    {
      method: 'GET',
      path: '/sdk/{file}',
      async handle(_request, { params }) {
        const file = Object.hasOwn(files, params.file ?? '') ? files[params.file ?? ''] : undefined;
        if (file === undefined)
          throw new HousecountError('not_found', `There are ${Object.keys(files).join(' and ')}.`);
        const bytes = await readFile(join(dir, file)).catch((cause: unknown) => {
          throw new HousecountError('not_found', 'The SDK is not built: npm run build.', { cause });
        });
        return new Response(bytes, {
          headers: {
            'content-type': 'text/javascript; charset=utf-8',
            'access-control-allow-origin': '*',
            'cross-origin-resource-policy': 'cross-origin',
            'cache-control': 'no-cache',
            'x-content-type-options': 'nosniff',
          },
        });
      },
    },
  ];
}

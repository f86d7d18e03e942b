import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HousecountError } from '@housecount/protocol';
import type { Route } from '../net/http/route.ts';

/** The SDKs by the names that pages ask for: scripts that set `window.AgoraRTC` and `window.AgoraRTM`, and ES modules. */
const files: Readonly<Record<string, string>> = {
  'AgoraRTC_N.js': 'rtc/dist/AgoraRTC.iife.js',
  'housecount-rtc.js': 'rtc/dist/housecount-rtc.esm.js',
  'agora-rtm.js': 'rtm/dist/AgoraRTM.iife.js',
  'housecount-rtm.js': 'rtm/dist/housecount-rtm.esm.js',
};

/**
 * Serves the built SDKs from the packages in `dir` under /sdk/, to pages of any origin: an app changes one script address.
 */
export function sdkRoutes({ dir }: { readonly dir: string }): Route[] {
  return [
    {
      method: 'GET',
      path: '/sdk/{file}',
      async handle(_request, { params }) {
        const file = Object.hasOwn(files, params.file ?? '') ? files[params.file ?? ''] : undefined;
        if (file === undefined)
          throw new HousecountError('not_found', `There are ${Object.keys(files).join(', ')}.`);
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

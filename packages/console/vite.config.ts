import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';
import { oldestBrowsers } from '../../scripts/browsers.mjs';

/** The console is built to dist/, which the server serves; `npm run dev` passes /v1 on to a server on the usual port. */
export default defineConfig({
  plugins: [react()],
  // The console may be under any path: the server makes what the document names relative to the page.
  base: './',
  // The SDK from its source, not from its bundle.
  resolve: { conditions: ['@housecount/source', ...defaultClientConditions] },
  build: {
    target: oldestBrowsers,
    // The bundles are handed on, and with them the licences of what is in them.
    license: { fileName: 'licences.md' },
    // One bundle of React, Mantine and the SDK; measured well under this after compression is irrelevant on a LAN.
    chunkSizeWarningLimit: 900,
    assetsInlineLimit: 0,
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/v1': { target: 'http://127.0.0.1:7080', ws: true },
      '/readyz': 'http://127.0.0.1:7080',
    },
  },
});

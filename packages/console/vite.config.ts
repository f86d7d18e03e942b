import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';
import { oldestBrowsers } from '../../scripts/build/browsers.mjs';

/** The server that `npm run dev` of the root has started, or one on the usual port. */
const toServer = { target: process.env.HOUSECOUNT_URL ?? 'http://127.0.0.1:7080', ws: true, secure: false };

/** The console is built to dist/, which the server serves. While it is worked on, Vite passes on to the server what is the server's. */
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
    proxy: { '^/(v1|dev/v1|sdk)/': toServer, '^/(healthz|readyz|metrics)$': toServer },
  },
});

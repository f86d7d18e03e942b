// Groups of tests that run in Bun: the steps of each, with the arguments of `bun test`.
/** @type {Record<'unit' | 'server' | 'browser', Record<string, string[]>>} */
export const bunTests = {
  unit: {
    'unit tests': [
      'packages/protocol',
      'packages/webhook',
      'packages/schema',
      'packages/client',
      'packages/link',
      'packages/rtc',
      'packages/rtm',
      'packages/react',
      'packages/audit',
      'packages/cli',
      'packages/console',
      'packages/server/src',
      'packages/server/testing',
      'bench',
    ],
  },
  server: {
    'whole-server tests': ['packages/server/test/promises'],
    'signaling SDK against a server': ['packages/server/test/rtm'],
    simulation: ['packages/server/test/simulation'],
  },
  browser: {
    'real-browser tests of the SDKs': ['packages/server/test/browser/sdk'],
    'real-browser tests of members that apps call': [
      'packages/server/test/browser/client',
      'packages/server/test/browser/tracks',
    ],
    'real-browser tests of bad networks': ['packages/server/test/browser/network'],
    'real-browser tests of the console': ['packages/server/test/browser/console'],
  },
};

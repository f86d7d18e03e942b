// Groups of tests that run in Bun, each with the arguments of `bun test`.
export const bunTests = {
  unit: [
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
    'bench',
  ],
  server: ['packages/server/test', '--path-ignore-patterns', '**/browser/**'],
  browser: ['packages/server/test/browser'],
};

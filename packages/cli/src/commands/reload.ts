import { resolve } from 'node:path';
import { dataDirOf } from '@housecount/server/config/load';
import { ConfigError } from '@housecount/server/settings/reader';
import { type Command, type Terminal, text } from '../command.ts';
import { askServer } from '../server/ask-server.ts';

interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}
/** The server's answer (packages/server/src/operate/reload.ts). */
type Report =
  | {
      readonly ok: true;
      readonly changed: readonly string[];
      readonly waiting: readonly string[];
      readonly apps: Changes;
      readonly endpoints: Changes;
      readonly certificate: boolean;
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/** `housecount reload`: has the server read its configuration again, and says what came of it. */
export const reload: Command = {
  name: 'reload',
  summary: 'have the running server read its configuration again',
  examples: [
    'housecount reload --config housecount.yaml',
    'housecount reload --data-dir /var/lib/housecount --json',
  ],
  options: {
    config: { type: 'string', value: 'FILE', help: 'The configuration that the server runs with.' },
    'data-dir': {
      type: 'string',
      value: 'DIR',
      help: 'Its data folder, if the configuration does not say. Default ./data.',
    },
    json: { type: 'boolean', help: 'Print what the server answered, as JSON.' },
  },
  notes: `
The server reads the file that it was started with. It takes it whole, or refuses it whole and says why: exit status 1. The data
folder says which server is meant, so this takes the user that the server runs as, and no login. SIGHUP does the same; then the
server's log says what came of it. docs/settings.md says which keys need a restart.`,
  async run(values, terminal) {
    const file = text(values, 'config') ?? (terminal.env.HOUSECOUNT_CONFIG || undefined);
    const overrides = { dataDir: text(values, 'data-dir') };
    const report = await reportOf(() =>
      dataDirOf({ ...(file !== undefined && { file }), env: terminal.env, overrides }),
    );
    if (values.json === true) terminal.out(`${JSON.stringify(report)}\n`);
    else if (report.ok) terminal.out(said(report));
    else refuse(report.problems, terminal);
    return report.ok ? 0 : 1;
  },
};

/** Of a file that does not even say where the server is, it is told as the server would. */
async function reportOf(findDataDir: () => string): Promise<Report> {
  let dataDir: string;
  try {
    dataDir = findDataDir();
  } catch (error) {
    if (error instanceof ConfigError) return { ok: false, problems: error.problems };
    throw error;
  }
  return (await askServer(resolve(dataDir), 'reload')) as Report;
}

function refuse(problems: readonly string[], terminal: Terminal): void {
  const lines = problems.map((problem) => `  ${problem}\n`).join('');
  terminal.err(`housecount reload: the configuration was not taken; the one before stays in use\n${lines}`);
}

function said({ changed, waiting, apps, endpoints, certificate }: Report & { ok: true }): string {
  const lines = [
    changed.length > 0 ? `changed: ${changed.join(', ')}` : 'no key has changed',
    ...changesOf('app', apps),
    ...changesOf('endpoint', endpoints),
    ...(certificate ? ['another certificate is in use'] : []),
    ...(waiting.length > 0 ? [`waits for a restart: ${waiting.join(', ')}`] : []),
  ];
  return `reloaded\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

const changesOf = (what: string, changes: Changes): readonly string[] =>
  (['added', 'changed', 'removed'] as const)
    .filter((kind) => changes[kind].length > 0)
    .map((kind) => `${what}s ${kind}: ${changes[kind].join(', ')}`);

import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import type { Config } from '@housecount/server/config/config';
import { development } from '@housecount/server/config/development';
import { isJsonLog, type LoadOptions, loadConfig } from '@housecount/server/config/load';
import { isLoopbackHost } from '@housecount/server/net/address/loopback';
import { createLogger } from '@housecount/server/observe/logger';
import { ConfigError } from '@housecount/server/settings/reader';
import type { ShippedFiles } from '@housecount/server/shipped-files';
import { type Command, type Terminal, text, UsageError, type Values, whole } from '../command.ts';
import { endOnBug } from '../process/end-on-bug.ts';
import { hangupSignals } from '../process/hangup-signals.ts';
import { outliveReaders } from '../process/outlive-readers.ts';
import { endSignal } from '../process/signals.ts';

/** `housecount serve`: runs the server until a signal. `files`: where the server finds what it hands out, unless in the repository. */
export const serveCommand = (files?: ShippedFiles): Command => ({
  name: 'serve',
  summary: 'run the server',
  examples: [
    'housecount serve',
    'housecount serve --port 8080 --data-dir /var/lib/housecount --config housecount.yaml',
  ],
  options: {
    config: {
      type: 'string',
      value: 'FILE',
      help: 'Configuration, YAML. Without one: an app for development.',
    },
    port: { type: 'string', value: 'N', help: 'TCP port; 0 picks a free one. Default 7080.' },
    host: {
      type: 'string',
      value: 'HOST',
      help: 'Address to listen on. Default 127.0.0.1: this machine only.',
    },
    'data-dir': { type: 'string', value: 'DIR', help: 'Where the log is kept. Default ./data.' },
    lan: { type: 'boolean', help: 'Open to the network, over https with a certificate made on the spot.' },
    json: { type: 'boolean', help: 'Print the address as JSON, and the log as JSON lines.' },
  },
  notes: `
Every key of the file is also an environment variable: HOUSECOUNT_ and its path in capitals, so listen.port is
HOUSECOUNT_LISTEN_PORT and leases.rtcMs is HOUSECOUNT_LEASES_RTC_MS. Lists are given as JSON. Options go before
variables, variables before the file. HOUSECOUNT_CONFIG names the file if --config does not.

SIGTERM and SIGINT stop it in order: members may resume after the next start. Ctrl-C a second time stops it at once.
SIGHUP and housecount reload read the configuration again, and the certificate files; see docs/settings.md.`,
  async run(values, terminal) {
    try {
      return await serveUntilEnd(values, terminal, files);
    } catch (error) {
      // A usage error is for the person who typed the command, and stays text.
      if (error instanceof UsageError || !isJsonLog(optionsOf(values, terminal))) throw error;
      return refuseAsJson(error, terminal);
    }
  },
});

/** The command as it runs in the repository. */
export const serve = serveCommand();

async function serveUntilEnd(values: Values, terminal: Terminal, files?: ShippedFiles): Promise<number> {
  const config = configOf(values, terminal);
  const { startServer } = await import('@housecount/server/main');
  endOnBug();
  outliveReaders();
  const stopping = endSignal();
  const hangups = hangupSignals();
  const server = await startServer(config, () => configOf(values, terminal), files);
  hangups.follow({ reload: () => void server.reload(), end: () => process.kill(process.pid, 'SIGTERM') });
  announce(reachable(server.url), config, values, terminal);
  if (!stopping.aborted) await once(stopping, 'abort');
  await server.stop(String(stopping.reason));
  return 0;
}

/** A log that is read by a machine has nothing else in it, from the first line on: also why there is no server. */
function refuseAsJson(error: unknown, terminal: Terminal): number {
  const logger = createLogger({ level: 'info', format: 'json', sink: { write: terminal.err } });
  const problems =
    error instanceof ConfigError ? error.problems : [error instanceof Error ? error.message : String(error)];
  logger.error('the server does not start', { problems });
  return error instanceof ConfigError ? 2 : 1;
}

const configOf = (values: Values, terminal: Terminal): Config => loadConfig(optionsOf(values, terminal));

/** @throws UsageError */
function optionsOf(values: Values, terminal: Terminal): LoadOptions {
  const file = text(values, 'config') ?? (terminal.env.HOUSECOUNT_CONFIG || undefined);
  const port = whole(values, 'port', 0, 65_535, undefined);
  const host = text(values, 'host');
  const isLan = values.lan === true;
  return {
    ...(file !== undefined && { file }),
    env: terminal.env,
    overrides: {
      listen: {
        host: host ?? (isLan ? '0.0.0.0' : undefined),
        port,
        tls: isLan ? { selfSigned: true } : undefined,
      },
      dataDir: text(values, 'data-dir'),
      log: { format: values.json === true ? 'json' : undefined },
    },
  };
}

function announce(url: string, config: Config, values: Values, terminal: Terminal): void {
  const lanUrls = values.lan === true ? reachableInLan(url, config.listen.host) : [];
  const said = { listening: url, lan: lanUrls, development: config.development };
  if (values.json === true) {
    terminal.out(`${JSON.stringify(said)}\n`);
    return;
  }
  // With a JSON log, every line is JSON: where both streams go to one place, each line is read as the log's.
  if (config.log.format === 'json') {
    terminal.out(`${JSON.stringify({ message: `listening on ${url}`, ...said })}\n`);
    return;
  }
  terminal.out(`listening on ${url}\n`);
  terminal.err(config.development ? developmentNotes(url, config) : configuredNotes(url, config));
  if (values.lan === true) terminal.err(lanNotes(lanUrls, config.listen.host));
}

function developmentNotes(url: string, config: Config): string {
  const [customer] = config.customers;
  const { appId, certificate } = development;
  const insecure = url.startsWith('https:') ? ' --insecure' : '';
  return `
  Development: public keys, for trying out only. For real use give it --config.

  App id       ${appId}
  Certificate  ${certificate}
  Customer     ${customer?.id ?? ''} : ${customer?.secret ?? ''}   (Basic login of the REST API; not needed from this machine)

  Demo room    ${url}/demo
  Console      ${url}/

  Try
    npx housecount simulate --url ${url} --app ${appId} --certificate ${certificate} --channel demo --audience 100 --for 30s${insecure}
    npx housecount listen --url ${url}${insecure}
    curl ${insecure ? '-k ' : ''}${url}/v1/apps/${appId}/channels/demo/roster

`;
}

function configuredNotes(url: string, { customers }: Config): string {
  const [customer] = customers;
  const login = customer
    ? `log in as ${customer.id}${customers.length > 1 ? ' or another customer' : ''}, with the secret of the configuration`
    : 'for nobody yet, as REST is: the configuration has no customers';
  return `
  Console      ${url}/   (${login})

  There is no demo room, and REST takes a login. To try both without: npx housecount serve

`;
}

function lanNotes(urls: readonly string[], host: string): string {
  if (isLoopbackHost(host)) return `  On this machine alone: --host ${host} keeps your network out.\n\n`;
  return `  On your network:
${urls.map((url) => `    ${url}/demo\n`).join('') || '    (this machine has no network address)\n'}
  The certificate is made here, so each device warns once: open the page and accept it. Everybody on this network can
  reach the server now.

`;
}

/** Under which addresses others reach a server that listens on `host`. */
function reachableInLan(url: string, host: string): readonly string[] {
  if (isLoopbackHost(host)) return [];
  const addresses = host === '0.0.0.0' || host === '::' ? lanAddresses() : [host];
  return addresses.map((address) => withHost(url, address));
}

function lanAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}

/** Where this machine reaches a server that listens on every address. */
function reachable(url: string): string {
  const { hostname } = new URL(url);
  return hostname === '0.0.0.0' || hostname === '[::]' ? withHost(url, '127.0.0.1') : url;
}

function withHost(url: string, host: string): string {
  const changed = new URL(url);
  changed.hostname = host;
  return changed.origin;
}

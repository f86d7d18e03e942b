import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { ConfigError, child, choice, isObject, onlyKeys, type Source, text } from '../settings/reader.ts';
import type { Config } from './config.ts';
import { developmentApp, developmentCustomer } from './development.ts';
import { merge, readEnvironment, type Tree } from './environment.ts';
import { readApps } from './sections/apps.ts';
import { readCustomers } from './sections/customers.ts';
import { readEndpoints } from './sections/endpoints.ts';
import { filled } from './sections/filled.ts';
import { readLeases } from './sections/leases.ts';
import { readLimitsSection } from './sections/limits.ts';
import { readListen } from './sections/listen.ts';
import { readLog } from './sections/log.ts';
import { readMedia } from './sections/media.ts';
import { readEndpointNetworks, readNetworks } from './sections/networks.ts';
import { readAccounts, readRetention } from './sections/retention.ts';

export interface LoadOptions {
  /** Path of a YAML file. Without one, and without apps from elsewhere, it is the development configuration. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Laid over file and environment, in the file's shape: `{ listen: { port: 0 } }`. */
  readonly overrides?: Tree;
}

/**
 * The configuration from file, then environment, then overrides, checked and with defaults filled in.
 * @throws ConfigError naming every wrong key and what was expected there.
 */
export function loadConfig(options: LoadOptions): Config {
  const problems: string[] = [];
  const problem = (path: string, sentence: string) => problems.push(path ? `${path}: ${sentence}` : sentence);
  const tree = treeOf(options, problem);
  const isDevelopment = options.file === undefined && tree.apps === undefined;
  const config = readConfig({ value: tree, path: '', problem }, isDevelopment);
  if (problems.length > 0) throw new ConfigError(problems);
  return options.file === undefined ? config : { ...config, file: options.file };
}

/**
 * The data folder, for a caller that looks for the server of a configuration that need not be valid otherwise.
 * @throws ConfigError if the file cannot be read, or the folder is none.
 */
export function dataDirOf(options: LoadOptions): string {
  const problems: string[] = [];
  const problem = (path: string, sentence: string) => problems.push(`${path}: ${sentence}`);
  const tree = treeOf(options, () => undefined);
  const dataDir = readDataDir({ value: tree, path: '', problem });
  if (problems.length > 0) throw new ConfigError(problems);
  return dataDir;
}

/** True when the log is to be read by a machine. The configuration need not be valid, nor exist. */
export function isJsonLog(options: LoadOptions): boolean {
  const isJson = (tree: Tree) => isObject(tree.log) && tree.log.format === 'json';
  try {
    return isJson(treeOf(options, () => undefined));
  } catch {
    const { file: _, ...others } = options;
    return isJson(treeOf(others, () => undefined));
  }
}

/** File, then environment, then overrides. */
function treeOf({ file, env, overrides = {} }: LoadOptions, problem: Source['problem']): Tree {
  const fromFile = file === undefined ? {} : readFile(file);
  return merge(merge(fromFile, readEnvironment(env, problem)), overrides);
}

const readDataDir = (root: Source): string =>
  text(child(root, 'dataDir'), 'the path of a folder', filled, './data');

/** Each section of the file is read in a file of its own, sections/. */
function readConfig(root: Source, isDevelopment: boolean): Config {
  onlyKeys(root, [
    'listen',
    'dataDir',
    'engine',
    'apps',
    'customers',
    'endpoints',
    'endpointNetworks',
    'observeNetworks',
    'retention',
    'accounts',
    'limits',
    'leases',
    'media',
    'log',
  ]);
  const listen = readListen(child(root, 'listen'));
  const limits = readLimitsSection(child(root, 'limits'));
  const apps = isDevelopment ? [developmentApp] : readApps(child(root, 'apps'), { listen, limits });
  const customers = readCustomers(child(root, 'customers'), apps, isDevelopment);
  return {
    listen,
    dataDir: readDataDir(root),
    engine: choice(child(root, 'engine'), ['embedded'], 'embedded'),
    apps,
    customers: isDevelopment && customers.length === 0 ? [developmentCustomer] : customers,
    endpoints: readEndpoints(child(root, 'endpoints'), apps, limits),
    endpointNetworks: readEndpointNetworks(child(root, 'endpointNetworks'), listen, isDevelopment),
    observeNetworks: readNetworks(child(root, 'observeNetworks')),
    retention: readRetention(child(root, 'retention')),
    accounts: readAccounts(child(root, 'accounts')),
    limits,
    leases: readLeases(child(root, 'leases')),
    media: readMedia(child(root, 'media'), limits, listen),
    log: readLog(child(root, 'log')),
    development: isDevelopment,
  };
}

function readFile(path: string): Tree {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError([`${path}: cannot be read: ${messageOf(cause)}`]);
  }
  let tree: unknown;
  try {
    tree = parseYaml(content) ?? {};
  } catch (cause) {
    // The parser quotes the offending lines, which may hold a secret: only its first line names the place.
    throw new ConfigError([`${path}: not valid YAML: ${messageOf(cause).split('\n')[0]}`]);
  }
  if (!isObject(tree)) throw new ConfigError([`${path}: expected an object at the top`]);
  return { ...tree };
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

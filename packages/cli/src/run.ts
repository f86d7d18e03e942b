import { parseArgs } from 'node:util';
import { HousecountError } from '@housecount/protocol';
import { didYouMean } from '@housecount/server/settings/nearest-name';
import { ConfigError } from '@housecount/server/settings/reader';
import packageJson from '../package.json' with { type: 'json' };
import { type Command, type Terminal, UsageError, type Values } from './command.ts';
import { commandHelp, overview } from './help.ts';

/** Runs the command that the arguments name; resolves with the exit status: 0 done, 1 failed, 2 called wrongly. */
export async function runCommands(
  commands: readonly Command[],
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version' || name === '-v') {
    terminal.out(`${packageJson.version}\n`);
    return 0;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    const about = commands.find((command) => command.name === rest[0]);
    terminal.out(about ? commandHelp(about) : overview(commands));
    return 0;
  }
  const command = commands.find((one) => one.name === name);
  if (command === undefined) {
    terminal.err(
      name === undefined
        ? overview(commands)
        : `housecount: there is no command ${name}${didYouMean(
            name,
            commands.map((one) => one.name),
          )}\n\n${overview(commands)}`,
    );
    return 2;
  }
  try {
    const values = parse(command, rest);
    if (values.help === true) {
      terminal.out(commandHelp(command));
      return 0;
    }
    return await command.run(values, terminal);
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.err(`housecount ${command.name}: ${error.message}\nTry: housecount ${command.name} --help\n`);
      return 2;
    }
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof HousecountError ? ` (${error.code})` : '';
    terminal.err(`housecount ${command.name}: ${message}${code}\n`);
    return error instanceof ConfigError ? 2 : 1;
  }
}

function parse(command: Command, args: readonly string[]): Values {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, multiple = false }]) => [name, { type, multiple }]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      strict: true,
      allowPositionals: command.argument !== undefined,
    });
    if (command.argument === undefined || values.help === true) return values as Values;
    const [given, ...others] = positionals;
    if (given === undefined) throw new UsageError(`${command.argument.name} is missing`);
    if (others.length > 0) throw new UsageError(`unexpected argument ${others[0]}`);
    return { ...(values as Values), [command.argument.name]: given };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(sentenceOf(error, command));
  }
}

/** Says what the parser found wrong, in the words of the help. */
function sentenceOf(error: unknown, { options }: Command): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, dashes = '', name = ''] = /'(--?)([\w-]+)/.exec(message) ?? [];
  const option = `${dashes}${name}`;
  if (message.startsWith('Unknown option')) {
    const known = Object.keys(options).map((one) => `--${one}`);
    return `there is no option ${option}${didYouMean(option, known)}`;
  }
  if (message.includes('does not take an argument')) return `${option} takes no value`;
  if (message.includes('argument missing'))
    return `${option} needs a value, ${options[name]?.value ?? 'TEXT'}`;
  if (message.includes('is ambiguous'))
    return `${option} needs a value, ${options[name]?.value ?? 'TEXT'}; one that begins with a dash is written ${option}=-…`;
  // The parser's first sentence says what is wrong; the others are about its own conventions.
  return message.split('. ')[0] ?? message;
}

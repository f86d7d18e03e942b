import type { Command } from './command.ts';

/** The help of the whole program. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'housecount: a live-streaming server that knows who is in the audience',
    '',
    'Usage: housecount <command> [options]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Start here:   housecount serve',
    'Then, in another terminal, what it prints under "Try".',
    'Each command: housecount <command> --help',
    '',
  ].join('\n');
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const left = Object.entries(command.options).map(([name, { type, value }]) =>
    type === 'boolean' ? `--${name}` : `--${name} ${value ?? 'TEXT'}`,
  );
  left.push('--help');
  if (command.argument) left.unshift(command.argument.name);
  const width = Math.max(...left.map((one) => one.length));
  const helps = [
    ...(command.argument ? [command.argument.help] : []),
    ...Object.values(command.options).map(({ help }) => help),
    'Show this and end.',
  ];
  return [
    `housecount ${command.name}: ${command.summary}`,
    '',
    ...command.examples.map((example) => `  ${example}`),
    '',
    ...left.map((one, index) => `  ${one.padEnd(width)}  ${helps[index]}`),
    ...(command.notes === undefined ? [] : ['', command.notes.trim()]),
    '',
  ].join('\n');
}

import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from './command.ts';
import { listen } from './commands/listen.ts';
import { reload } from './commands/reload.ts';
import { serve } from './commands/serve.ts';
import { durationMsOf, rateOf, simulate } from './commands/simulate.ts';
import { token } from './commands/token.ts';
import { trigger } from './commands/trigger.ts';
import { verify } from './commands/verify.ts';
import { runCommands } from './run.ts';

const commands: readonly Command[] = [serve, reload, token, simulate, listen, verify, trigger];
async function run(...args: string[]) {
  let out = '';
  let err = '';
  const status = await runCommands(commands, args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env: {},
  });
  return { status, out, err };
}

describe('help', () => {
  test('CLI1: the overview names every command; without a command it is an error', async () => {
    const help = await run('--help');
    expect(help).toMatchObject({ status: 0, err: '' });
    for (const { name } of commands) expect(help.out).toContain(`  ${name}`);
    expect(await run()).toMatchObject({ status: 2, out: '', err: help.out });
  });

  for (const command of commands) {
    test(`CLI1: ${command.name} --help names every option`, async () => {
      const { status, out, err } = await run(command.name, '--help');
      expect({ status, err }).toEqual({ status: 0, err: '' });
      for (const option of Object.keys(command.options)) expect(out).toContain(`--${option}`);
      expect((await run('help', command.name)).out).toBe(out);
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThan(270);
    });

    test(`CLI1: the examples of ${command.name} use options that exist`, () => {
      for (const example of command.examples) {
        expect(example.split(' ').slice(0, 2)).toEqual(['housecount', command.name]);
        for (const [, name] of example.matchAll(/--([\w-]+)/g))
          expect(Object.keys(command.options)).toContain(String(name));
      }
    });
  }

  test('CLI1: --version', async () => {
    expect((await run('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('wrong calls', () => {
  const app = 'a'.repeat(32);
  const cases: readonly [string[], RegExp][] = [
    [['dance'], /there is no command dance/],
    [['token', '--nope'], /--nope/],
    [['serve', '--port'], /--port/],
    [['serve', '--port', '70000'], /--port must be a whole number from 0 to 65535/],
    [['serve', '--port', '1e3'], /--port/],
    [['serve', 'extra'], /extra/],
    [['serve', '--config', '/nowhere/housecount.yaml'], /housecount\.yaml: cannot be read/],
    [['token', '--app', app, '--certificate', app], /name a --channel/],
    [['token', '--app', 'x', '--certificate', app, '--channel', 'c'], /--app must be 32 hexadecimal/],
    [['token', '--app', app, '--certificate', app, '--channel', 'ä'], /--channel is not a legal/],
    [['token', '--app', app, '--certificate', app, '--channel', 'c', '--uid', '4294967296'], /--uid/],
    [
      ['token', '--app', app, '--certificate', app, '--channel', 'c', '--uid', '1', '--account', 'a'],
      /not both/,
    ],
    [
      ['token', '--app', app, '--certificate', app, '--channel', 'c', '--role', 'king'],
      /--role must be host/,
    ],
    [['token', '--app', app, '--certificate', app, '--channel', 'c', '--expire', '0'], /--expire/],
    [['token', '--app', app, '--certificate', app, '--channel', 'c', '--expire', '86401'], /--expire/],
    [['simulate', '--url', 'ftp://x'], /--url must be an http/],
    [
      ['simulate', '--url', 'http://x', '--app', app, '--certificate', app, '--channel', 'c'],
      /--audience is missing/,
    ],
    [['simulat'], /there is no command simulat; did you mean simulate\?/],
    [['listen', '--ulr', 'http://x'], /there is no option --ulr; did you mean --url\?/],
    [['listen', '--url'], /--url needs a value, URL/],
    [['listen', '--url', '-x'], /--url needs a value, URL; one that begins with a dash is written --url=-/],
    [['listen', '--json=yes', '--url', 'http://x'], /--json takes no value/],
    [['listen', '--url', '127.0.0.1:7080'], /--url must be .*: write http:\/\/127\.0\.0\.1:7080\n/],
    [
      ['trigger', '105', '--forward', 'localhost:9000/x', '--secret', 's'],
      /: write http:\/\/localhost:9000\/x\n/,
    ],
    [
      ['token', '--app', app, '--certificate', app, '--uid', 'ann'],
      /--uid must be .*: a user with a name is an --account/,
    ],
    [['listen'], /--url is missing/],
    [['listen', '--url', 'http://x', '--forward', 'nowhere'], /--forward must be/],
    [
      ['listen', '--url', 'http://x', '--channel', 'ok', '--channel', 'ä'],
      /--channel must be a channel name/,
    ],
    [['listen', '--url', 'http://x', '--type', '105,109'], /--type must be numbers of 101, /],
    [['listen', '--url', 'http://x', '--uid', 'ann'], /--uid must be a whole number/],
    [['listen', '--url', 'http://x', '--since', '10'], /--since must be a span such as 10m/],
    [['listen', '--url', 'http://x', '--since', '2026-01-31'], /--since must be a span/],
    [['listen', '--url', 'http://x', '--since', '2999-01-31T20:00:00Z'], /--since lies ahead/],
    [['listen', '--url', 'http://x', '--since', '1m', '--cursor', 'start'], /not both/],
    [['listen', '--url', 'http://x', '--cursor', 'a b'], /--cursor is not one/],
    [['listen', '--url', 'http://x', '--format', 'batch'], /--format must be agora or standard/],
    [['listen', '--url', 'http://x', '--secret', 's'], /--secret is for --forward/],
    [['listen', '--url', 'http://x', '--forward', 'http://y', '--secret', ''], /--secret cannot sign/],
    [['listen', '--url', 'http://x', '--forward', 'http://y', '--secret', 'whsk_x'], /--secret cannot sign/],
    [['listen', '--url', 'http://x', '--after', '7'], /--after/],
    [['verify'], /FILE\|URL is missing/],
    [['verify', 'a', 'b'], /unexpected argument b/],
    [['verify', 'a', '--nope'], /--nope/],
    [['verify', 'http://127.0.0.1:1', '--customer', 'x'], /--customer must be ID:SECRET/],
    [['trigger'], /EVENT_TYPE is missing/],
    [['trigger', '105'], /--forward is missing/],
    [['trigger', '109', '--forward', 'http://x', '--secret', 's'], /EVENT_TYPE must be one of 101, /],
    [['trigger', '105', '--forward', 'ftp://x', '--secret', 's'], /--forward must be an http/],
    [['trigger', '105', '--forward', 'http://x'], /--secret is missing/],
    [
      ['trigger', '105', '--forward', 'http://x', '--secret', 's', '--format', 'xml'],
      /--format must be one of/,
    ],
    [['trigger', '105', '--forward', 'http://x', '--secret', 's', '--app', 'x'], /--app must be 32/],
    [
      ['trigger', '105', '--forward', 'http://x', '--secret', 'whsec_x', '--format', 'batch'],
      /--secret cannot sign/,
    ],
    [['trigger', '105', '--forward', 'http://x', '--secret', 's', '--uid', '0'], /--uid/],
    [
      ['trigger', '105', '--forward', 'http://x', '--secret', 's', '--channel', 'ä'],
      /--channel is not a legal/,
    ],
    [
      ['trigger', '105', '--forward', 'http://x', '--secret', 's', '--account', 'ä'],
      /--account is not a legal/,
    ],
    [['listen', '--url', 'http://x', '--app', app, '--customer', 'x'], /--customer must be ID:SECRET/],
  ];
  for (const [args, expected] of cases)
    test(`CLI2: ${args.join(' ').replaceAll(app, 'APP')}: exit status 2, and why`, async () => {
      const { status, out, err } = await run(...args);
      expect({ status, out }).toEqual({ status: 2, out: '' });
      expect(err).toMatch(expected);
    });

  test('CLI2: a configuration that is wrong tells every problem', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'housecount-cli-'));
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, 'lisen: {}\nleases: { rtcMs: x }\n');
    const { status, err } = await run('serve', '--config', file);
    rmSync(folder, { recursive: true });
    expect(status).toBe(2);
    for (const path of ['lisen:', 'apps:', 'leases.rtcMs:']) expect(err).toContain(path);
  });
});

test('RELOAD8: reload of a file that is no YAML says so with status 1, also as JSON', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'housecount-cli-'));
  const file = join(folder, 'bad.yaml');
  writeFileSync(file, 'listen: [');
  const told = await run('reload', '--config', file);
  const json = await run('reload', '--config', file, '--json');
  rmSync(folder, { recursive: true });
  expect(told).toMatchObject({ status: 1, out: '' });
  expect(told.err).toMatch(
    /^housecount reload: the configuration was not taken.*\n {2}.*bad\.yaml: not valid YAML/,
  );
  expect(json).toMatchObject({ status: 1, err: '' });
  expect(JSON.parse(json.out)).toMatchObject({
    ok: false,
    problems: [expect.stringContaining('not valid YAML')],
  });
});

test('CLI3: times and rates are read with their units, and nothing else is', () => {
  expect(['30s', '1.5m', '2h', '500ms', '10', '2d'].map(durationMsOf)).toEqual([
    30_000, 90_000, 7_200_000, 500, 10_000, 172_800_000,
  ]);
  expect(['5/s', '0.5/s', '7'].map(rateOf)).toEqual([5, 0.5, 7]);
  for (const bad of ['', 's', '-1s', '1w', '1 s', 'x', '25d', '2073600001ms'])
    expect(() => durationMsOf(bad)).toThrow('--for');
  for (const bad of ['', '/s', '5/m', '-1', 'x']) expect(() => rateOf(bad)).toThrow('--churn');
});

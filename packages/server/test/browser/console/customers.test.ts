import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '../../../testing/clients/client.ts';
import { ask } from '../../../testing/clients/rest-client.ts';
import { buildConsole } from '../../../testing/processes/built-console.ts';
import { testApp, testCustomer } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

const wallboard = { id: 'wallboard', secret: 'only-for-the-wall', role: 'read', names: false };
const account = 'Ann of the audience';
let browser: Chromium;
let server: TestServer;
const clients: Client[] = [];

beforeAll(async () => {
  await buildConsole();
  [browser, server] = await Promise.all([
    launchChromium(),
    startTestServer({ customers: [testCustomer, wallboard] }),
  ]);
  clients.push(await Client.join({ url: server.url, channel: 'show', account }));
}, 180_000);
afterAll(async () => {
  for (const client of clients) client.drop();
  await browser?.close();
  await server?.close();
});

test('TENANT3: the console of a login without names shows counts and times, and nobody’s name', async () => {
  const page = await browser.newPage(`${server.url}/`);
  await page.getByLabel('Customer id').fill(wallboard.id);
  await page.getByRole('textbox', { name: 'Secret' }).fill(wallboard.secret);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('looking on · without names').waitFor();
  await page.getByRole('link', { name: /show/ }).click();
  await page.getByText('somebody joined the audience').waitFor();
  expect(await page.getByRole('cell', { name: 'somebody' }).count()).toBe(1);
  expect(await page.content()).not.toContain('Ann of');
  await page.goto(`${server.url}/inspector`);
  await page.getByText('This login is not told who people are').waitFor();
  await page.close();
}, 180_000);

test('ACCESS1: a form of another site, sent with the login that the browser remembers, rotates no secret', async () => {
  const endpoints = `/v1/apps/${testApp.id}/endpoints`;
  const made = await ask(server.url, endpoints, { send: { url: 'https://receiver.example/' } });
  const own = `${endpoints}/${made.body.endpoint.endpointId}`;
  const form = `<form method="post" action="${server.url}${own}/rotate-secret"><button>Win a prize</button></form>`;
  const site = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(form));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  await browser.context.setHTTPCredentials({ username: testCustomer.id, password: testCustomer.secret });
  const page = await browser.newPage(`${server.url}${own}`);
  try {
    // The browser is logged in, and remembers it.
    expect(await page.innerText('body')).toContain('receiver.example');
    await page.goto(`http://localhost:${(site.address() as AddressInfo).port}/`);
    const answered = page.waitForResponse((response) => response.url().endsWith('/rotate-secret'));
    await page.getByRole('button').click();
    const response = await answered;
    expect(response.status()).toBe(403);
    expect((await ask(server.url, own)).body.secrets).toHaveLength(1);
  } finally {
    await browser.context.setHTTPCredentials(null);
    await page.close();
    site.closeAllConnections();
    site.close();
  }
}, 180_000);

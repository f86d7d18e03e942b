import { testCustomer } from '../processes/server-process.ts';

const login = `Basic ${Buffer.from(`${testCustomer.id}:${testCustomer.secret}`).toString('base64')}`;

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of many shapes, and compare them whole.
  readonly body: any;
}

/** Asks the REST API with the customer's login; `send` goes as JSON, a string of it as it is. */
export async function ask(
  url: string,
  path: string,
  { method, send }: { readonly method?: string; readonly send?: unknown } = {},
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method: method ?? (send === undefined ? 'GET' : 'POST'),
    headers: { authorization: login, ...(send !== undefined && { 'content-type': 'application/json' }) },
    ...(send !== undefined && { body: typeof send === 'string' ? send : JSON.stringify(send) }),
  });
  return { status: response.status, body: await response.json() };
}

/** Headers of an answer besides those that every answer has. */
export type ExtraHeaders = Readonly<Record<string, string>>;

export const jsonAnswer = (status: number, value: unknown, headers: ExtraHeaders): Response =>
  textAnswer(status, JSON.stringify(value), headers);

/** The same, of what is JSON already. */
export function textAnswer(status: number, json: string, headers: ExtraHeaders): Response {
  return new Response(json, {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  });
}

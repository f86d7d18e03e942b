import { extensions } from '../extensions.ts';
import { formats } from '../formats.ts';
import { nameOf, type Shape } from '../shape.ts';
import type { ClientOperation } from './operations.ts';
import { tableOf } from './table.ts';

/** The page of the docs with the bodies that the REST API takes (Markdown). */
export function bodiesPage(operations: readonly ClientOperation[]): string {
  const byBody = new Map<Shape, ClientOperation[]>();
  for (const operation of operations)
    if (operation.body) byBody.set(operation.body, [...(byBody.get(operation.body) ?? []), operation]);
  const parts = [...byBody].map(([body, taking]) => {
    const first = taking[0];
    const requests = taking.map(({ method, path }) => `\`${method} ${path}\``).join(' · ');
    return `## ${body[nameOf] ?? first?.id ?? ''}\n\n${requests}\n\n${tableOf(body)}`;
  });
  return `${head}\n${parts.join('\n')}\n${ownWords()}`;
}

const head = `<!-- Made of the schemas by \`npm run schema\`: change those, in packages/schema. -->

# Bodies of the REST API

Everything that can be asked, and what is answered, is in the OpenAPI document at \`/v1/openapi.json\`, and typed in the package
\`@housecount/client\`. A body is refused as \`body_invalid\` where its schema refuses it, or with the code of what is wrong in it (\`body_too_large\`,
\`invalid_app_id\`, \`invalid_user_id\`); besides, for what it would change. An \`Idempotency-Key\` is looked at before the body: under one that was used,
another request is refused \`idempotency_key_used\`, whether its body fits or not.
`;

const ownWords = () => `## Own formats and keywords

What JSON Schema cannot say has a format or a keyword of its own in the document, for who checks a body beforehand.

| format | a text that is |
|---|---|
${Object.entries(formats)
  .map(([name, { must }]) => `| \`${name}\` | ${must} |`)
  .join('\n')}

| keyword | |
|---|---|
${Object.entries(extensions)
  .map(([name, { says }]) => `| \`${name}\` | ${says} |`)
  .join('\n')}
`;

import type { Shape } from '../shape.ts';
import { declarationsOf, madeHead, typeText } from './typescript.ts';

/** An operation, as far as a client has to know it. */
export interface ClientOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: 'path' | 'query';
    readonly description: string;
    readonly required: boolean;
    readonly schema: Shape;
  }[];
  readonly body?: Shape;
  readonly bodyRequired?: boolean;
  readonly answer: { readonly schema: Shape; readonly contentType?: string };
}

/** The module of a client's types: each operation with what it takes and answers, and the shapes in them. */
export function clientTypes(operations: readonly ClientOperation[]): string {
  const shapes = operations.flatMap(({ body, answer }) => [...(body ? [body] : []), answer.schema]);
  const lines = operations.map(
    (operation) => `  /** ${operation.summary}. */\n  readonly ${operation.id}: ${operationText(operation)};`,
  );
  return `${madeHead}/** What each operation takes (\`given\`, and \`body\`) and answers; of a stream, one item of it. */\nexport interface Operations {\n${lines.join('\n')}\n}\n\n${declarationsOf(shapes)}`;
}

/** The module of its routes, which is all that is needed at run time. */
export function clientRoutes(operations: readonly ClientOperation[]): string {
  const lines = operations.map(({ id, method, path, answer }) => {
    const stream = answer.contentType === undefined ? '' : ', stream: true';
    return `  ${id}: { method: '${method}', path: '${path}'${stream} },`;
  });
  return `${madeHead}export const routes = {\n${lines.join('\n')}\n} as const;\n`;
}

function operationText({ parameters, body, bodyRequired = true, answer }: ClientOperation): string {
  const given = parameters.map(
    ({ name, required, schema, description }) =>
      `      /** ${description.replace(', percent-encoded', '')} */\n      readonly ${name}${required ? '' : '?'}: ${typeText(schema, '      ')};`,
  );
  const givenText = given.length === 0 ? '{}' : `{\n${given.join('\n')}\n    }`;
  const bodyText =
    body === undefined ? '' : `\n    readonly body${bodyRequired ? '' : '?'}: ${typeText(body, '    ')};`;
  return `{\n    readonly given: ${givenText};${bodyText}\n    readonly answer: ${typeText(answer.schema, '    ')};\n  }`;
}

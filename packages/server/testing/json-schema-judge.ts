import { extensions, formats, type JsonSchema } from '@housecount/schema';
import Ajv2020 from 'ajv/dist/2020.js';

/**
 * Judges values by published schemas, with a validator that is not ours. It has to be told the formats and keywords that are
 * ours alone, as anybody who validates a body beforehand has.
 */
export function judgeOf(components: Readonly<Record<string, JsonSchema>>) {
  const ajv = new Ajv2020({ strict: false, allErrors: false, formats: {}, logger: false });
  for (const [name, { fits }] of Object.entries(formats)) ajv.addFormat(name, fits);
  for (const [keyword, { fits }] of Object.entries(extensions))
    ajv.addKeyword({
      keyword,
      validate: (setting: unknown, value: unknown) => fits(setting as never, value),
    });
  ajv.addSchema({ $id: 'document', components: { schemas: components } });
  return (schema: JsonSchema): ((value: unknown) => boolean) =>
    ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/')));
}

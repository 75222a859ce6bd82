import fc from 'fast-check';

/** The part of JSON Schema that the services use. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/**
 * Valid values for members and parameters by name, where the schema is not sufficient: existing customers, durations.
 */
export type KnownValues = Readonly<Record<string, readonly unknown[]>>;

/** Values that match a schema. */
export function jsonOf(schema: JsonSchema, known: KnownValues, name = ''): fc.Arbitrary<unknown> {
  const values = known[name];
  if (values !== undefined && schema.anyOf === undefined) return fc.constantFrom(...values);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if ('const' in schema) return fc.constant(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((choice) => jsonOf(choice, known, name)));
  if (Array.isArray(schema.type))
    return fc.oneof(...schema.type.map((type: string) => jsonOf({ ...schema, type }, known, name)));

  switch (schema.type) {
    case 'object':
      return objectOf(schema, known);
    case 'array':
      return fc.array(jsonOf(schema.items ?? {}, known, name), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, 3),
      });
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1_000, max: Math.min(schema.maximum ?? 1_000, 2 ** 31 - 1) });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1_000, max: schema.maximum ?? 1_000, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function objectOf({ properties = {}, required = [] }: JsonSchema, known: KnownValues): fc.Arbitrary<unknown> {
  const members = Object.entries(properties).map(([name, schema]) => [name, jsonOf(schema, known, name)] as const);
  return fc.record(Object.fromEntries(members), { requiredKeys: [...required], noNullPrototype: true });
}

function textOf({ pattern, minLength = 0, maxLength = 50 }: JsonSchema): fc.Arbitrary<string> {
  const lengths = { minLength, maxLength: Math.min(maxLength, 300) };
  if (pattern === undefined) return fc.string(lengths);
  const expression = new RegExp(pattern, 'u');
  // fast-check does not generate Unicode classes; filtering is simple.
  if (/\\p\{/i.test(pattern))
    return fc.string({ ...lengths, unit: 'grapheme' }).filter((text) => expression.test(text));
  return fc.stringMatching(expression);
}

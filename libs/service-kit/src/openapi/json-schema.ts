import { z } from 'zod';

/** Marks what a parameter may be left out of, until its description is finished. */
export const optionalMark = 'x-optional';

/** A schema and those that it refers to, by name. */
export interface ConvertedSchema {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly components: Readonly<Record<string, object>>;
}

/**
 * What a zod schema says, in JSON Schema. A schema with an id (`.meta({ id: 'Account' })`) becomes a component.
 *
 * @param io what a client sends (`input`), or what it gets (`output`)
 * @returns undefined for what is no zod schema
 */
export function toJsonSchema(schema: unknown, io: 'input' | 'output'): ConvertedSchema | undefined {
  if (!(schema instanceof z.ZodType)) return undefined;
  const { $schema: _, $defs = {}, ...converted } = z.toJSONSchema(schema, { target: 'draft-2020-12', io });
  const isOptional = schema.safeParse(undefined).success;
  return {
    schema: isOptional ? { ...converted, [optionalMark]: true } : converted,
    components: $defs,
  };
}

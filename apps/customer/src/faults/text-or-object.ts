import { z } from 'zod';

/**
 * A value written as a text or, with more to say, as an object. What is wrong with it is told of the one that was meant;
 * a union would say no more than that it is neither.
 */
export function textOrObject<Text extends z.ZodType, Whole extends z.ZodType>(text: Text, whole: Whole) {
  const inJsonSchema = (schema: z.ZodType) => {
    const { $schema: _, ...described } = z.toJSONSchema(schema, { io: 'input' });
    return described;
  };
  return z
    .unknown()
    .transform((value, context): z.output<Text> | z.output<Whole> => {
      const meant = typeof value === 'object' ? whole : text;
      const result = meant.safeParse(value);
      if (result.success) return result.data;
      for (const issue of result.error.issues) context.issues.push({ ...issue, input: value } as never);
      return z.NEVER;
    })
    .meta({ oneOf: [inJsonSchema(text), inJsonSchema(whole)] });
}

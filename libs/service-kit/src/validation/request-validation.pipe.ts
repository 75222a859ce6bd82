import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { type InputError, ProblemException, serviceKitKinds } from '../problem-details/problem-details.ts';
import { jsonPointer } from '../problem-details/unstorable-text.ts';

type Schema = NonNullable<ArgumentMetadata['schema']>;
type Issue = NonNullable<Awaited<ReturnType<Schema['~standard']['validate']>>['issues']>[number];

/**
 * Validates the inputs of a route that have a schema (`@Body({ schema })`, `@Param('id', { schema })`) and passes on the schema's output.
 * An invalid input gets 400 and the list of all errors.
 *
 * Declare a query as one strict object (`@Query({ schema: z.strictObject({ … }) })`): an unknown parameter is then refused
 * instead of silently ignored.
 */
@Injectable()
export class RequestValidationPipe implements PipeTransform {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (!metadata.schema) return value;
    const result = await metadata.schema['~standard'].validate(value);
    if (!result.issues) return result.value;

    throw new ProblemException({
      ...serviceKitKinds['invalid-request'],
      detail: `The ${partOf(metadata)} is not valid for this operation. See errors.`,
      extensions: { errors: result.issues.flatMap((issue) => inputErrors(issue, metadata)) },
    });
  }
}

function partOf({ type, data }: ArgumentMetadata): string {
  if (type === 'body') return 'body';
  const part = type === 'param' ? 'path' : type;
  return data === undefined ? part : `${part} parameter ${data}`;
}

function inputErrors(issue: Issue, { type, data }: ArgumentMetadata): InputError[] {
  const detail = issue.message;
  const path = (issue.path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  const unknown = unknownKeysOf(issue);
  if (type !== 'body') {
    return (
      unknown?.map((key) => ({ parameter: key, detail: 'is not a parameter of this operation' })) ?? [
        { parameter: data ?? path.join('.'), detail },
      ]
    );
  }
  return (
    unknown?.map((field) => ({
      pointer: jsonPointer([...path, field]),
      detail: 'is not a field of this operation',
    })) ?? [{ pointer: jsonPointer(path), detail }]
  );
}

/** A strict zod object reports all unknown keys in one issue; clients get one error for each. */
function unknownKeysOf(issue: Issue): readonly string[] | undefined {
  return 'keys' in issue && Array.isArray(issue.keys) ? issue.keys.map(String) : undefined;
}

import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import type { InputError } from '../problem-details/problem-details.ts';
import { problemType } from '../problem-details/problem-details.ts';
import { ProblemException } from '../problem-details/problem.exception.ts';

type Schema = NonNullable<ArgumentMetadata['schema']>;
type Issue = NonNullable<Awaited<ReturnType<Schema['~standard']['validate']>>['issues']>[number];

/**
 * Checks what a route declares a schema for (`@Body({ schema })`, `@Param('id', { schema })`) and hands over what the
 * schema makes of it. What doesn't fit is answered with 400 and the list of all faults.
 *
 * A query is best declared as one strict object (`@Query({ schema: z.strictObject({ … }) })`): a parameter that nobody
 * knows is then refused, rather than a client left to believe that it had an effect.
 */
@Injectable()
export class RequestValidationPipe implements PipeTransform {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (!metadata.schema) return value;
    const result = await metadata.schema['~standard'].validate(value);
    if (!result.issues) return result.value;

    throw new ProblemException({
      type: problemType('invalid-request'),
      title: 'Invalid request',
      status: 400,
      detail: `The ${partOf(metadata)} is not what this operation takes. See errors.`,
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
      pointer: pointer([...path, field]),
      detail: 'is not a field of this operation',
    })) ?? [{ pointer: pointer(path), detail }]
  );
}

/** A strict zod object reports all unknown keys in one issue of the object; a reader looks for each by its place. */
function unknownKeysOf(issue: Issue): readonly string[] | undefined {
  return 'keys' in issue && Array.isArray(issue.keys) ? issue.keys.map(String) : undefined;
}

/**
 * A JSON pointer (RFC 6901) as a URI fragment, the way RFC 9457 shows it. A field's name may have half a surrogate pair in it,
 * which no URI can say: it is shown as the character that stands for what cannot be shown.
 */
const pointer = (path: readonly string[]): string =>
  [
    '#',
    ...path.map((part) => encodeURIComponent(part.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'))),
  ].join('/');

import { BadRequestException } from '@nestjs/common';

/**
 * The change by hand that the body of a request names as `updateState`, and its name.
 *
 * @throws BadRequestException when it names none of them
 */
export function requestedUpdate<U>(
  body: unknown,
  updates: Readonly<Record<string, U>>,
): readonly [name: string, update: U] {
  const wanted = (body as { readonly updateState?: unknown } | null | undefined)?.updateState;
  const update = typeof wanted === 'string' && Object.hasOwn(updates, wanted) ? updates[wanted] : undefined;
  if (update !== undefined) return [String(wanted), update];
  const given = wanted === undefined ? 'missing' : JSON.stringify(wanted);
  throw new BadRequestException(`updateState is ${given}; allowed: ${Object.keys(updates).join(', ')}.`);
}

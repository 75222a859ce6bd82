import { SystemFailure } from '../system-failure.ts';

const placeholder = /\$\{([A-Z][A-Z0-9_]*)\}/g;

/**
 * Replaces each `${NAME}` in capitals by its value, as `envsubst` does in the official nginx image. nginx's own
 * variables (`$request_id`) stay as they are.
 *
 * @throws SystemFailure when a placeholder has no value, or a value no placeholder: either is a typing error
 */
export function renderTemplate(template: string, values: Readonly<Record<string, string>>): string {
  const names = new Set(Array.from(template.matchAll(placeholder), (match) => match[1] ?? ''));
  const unknown = [...names].filter((name) => !Object.hasOwn(values, name));
  const unused = Object.keys(values).filter((name) => !names.has(name));
  if (unknown.length > 0) {
    throw new SystemFailure(`No value for the placeholder ${unknown.join(', ')}`, 'Give it one, or correct its name.');
  }
  if (unused.length > 0) {
    throw new SystemFailure(
      `The template has no placeholder ${unused.join(', ')}`,
      'Remove the value, or correct its name.',
    );
  }
  return template.replaceAll(placeholder, (_, name: string) => values[name] ?? '');
}

import path from 'node:path';
import { describe, expect, it } from 'vitest';
import plugin from './package-imports.ts';

const rule = plugin.rules['no-relative-import-across-packages'];

/** The messages for one import in a file of this package. */
function lint(specifier: string, file = 'docs-check/links.spec.ts'): readonly string[] {
  const messages: string[] = [];
  const filename = path.join(import.meta.dirname, '..', file);
  const checks = rule.create({ filename, report: ({ message }) => messages.push(message) });
  checks.ImportDeclaration({ source: { value: specifier } });
  return messages;
}

describe('no-relative-import-across-packages', () => {
  it.each(['./documents.ts', '../lint/package-imports.ts', 'node:fs', '@breakwater/resilience'])(
    'allows %s',
    (specifier) => {
      expect(lint(specifier)).toEqual([]);
    },
  );

  it('reports an import of another package, or of the root, by its path', () => {
    expect(lint('../../libs/resilience/src/core/errors.ts')).toEqual([
      expect.stringContaining('leaves the package tools'),
    ]);
    expect(lint('../../vitest.shared.ts')).toHaveLength(1);
  });
});

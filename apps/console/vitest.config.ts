import { mergeConfig } from 'vitest/config';
import { vitestConfig } from '../../vitest.shared.ts';

/** Specs run on Node; those that need a DOM request it in their first line. */
export default mergeConfig(
  vitestConfig({
    include: ['src/**/*.spec.{ts,tsx}'],
    // Inlined, it shares the page's Preact; loaded by Node, it would get a second one.
    server: { deps: { inline: ['@testing-library/preact'] } },
  }),
  { oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } } },
);

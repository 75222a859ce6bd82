import { mergeConfig } from 'vitest/config';
import { vitestConfig } from '../../vitest.shared.ts';

/** The server's specs run on Node; those of the page's components ask for a DOM in their first line. */
export default mergeConfig(
  vitestConfig({
    include: ['src/**/*.spec.{ts,tsx}'],
    // Loaded as a module, it shares the page's Preact; as Node would load it, it has another one.
    server: { deps: { inline: ['@testing-library/preact'] } },
  }),
  { oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } } },
);

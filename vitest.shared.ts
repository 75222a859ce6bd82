import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Each project writes its results here; `npm test` sums the counts. */
const results = 'test-results/vitest.json';

/** For `tools/fuzz/main.ts`, which gives each property a time. */
const fuzzing =
  process.env['FUZZ_SECONDS'] === undefined
    ? {}
    : {
        setupFiles: [fileURLToPath(new URL('tools/fuzz/setup.ts', import.meta.url))],
        testTimeout: (2 * Number(process.env['FUZZ_SECONDS']) + 60) * 1_000,
      };

/**
 * The Vitest configuration of every project. Libraries are resolved to their sources, so tests need no build.
 *
 * @param overrides options of one project
 */
export function vitestConfig(overrides: NonNullable<ViteUserConfig['test']> = {}): ViteUserConfig {
  return defineConfig({
    resolve: { conditions: ['@breakwater/source', 'node', 'default'] },
    ssr: { resolve: { conditions: ['@breakwater/source', 'node', 'default'] } },
    test: {
      include: ['src/**/*.spec.ts'],
      reporters: ['default', 'json'],
      outputFile: { json: results },
      passWithNoTests: false,
      // Loading modules takes longer than most spec files run. A worker loads them once for all its files, so each file
      // restores what it changes of globals, timers and the environment.
      isolate: false,
      ...overrides,
      ...fuzzing,
    },
  });
}

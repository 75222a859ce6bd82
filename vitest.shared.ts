import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Where every project leaves its counts; `npm test` adds them up. */
const results = 'test-results/vitest.json';

/**
 * One vitest configuration for the workspace: libraries are resolved to their sources, so tests need no build.
 *
 * @param overrides what a project needs beside it
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
      ...overrides,
    },
  });
}

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { configDefaults, type ViteUserConfig } from 'vitest/config';

/** That of the project whose code is changed. */
const project = (await import(pathToFileURL(path.resolve('vitest.config.ts')).href)) as { default: ViteUserConfig };

// The tests that may kill the mutants of a folder: the variable TESTS has their pattern, below the project.
export default {
  ...project.default,
  root: process.cwd(),
  test: {
    ...project.default.test,
    include: [process.env['TESTS'] ?? 'none'],
    // Its processes run without the mutants.
    exclude: [...configDefaults.exclude, '**/process-lifetime.spec.ts'],
  },
} satisfies ViteUserConfig;

import { vitestConfig } from '../../vitest.shared.ts';

// The tests that may kill the mutants of a folder: the variable TESTS has their patterns.
export default vitestConfig({ include: (process.env['TESTS'] ?? 'src/core/**/*.spec.ts').split(',') });

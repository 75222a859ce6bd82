import { configDefaults } from 'vitest/config';
import { vitestConfig } from '../vitest.shared.ts';

export default vitestConfig({
  include: ['*/**/*.spec.ts'],
  exclude: [...configDefaults.exclude, '**/*.e2e.spec.ts'],
});

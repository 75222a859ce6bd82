import { configDefaults } from 'vitest/config';
import { vitestConfig } from '../../vitest.shared.ts';

export default vitestConfig({ exclude: [...configDefaults.exclude, 'src/**/*.e2e.spec.ts'] });

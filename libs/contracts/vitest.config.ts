import { vitestConfig } from '../../vitest.shared.ts';

export default vitestConfig({ include: ['*.spec.ts', 'src/**/*.spec.ts'] });

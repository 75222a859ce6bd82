import { vitestConfig } from '../../vitest.shared.ts';

export default vitestConfig({ include: ['src/**/*.spec.ts', 'conformance/**/*.spec.ts'] });

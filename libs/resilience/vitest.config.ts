import { vitestConfig } from '../../vitest.shared.ts';

export default vitestConfig({ include: ['{src,conformance,examples,interleavings,specification,bench}/**/*.spec.ts'] });

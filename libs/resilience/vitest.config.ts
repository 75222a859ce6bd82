import { vitestConfig } from '../../vitest.shared.ts';

export default vitestConfig({ include: ['{src,conformance,examples,interleavings,bench}/**/*.spec.ts'] });

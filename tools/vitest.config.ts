import { vitestConfig } from '../vitest.shared.ts';

export default vitestConfig({ include: ['reference/**/*.spec.ts'] });

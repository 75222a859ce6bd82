import { vitestConfig } from '../vitest.shared.ts';

export default vitestConfig({ include: ['{scenarios,runner,measuring,report}/**/*.spec.ts'] });

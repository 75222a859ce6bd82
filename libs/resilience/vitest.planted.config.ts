import { fileURLToPath } from 'node:url';
import { vitestConfig } from '../../vitest.shared.ts';
import { plant, plantedBugs } from './interleavings/planted-bugs.ts';

// The unit tests of a file with a planted bug in it, which the variable PLANTED chooses.
const bug = plantedBugs.at(Number(process.env['PLANTED'] ?? NaN));
if (bug === undefined) throw new Error('Set PLANTED to the number of a planted bug, from 0.');
const file = fileURLToPath(new URL(`src/core/${bug.file}`, import.meta.url));

export default {
  // A cached module would be one without the bug.
  ...vitestConfig({ reporters: ['dot'], fsModuleCache: false }),
  plugins: [
    {
      name: 'planted-bug',
      enforce: 'pre' as const,
      transform: (code: string, id: string) => (id === file ? plant(bug, code) : undefined),
    },
  ],
};

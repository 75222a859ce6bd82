import path from 'node:path';
import type { Arm } from './arm.ts';
import { earlierAccount } from './earlier-account.ts';
import { accountPrograms, migrate, node } from './programs.ts';
import { springAccount } from './spring-account.ts';
import { tracedAccount } from './traced-account.ts';

/** The account service as its image has it. */
const account: Arm = {
  name: 'account',
  build: async () => ({ ...accountPrograms.bundled, name: 'account' }),
};

/** The limit: the same work with nothing around it. */
const bare: Arm = {
  name: 'bare',
  build: async () => ({ name: 'bare', command: node(path.join(import.meta.dirname, 'bare.ts')), migrate }),
};

export const arms: readonly Arm[] = [account, bare, tracedAccount, earlierAccount, springAccount];

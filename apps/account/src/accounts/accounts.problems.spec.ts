import { documentedProblems } from '@breakwater/service-kit/testing';
import { expect, it } from 'vitest';
import { labKinds } from '../lab/lab.problems.ts';
import { accountKinds } from './accounts.problems.ts';

it('docs/problems.md lists the problems of account and of its lab', () => {
  expect(documentedProblems('Account')).toEqual(accountKinds);
  expect(documentedProblems('Account lab')).toEqual(labKinds);
});

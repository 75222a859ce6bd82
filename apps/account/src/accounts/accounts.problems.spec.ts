import { documentedProblems } from '@breakwater/service-kit/testing';
import { expect, it } from 'vitest';
import { labProblems } from '../lab/lab.problems.ts';
import { accountProblems } from './accounts.problems.ts';

it('docs/problems.md lists the problems of account and of its lab', () => {
  expect(documentedProblems('Account')).toEqual(accountProblems);
  expect(documentedProblems('Account lab')).toEqual(labProblems);
});

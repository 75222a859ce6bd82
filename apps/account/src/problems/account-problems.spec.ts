import { documentedProblems } from '@breakwater/service-kit/testing';
import { expect, it } from 'vitest';
import { accountKinds } from './account-problems.ts';

it('the problems of account are those that docs/problems.md lists', () => {
  expect(documentedProblems('Account')).toEqual(accountKinds);
});

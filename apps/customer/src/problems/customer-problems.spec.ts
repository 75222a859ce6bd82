import { documentedProblems } from '@breakwater/service-kit/testing';
import { expect, it } from 'vitest';
import { customerProblems } from './customer-problems.ts';

it('the problems of customer are those that docs/problems.md lists', () => {
  expect(documentedProblems('Customer')).toEqual(customerProblems);
});

import { describe, expect, it } from 'vitest';
import { documentedProblems } from '../testing/documented-problems.ts';
import { serviceKitProblems } from './problem-catalogue.ts';

describe('the problems of the chassis', () => {
  it('are those that docs/problems.md lists', () => {
    expect(documentedProblems('Every service')).toEqual(serviceKitProblems);
  });
});

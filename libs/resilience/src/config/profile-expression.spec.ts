import { describe, expect, it } from 'vitest';
import { acceptsProfiles } from './profile-expression.ts';

describe('acceptsProfiles', () => {
  it.each([
    ['prod', true],
    ['test', false],
    ['!prod', false],
    ['!test', true],
    ['!!prod', true],
    ['prod & eu', true],
    ['prod&us', false],
    ['test | eu', true],
    ['test | us | dev', false],
    ['prod & eu & !test', true],
    ['prod & (us | eu)', true],
    ['!(us | test) & prod', true],
    ['(prod)', true],
    ['!(prod & eu)', false],
  ])('evaluates %s with the active profiles prod and eu', (expression, expected) => {
    expect(acceptsProfiles(expression, ['prod', 'eu'])).toBe(expected);
  });

  it.each([
    '',
    '!',
    'prod &',
    '& prod',
    'prod eu',
    '(prod',
    'prod)',
    '()',
    'prod & eu | us',
    'prod & !',
    '())',
    '!)',
    '!&',
    '!|',
  ])('does not accept the invalid expression %j', (expression) => {
    expect(acceptsProfiles(expression, ['prod', 'eu'])).toBeUndefined();
  });
});

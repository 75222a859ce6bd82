import { expect, it } from 'vitest';
import { findings, warnings } from './doctor-warnings.ts';

it('The example of the doctor works', () => {
  expect(warnings).toEqual([]);
  expect(findings()).toEqual([expect.objectContaining({ instance: 'customer', code: 'half-open-can-hang' })]);
});

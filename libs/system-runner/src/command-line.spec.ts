import { describe, expect, it } from 'vitest';
import { describeFailure, UsageError } from './command-line.ts';
import { SystemFailure } from './system-failure.ts';

describe('describeFailure', () => {
  it.each([
    new UsageError("--target is a URL, not 'ftp://u:s3cret@h/?password=s3cret'"),
    new SystemFailure('http://u:s3cret@h/ did not respond', 'Start it.'),
    new Error('cannot read postgres://u@h/d?password=s3cret'),
  ])('shows a $name without the secrets of URLs', (error) => {
    const text = describeFailure(error, 'npm run demo');

    expect(text).toContain('***');
    expect(text).not.toContain('s3cret');
  });

  it('shows the rest of the message', () => {
    expect(describeFailure(new SystemFailure('http://u:s3cret@h/ did not respond', 'Start it.'), 'npm run demo')).toBe(
      '✖ http://u:***@h/ did not respond. Start it.\n',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { javaRelease } from './spring-account.ts';

describe('the release of Java', () => {
  it.each([
    [25, 'openjdk version "25.0.1" 2025-10-21 LTS'],
    [17, 'openjdk version "17.0.15" 2025-04-15'],
    [26, 'openjdk version "26-ea" 2026-03-17'],
    [8, 'java version "1.8.0_402"'],
    [0, 'command not found'],
  ])('is %i in %j', (release, output) => {
    expect(javaRelease(output)).toBe(release);
  });
});

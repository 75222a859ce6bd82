import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { faultsTokenOf } from './faults-token.ts';

describe("the token of customer's faults", () => {
  it('is the one that is given', () => {
    expect(faultsTokenOf({ FAULTS_TOKEN: 'mine', FAULTS_TOKEN_FILE: '/none' })).toBe('mine');
  });

  it('is in the file that is named', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'token-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = path.join(directory, 'token');
    writeFileSync(file, 'from-a-file\n');

    expect(faultsTokenOf({ FAULTS_TOKEN_FILE: file })).toBe('from-a-file');
  });

  it('is that of compose where nothing is said', () => {
    expect(faultsTokenOf({})).toMatch(/^[\x21-\x7e]{8,}$/);
  });

  it('says which file cannot be read', () => {
    expect(() => faultsTokenOf({ FAULTS_TOKEN_FILE: '/none/such' })).toThrow(/from \/none\/such: ENOENT/);
  });
});

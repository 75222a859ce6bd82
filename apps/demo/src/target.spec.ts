import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { faultsTokenOf } from './target.ts';

describe('faultsTokenOf', () => {
  it('returns FAULTS_TOKEN', () => {
    expect(faultsTokenOf({ FAULTS_TOKEN: 'mine', FAULTS_TOKEN_FILE: '/none' })).toBe('mine');
  });

  it('reads FAULTS_TOKEN_FILE', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'token-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = path.join(directory, 'token');
    writeFileSync(file, 'from-a-file\n');

    expect(faultsTokenOf({ FAULTS_TOKEN_FILE: file })).toBe('from-a-file');
  });

  it('returns the token of compose by default', () => {
    expect(faultsTokenOf({})).toMatch(/^[\x21-\x7e]{8,}$/);
  });

  it('names the file that cannot be read', () => {
    expect(() => faultsTokenOf({ FAULTS_TOKEN_FILE: '/none/such' })).toThrow(/from \/none\/such: ENOENT/);
  });
});

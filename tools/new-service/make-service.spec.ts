import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { workspaceRoot } from '../workspace.ts';
import { makeService } from './make-service.ts';
import { readServiceName } from './render.ts';

/** A workspace with only the files that a new service is made from. */
let root: string;
const folders = (): string[] =>
  ['apps', 'e2e']
    .flatMap((folder) => readdirSync(path.join(root, folder)).map((name) => `${folder}/${name}`))
    .toSorted((a, b) => a.localeCompare(b));

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'new-service-'));
  for (const file of [
    '.prettierrc.json',
    'apps/customer/package.json',
    'apps/customer/src/app.config.ts',
    'e2e/customer/package.json',
  ]) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    cpSync(path.join(workspaceRoot, file), path.join(root, file));
  }
});

afterEach(() => rmSync(root, { recursive: true }));

describe('a new service', () => {
  it('has its name in each spelling, the versions of customer and the next port', async () => {
    const { port, files } = await makeService(root, 'audit-trail');
    const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
    const manifest = JSON.parse(read('apps/audit-trail/package.json')) as { dependencies: Record<string, string> };
    const customer = JSON.parse(read('apps/customer/package.json')) as { dependencies: Record<string, string> };

    expect(port).toBe(3002);
    expect(read('apps/audit-trail/src/app.config.ts')).toContain(`serviceVariables('audit-trail', { port: 3002 })`);
    expect(read('apps/audit-trail/src/app.config.ts')).toContain('AUDIT_TRAIL_GREETING: ');
    expect(read('apps/audit-trail/src/run-service.ts')).toContain('service: auditTrailService');
    expect(read('e2e/audit-trail/src/process.spec.ts')).toContain('../../../apps/audit-trail/dist/');
    expect(customer.dependencies).toMatchObject(manifest.dependencies);
    expect(files.filter(({ text }) => text.includes('__'))).toEqual([]);
    expect(folders()).toEqual(['apps/audit-trail', 'apps/customer', 'e2e/audit-trail', 'e2e/customer']);
  });

  it.each(['customer', 'other'])('is refused if a folder of %s exists', async (name) => {
    mkdirSync(path.join(root, 'e2e/other'));
    const before = folders();

    await expect(makeService(root, name)).rejects.toThrow(
      /^(?:apps\/customer|e2e\/other) already exists: choose another name, or remove it\.$/,
    );
    expect(folders()).toEqual(before);
  });

  it('leaves no folder if the second cannot be created', async () => {
    // A dangling link: it does not exist, but a folder cannot be moved onto it.
    symlinkSync('nowhere', path.join(root, 'e2e/audit'));

    await expect(makeService(root, 'audit')).rejects.toThrow('ENOTDIR');
    expect(existsSync(path.join(root, 'apps/audit'))).toBe(false);
    expect(folders()).toEqual(['apps/customer', 'e2e/audit', 'e2e/customer']);
  });
});

describe('the name of a service', () => {
  it.each([
    ['', 'use lower-case letters'],
    ['Audit', 'use lower-case letters'],
    ['audit_trail', 'use lower-case letters'],
    ['audit--trail', 'use lower-case letters'],
    ['-audit', 'use lower-case letters'],
    ['2fa', 'use lower-case letters'],
    ['../audit', 'use lower-case letters'],
    ['a'.repeat(41), 'use at most 40 characters'],
    ['audit-e2e', 'names with -e2e'],
    ['pg-audit', 'PostgreSQL reserves'],
  ])('cannot be %j', (text, why) => {
    expect(() => readServiceName(text)).toThrow(`'${text}' is not a valid name for a service: ${why}`);
  });

  it('has a spelling for folders, classes, functions and variables', () => {
    expect(readServiceName('audit-trail2')).toEqual({
      name: 'audit-trail2',
      Name: 'AuditTrail2',
      camel: 'auditTrail2',
      NAME: 'AUDIT_TRAIL2',
    });
  });
});

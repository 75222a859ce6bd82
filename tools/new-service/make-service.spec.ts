import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeService } from './make-service.ts';
import { readServiceName } from './service-name.ts';

const workspaceRoot = path.join(import.meta.dirname, '../..');

/** A project of which only that is there which a new service is made from. */
let root: string;
const made = (): string[] =>
  ['apps', 'e2e'].flatMap((folder) => readdirSync(path.join(root, folder)).map((name) => `${folder}/${name}`)).sort();

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
  it('is called by its name in each spelling, and has versions and a port that fit', async () => {
    const { port, files } = await makeService(root, 'audit-trail');
    const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
    const manifest = JSON.parse(read('apps/audit-trail/package.json')) as { dependencies: Record<string, string> };
    const customer = JSON.parse(read('apps/customer/package.json')) as { dependencies: Record<string, string> };

    expect(port).toBe(3002);
    expect(read('apps/audit-trail/src/app.config.ts')).toContain(`serviceVariables('audit-trail', { port: 3002 })`);
    expect(read('apps/audit-trail/src/app.config.ts')).toContain('AUDIT_TRAIL_GREETING: ');
    expect(read('apps/audit-trail/src/main.ts')).toContain('service: auditTrailService');
    expect(read('e2e/audit-trail/src/process.spec.ts')).toContain('../../../apps/audit-trail/dist/');
    expect(customer.dependencies).toMatchObject(manifest.dependencies);
    expect(files.filter(({ text }) => text.includes('__'))).toEqual([]);
    expect(made()).toEqual(['apps/audit-trail', 'apps/customer', 'e2e/audit-trail', 'e2e/customer']);
  });

  it.each(['customer', 'other'])('is not made where a folder of %s is there', async (name) => {
    mkdirSync(path.join(root, 'e2e/other'));
    const before = made();

    await expect(makeService(root, name)).rejects.toThrow(
      /^(?:apps\/customer|e2e\/other) is there already: choose another name, or remove it\.$/,
    );
    expect(made()).toEqual(before);
  });

  it('is not there in part when the second folder cannot be made', async () => {
    // Nothing that is there by its name, and nothing that a folder could be moved onto.
    symlinkSync('nowhere', path.join(root, 'e2e/audit'));

    await expect(makeService(root, 'audit')).rejects.toThrow('ENOTDIR');
    expect(existsSync(path.join(root, 'apps/audit'))).toBe(false);
    expect(made()).toEqual(['apps/customer', 'e2e/audit', 'e2e/customer']);
  });
});

describe('a name for a service', () => {
  it.each([
    ['', 'it is made of lower-case letters'],
    ['Audit', 'it is made of lower-case letters'],
    ['audit_trail', 'it is made of lower-case letters'],
    ['audit--trail', 'it is made of lower-case letters'],
    ['-audit', 'it is made of lower-case letters'],
    ['2fa', 'it is made of lower-case letters'],
    ['../audit', 'it is made of lower-case letters'],
    ['a'.repeat(41), 'it has 40 characters at most'],
    ['audit-e2e', 'the package of its end-to-end tests is called that'],
    ['pg-audit', 'PostgreSQL keeps such names'],
  ])('is not %j', (text, why) => {
    expect(() => readServiceName(text)).toThrow(`'${text}' is no name for a service: ${why}`);
  });

  it('is spelled as each kind of place spells it', () => {
    expect(readServiceName('audit-trail2')).toEqual({
      name: 'audit-trail2',
      Name: 'AuditTrail2',
      camel: 'auditTrail2',
      NAME: 'AUDIT_TRAIL2',
    });
  });
});

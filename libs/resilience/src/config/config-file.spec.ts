import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigFileError, documentsInText } from './config-text.ts';
import { readConfigFile } from './config-file.ts';

describe('readConfigFile', () => {
  let folder: string;
  const write = async (text: string) => {
    const path = join(folder, 'resilience.yml');
    await writeFile(path, text);
    return path;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resilience-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('reads a path, absolute or relative, or a URL', async () => {
    const path = await write('a: 1');

    for (const file of [path, relative(process.cwd(), path), pathToFileURL(path)]) {
      expect(await readConfigFile(file)).toStrictEqual({ label: path, documents: [{ a: 1 }] });
    }
  });

  it('labels a file below the working directory by its relative path', async () => {
    const { label } = await readConfigFile(resolve('package.json'));

    expect(label).toBe('package.json');
  });

  it('labels a file outside the working directory by its absolute path', async () => {
    const path = resolve('..', '..', 'package.json');

    expect(await readConfigFile(relative(process.cwd(), path))).toMatchObject({ label: path });
  });

  it.each([
    ['resilience.prod.yml', '1'],
    ['RESILIENCE.YML', '1'],
    ['a.yml/resilience', 'has no extension'],
    ['a.yml\\resilience', 'has no extension'],
    ['resilience.', 'has the extension .'],
    ['resilience.YMLX', 'has the extension .ymlx'],
  ])('reads a text by the extension of its name: %s', async (name, expected) => {
    const reading = documentsInText('1', name, name, () => import('yaml')).then(String, ({ message }) =>
      String(message),
    );

    expect(await reading).toBe(
      expected === '1' ? '1' : `The configuration file ${name} ${expected}; allowed: .yml, .yaml, .json, .properties.`,
    );
  });

  it('accepts empty values, and an anchor with several aliases', async () => {
    const path = await write('a: &a { b: }\nc: [*a, *a]\nd: { e: *a }');
    const a = { b: null };

    expect(await readConfigFile(path)).toMatchObject({ documents: [{ a, c: [a, a], d: { e: a } }] });
  });

  it('reads several documents, or none', async () => {
    expect(await readConfigFile(await write('a: 1\n---\nb: 2'))).toMatchObject({ documents: [{ a: 1 }, { b: 2 }] });
    expect(await readConfigFile(await write(''))).toMatchObject({ documents: [] });
  });

  it('merges maps, as Spring does', async () => {
    const path = await write('base: &base { a: 1, b: 2 }\nother: { <<: *base, b: 3 }');

    expect(await readConfigFile(path)).toMatchObject({ documents: [{ other: { a: 1, b: 3 } }] });
  });

  it('reports a missing file by its resolved path', async () => {
    const path = join(folder, 'missing.yml');
    const reading = readConfigFile(relative(process.cwd(), path));

    await expect(reading).rejects.toBeInstanceOf(ConfigFileError);
    await expect(reading).rejects.toMatchObject({
      code: 'CONFIG_FILE_UNREADABLE',
      path,
      message: `The configuration file ${path} cannot be read: there is no such file.`,
      cause: { code: 'ENOENT' },
    });
  });

  it('reports the error of the system', async () => {
    await expect(readConfigFile(folder)).rejects.toThrow(`${folder} cannot be read: EISDIR`);
  });

  it.each([
    ['a: 1\nb: c: 2', 'line 2, column 4: Nested mappings are not allowed in compact mappings'],
    ['a: 1\na: 2', 'line 2, column 1: Map keys must be unique'],
    ['a: "x', 'line 1, column 6: Missing closing "quote'],
  ])('reports the place of invalid YAML: %j', async (text, reason) => {
    const path = await write(text);

    await expect(readConfigFile(path)).rejects.toMatchObject({
      message: `${path} is not valid YAML, ${reason}`,
      cause: { name: 'YAMLParseError' },
    });
  });

  it('reports the start of the file if the parser gives no place', async () => {
    const parser = { parseAllDocuments: () => [{ errors: [new Error('Broken\nmore')], toJS: () => undefined }] };
    const path = await write('');

    await expect(readConfigFile(path, () => Promise.resolve(parser))).rejects.toThrow(
      new ConfigFileError(path, `${path} is not valid YAML, line 1, column 1: Broken`),
    );
  });

  it.each([
    ['a: *b', 'Unresolved alias (the anchor must be set before the alias): b'],
    ['a: &a\n  b: *a', 'an anchor contains an alias of itself'],
    ['a: &a\n  b: 1\n  c: [1, *a]', 'an anchor contains an alias of itself'],
    ['a: { <<: 1 }', 'Merge sources must be maps or map aliases'],
    [
      [
        'a: &a [x, x]',
        ...Array.from('bcdefghi', (name, at) => `${name}: &${name} [${`*${'abcdefgh'[at]}, `.repeat(9)}]`),
      ].join('\n'),
      'Excessive alias count indicates a resource exhaustion attack',
    ],
  ])('names the file whose anchors, aliases or merge keys are wrong: %j', async (text, reason) => {
    const path = await write(text);
    const reading = readConfigFile(path);

    await expect(reading).rejects.toBeInstanceOf(ConfigFileError);
    await expect(reading).rejects.toThrow(`${path} is not valid YAML: ${reason}`);
  });

  it('has the error of the parser as its cause', async () => {
    await expect(readConfigFile(await write('a: *b'))).rejects.toMatchObject({ cause: { name: 'ReferenceError' } });
  });

  it.each(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'])('reports how to install yaml after %s', async (code) => {
    const missing = Object.assign(new Error("Cannot find package 'yaml'"), { code });
    const reading = readConfigFile(await write('a: 1'), () => Promise.reject(missing));

    await expect(reading).rejects.toMatchObject({
      message: expect.stringMatching(
        /^Reading .*\.yml needs the package 'yaml', which is not installed: npm install yaml$/,
      ),
      cause: missing,
    });
  });

  it('passes other errors of the package on', async () => {
    const broken = new SyntaxError('broken');

    await expect(readConfigFile(await write('a: 1'), () => Promise.reject(broken))).rejects.toBe(broken);
  });
});

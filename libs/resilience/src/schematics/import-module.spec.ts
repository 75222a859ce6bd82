import { describe, expect, it } from 'vitest';
import { importModule } from './import-module.ts';

const file = 'src/app.module.ts';
const wanted = { file, className: 'AppModule', module: "Added.forRoot({ a: ['b'] })", from: 'added' };
const added = (text: string, className: string | undefined = 'AppModule') =>
  importModule(text, { ...wanted, className });

const head = "import { Module } from '@nestjs/common';\n";
const headAfter = `${head}import { Added } from 'added';\n`;

describe('importModule', () => {
  it.each([
    ['an empty list', '@Module({ imports: [] })', "@Module({ imports: [Added.forRoot({ a: ['b'] })] })"],
    ['a list in one line', '@Module({ imports: [A, B] })', "@Module({ imports: [Added.forRoot({ a: ['b'] }), A, B] })"],
    [
      'a list in several lines',
      '@Module({\n  imports: [\n    A,\n  ],\n})',
      "@Module({\n  imports: [\n    Added.forRoot({ a: ['b'] }),\n    A,\n  ],\n})",
    ],
    [
      'no list',
      '@Module({\n  providers: [A],\n})',
      "@Module({\n  imports: [Added.forRoot({ a: ['b'] })],\n  providers: [A],\n})",
    ],
    ['an empty object', '@Module({})', "@Module({ imports: [Added.forRoot({ a: ['b'] })] })"],
    [
      'nested objects, comments and texts with the same word',
      "@Module({ /* imports: [] */ providers: [{ imports: [], provide: 'imports: [' }], imports: [A] })",
      "@Module({ /* imports: [] */ providers: [{ imports: [], provide: 'imports: [' }], imports: [Added.forRoot({ a: ['b'] }), A] })",
    ],
  ])('adds a module to %s', (_what, before, after) => {
    const rest = '\nexport class AppModule {}\n';

    expect(added(`${head}\n${before}${rest}`)).toBe(`${headAfter}\n${after}${rest}`);
  });

  it('changes the decorator of the named class, or of the first', () => {
    const text = `${head}@Module({ imports: [A] })\nclass First {}\n@Module({ imports: [B] })\nclass AppModule {}\n`;

    expect(added(text)).toContain('@Module({ imports: [A] })\nclass First');
    expect(added(text)).toContain("[Added.forRoot({ a: ['b'] }), B]");
    expect(importModule(text, { ...wanted, className: undefined })).toContain("[Added.forRoot({ a: ['b'] }), A]");
  });

  it('keeps double quotes, missing semicolons and Windows line ends', () => {
    const text =
      'import { Module } from "@nestjs/common"\r\n\r\n@Module({ imports: [] })\r\nexport class AppModule {}\r\n';

    expect(added(text)).toBe(
      'import { Module } from "@nestjs/common"\r\nimport { Added } from "added"\r\n\r\n' +
        '@Module({ imports: [Added.forRoot({ a: ["b"] })] })\r\nexport class AppModule {}\r\n',
    );
  });

  it('adds its import after one of several lines', () => {
    const text = `${head}import {\n  A,\n} from './a';\n\n@Module({ imports: [A] })\nclass AppModule {}\n`;

    expect(added(text)).toContain("} from './a';\nimport { Added } from 'added';\n\n@Module(");
  });

  it.each([
    '@Module(metadata)\nclass AppModule {}',
    '@Module({ ...metadata })\nclass AppModule {}',
    '@Module({ imports })\nclass AppModule {}',
    '@Module({ imports: modules })\nclass AppModule {}',
    'class AppModule {}',
    '@Module({})\nclass OtherModule {}',
  ])('says what to add by hand where it cannot: %j', (text) => {
    expect(() => added(`${head}${text}\n`)).toThrow(
      "src/app.module.ts has no @Module({ imports: [...] }) that can be changed. Add Added.forRoot({ a: ['b'] }) to its imports.",
    );
  });
});

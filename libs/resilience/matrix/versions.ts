/** The exact versions of every package in the matrix: one table, so that a result can be repeated. */

/** The packages of an application by its NestJS. */
export const nest: Readonly<Record<NestMajor, Versions>> = {
  10: {
    ...nestPackages('10.4.22'),
    '@nestjs/config': '3.3.0',
    '@nestjs/terminus': '11.1.1',
    typescript: '5.7.3',
  },
  11: {
    ...nestPackages('11.2.6'),
    '@nestjs/config': '4.0.4',
    '@nestjs/terminus': '11.1.1',
    typescript: '5.9.3',
  },
  12: {
    ...nestPackages('12.5.0'),
    '@nestjs/testing': '12.1.1',
    '@nestjs/config': '12.0.1',
    '@nestjs/terminus': '12.1.0',
    typescript: '5.9.3',
  },
};

/** The packages of every application. */
export const common: Versions = {
  'prom-client': '15.1.3',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
  yaml: '2.9.1',
  vitest: '5.1.1',
  '@types/node': '22.20.7',
};

/** The package of each HTTP platform; its version is that of NestJS. */
export const platformPackages = { Express: '@nestjs/platform-express', Fastify: '@nestjs/platform-fastify' } as const;

export const nodes = { 22: '22.23.5', 24: '24.22.3', 26: '26.12.1' } as const;

/** Jest and its transformer, which applications of the same Jest share. */
export const jests: Readonly<Record<JestMajor, Versions>> = {
  29: { jest: '29.7.0', 'ts-jest': '29.4.15', typescript: '5.9.3' },
  30: { jest: '30.5.2', 'ts-jest': '29.4.15', typescript: '5.9.3' },
};

/** Types of Jest for the application that has its own configuration: the global ones and those of `@jest/globals`. */
export const jestTypes: Readonly<Record<JestMajor, Versions>> = {
  29: { '@types/jest': '29.5.14', '@jest/globals': '29.7.0' },
  30: { '@types/jest': '30.0.0', '@jest/globals': '30.5.2' },
};

/** NestJS's command line with what its builders need. */
export const builders: Readonly<Record<NestMajor, Versions>> = {
  10: { '@nestjs/cli': '10.4.9', '@swc/cli': '0.5.2', '@swc/core': '1.11.29', 'ts-loader': '9.6.2' },
  11: { '@nestjs/cli': '11.0.24', '@swc/cli': '0.8.1', '@swc/core': '1.16.22', 'ts-loader': '9.6.2' },
  12: {
    '@nestjs/cli': '12.0.8',
    '@swc/cli': '0.8.1',
    '@swc/core': '1.16.22',
    webpack: '5.113.0',
    'webpack-node-externals': '3.0.0',
    'ts-loader': '9.6.2',
    'fork-ts-checker-webpack-plugin': '9.1.0',
    'tsconfig-paths-webpack-plugin': '4.2.0',
  },
};

export const tsx = '4.23.15';
export const pnpm = '10.34.9';

export type NestMajor = 10 | 11 | 12;
export type NodeMajor = keyof typeof nodes;
export type JestMajor = 29 | 30;
export type Versions = Readonly<Record<string, string>>;

function nestPackages(version: string): Versions {
  const names = ['common', 'core', 'testing', 'platform-express', 'platform-fastify'];
  return Object.fromEntries(names.map((name) => [`@nestjs/${name}`, version]));
}

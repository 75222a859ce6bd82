import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { k8sFolder } from '../kustomize/kustomize.ts';
import { type Container, type PodSpec, workloadsIn } from '../kustomize/manifest.ts';
import { canRender, complete, manifestsOf } from './rendered.ts';

const read = (file: string): string => readFileSync(join(k8sFolder, file), 'utf8');

/** See images.yaml. */
interface ImageFacts {
  readonly versions: string;
  readonly user: number;
  readonly entrypoint: 'wrapper' | 'program';
  readonly programs: readonly string[];
  readonly ports: readonly number[];
  readonly paths: readonly string[];
  readonly data?: { readonly variable: string; readonly value: string };
  readonly fileVariables?: readonly string[];
  readonly sources: readonly string[];
}

const images = parse(read('checks/images.yaml')) as Readonly<Record<string, ImageFacts>>;

/** A container of a manifest or a service of compose. */
interface Use {
  readonly what: string;
  readonly image: string;
  /** Undefined: that of the image. */
  readonly user?: string | number | undefined;
  readonly args: readonly string[];
  /** The program of a health check or probe. */
  readonly checkedBy: readonly string[];
  readonly ports: readonly number[];
  readonly paths: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Those that the system, and not the image, determines: temporary files, secrets, and what is mounted for scripts of ours. */
const ownPaths = /^\/(?:tmp|dev\/shm|run\/secrets(?:\/breakwater)?|chaos(?:\/.*)?|load-tests)$/;
/** nginx's status and its default port, which nginx.conf sets. */
const ownPorts: Readonly<Record<string, readonly number[]>> = { 'nginxinc/nginx-unprivileged': [8081] };

const splitImage = (image: string): readonly [name: string, version: string] => {
  const [name = '', version = ''] = image.split('@')[0]!.split(':');
  return [name, version];
};

/** What disagrees with the image's documentation. */
function faultsOf({ what, image, user, args, checkedBy, ports, paths, env }: Use): string[] {
  const [name, version] = splitImage(image);
  const facts = images[name];
  if (facts === undefined) return [`${what}: images.yaml has no ${name}`];
  const faults: string[] = [];
  const expectThat = (holds: boolean, fault: string): void => void (holds || faults.push(`${what}: ${fault}`));
  expectThat(version.startsWith(facts.versions), `images.yaml is for ${facts.versions}, not ${version}`);
  // Compose may name the user; the name is that of the program.
  expectThat(user === undefined || user === facts.user || user === name, `${user} is not the user ${facts.user}`);
  const [first] = args;
  const isOption = first?.startsWith('-') === true;
  const isProgram = first !== undefined && facts.programs.includes(first);
  expectThat(
    first === undefined || isProgram || (isOption && facts.entrypoint === 'program'),
    `the entry point does not take ${first}`,
  );
  for (const program of checkedBy) expectThat(facts.programs.includes(program), `the image has no ${program}`);
  for (const port of ports) {
    expectThat([...facts.ports, ...(ownPorts[name] ?? [])].includes(port), `the image does not listen on ${port}`);
  }
  for (const path of paths) {
    const isKnown = facts.paths.some((known) => path === known || path.startsWith(`${known}/`));
    expectThat(isKnown || ownPaths.test(path), `${path} is not a path of the image`);
  }
  const { variable, value } = facts.data ?? {};
  if (variable !== undefined) {
    expectThat((env[variable] ?? value) === value, `${variable} is ${env[variable]}, not ${value}`);
    expectThat(paths.includes(facts.paths[0]!), `no volume is at ${facts.paths[0]}`);
  }
  for (const fromFile of Object.keys(env).filter((each) => each.endsWith('_FILE'))) {
    const read = fromFile.slice(0, -'_FILE'.length);
    expectThat(facts.fileVariables?.includes(read) === true, `the image does not read ${fromFile}`);
  }
  return faults;
}

interface ComposeService {
  readonly image: string;
  readonly user?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[] };
}

const compose = parse(read('../docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, ComposeService>>;
};

/** Images of this project are made from Node's, and their own Dockerfile says what they contain. */
const isOwn = (image: string): boolean => image.startsWith('breakwater/');

const usesInCompose: Use[] = Object.entries(compose.services).map(([what, service]) => ({
  what: `compose: ${what}`,
  image: /^\$\{\w+:-(.+)\}$/.exec(service.image)?.[1] ?? service.image,
  user: service.user,
  args: service.command ?? [],
  checkedBy: service.healthcheck?.test?.[0] === 'CMD' ? [service.healthcheck.test[1] ?? ''] : [],
  ports: (service.ports ?? []).map((port) => Number(port.split(':').at(-1))),
  paths: [
    ...(service.volumes ?? []).map((volume) => targetOf(volume)),
    ...(service.tmpfs ?? []).map((mount) => mount.split(':')[0]!),
  ],
  env: service.environment ?? {},
}));

/** `./nginx/nginx.conf:/etc/nginx/templates/nginx.conf.template:ro` is mounted at the second part. */
function targetOf(volume: string): string {
  const [, target = ''] = volume.split(':');
  return target;
}

const useOf = (what: string, { securityContext }: PodSpec, container: Container & { args?: string[] }): Use => {
  const { startupProbe, readinessProbe, livenessProbe } = container;
  return {
    what,
    image: container.image,
    user: securityContext?.runAsUser,
    args: container.args ?? [],
    checkedBy: [startupProbe, readinessProbe, livenessProbe].flatMap((probe) => probe?.exec?.command.slice(0, 1) ?? []),
    ports: (container.ports ?? []).map(({ containerPort }) => containerPort),
    paths: (container.volumeMounts ?? []).map(({ mountPath }) => mountPath),
    env: Object.fromEntries((container.env ?? []).map(({ name, value = '' }) => [name, value])),
  };
};

describe('an image is used as its maker documents it', () => {
  it('in docker-compose.yml', () => {
    const others = usesInCompose.filter(({ image }) => !isOwn(image));

    expect(others.map(({ what }) => what)).toHaveLength(7);
    expect(others.flatMap((use) => faultsOf(use))).toEqual([]);
  });

  it.skipIf(!canRender).each(complete)('in $title', ({ combination }) => {
    const uses = workloadsIn(manifestsOf(combination)).flatMap(({ kind, metadata, spec }) =>
      spec.template.spec.containers.map((container) =>
        useOf(`${kind} ${metadata.name}`, spec.template.spec, container),
      ),
    );
    const [own, others] = [true, false].map((isOurs) =>
      uses.filter(({ image }) => image.includes('breakwater/') === isOurs),
    ) as [Use[], Use[]];

    expect(others.length).toBeGreaterThanOrEqual(3);
    expect(others.flatMap((use) => faultsOf(use))).toEqual([]);
    // The user and the programs of Node's image.
    for (const { user, args } of own) {
      expect(user).toBe(images['node']?.user);
      expect([undefined, 'node']).toContain(args[0]);
    }
  });

  it('in the Dockerfile', () => {
    const dockerfile = read('../Dockerfile');
    const [, image = ''] = /^ARG NODE_IMAGE=(.+)$/m.exec(dockerfile) ?? [];
    const healthcheck = /HEALTHCHECK[^]*?CMD \["(\w+)"/.exec(dockerfile)?.[1] ?? '';
    const started = /^CMD \["(\w+)"/m.exec(dockerfile)?.[1] ?? '';

    expect(/^USER (\w+)$/m.exec(dockerfile)?.[1]).toBe('node');
    expect(
      faultsOf({ what: 'image', image, args: [started], checkedBy: [healthcheck], ports: [], paths: [], env: {} }),
    ).toEqual([]);
  });

  it('with a source for each statement', () => {
    for (const { sources } of Object.values(images)) {
      expect(sources.length).toBeGreaterThan(0);
      for (const source of sources)
        expect(source).toMatch(/^https:\/\/(?:github\.com\/.+\/blob\/[0-9a-f]{40}\/|grafana\.com\/docs\/)/);
    }
  });
});

describe('the check of images', () => {
  const use: Use = {
    what: 'a use',
    image: 'postgres:18.4',
    user: 999,
    args: [],
    checkedBy: ['pg_isready'],
    ports: [5432],
    paths: ['/var/lib/postgresql'],
    env: { POSTGRES_PASSWORD_FILE: '/run/secrets/postgres-password' },
  };

  it.each<[string, Partial<Use>]>([
    ['images.yaml has no mysql', { image: 'mysql:9' }],
    ['images.yaml is for 18., not 17.2', { image: 'postgres:17.2' }],
    ['70 is not the user 999', { user: 70 }],
    ['the entry point does not take sh', { args: ['sh', '-c', 'postgres'] }],
    ['the image has no curl', { checkedBy: ['curl'] }],
    ['the image does not listen on 5433', { ports: [5433] }],
    // The path of images before 18.
    [
      'PGDATA is /var/lib/postgresql/data, not /var/lib/postgresql/18/docker',
      { env: { PGDATA: '/var/lib/postgresql/data' } },
    ],
    ['no volume is at /var/lib/postgresql', { paths: ['/var/lib/postgresql/data'] }],
    ['/data is not a path of the image', { paths: ['/var/lib/postgresql', '/data'] }],
    ['the image does not read PGDATA_FILE', { env: { PGDATA_FILE: '/run/secrets/x' } }],
  ])('finds: %s', (fault, change) => {
    expect(faultsOf(use)).toEqual([]);
    expect(faultsOf({ ...use, ...change })).toEqual([`a use: ${fault}`]);
  });
});

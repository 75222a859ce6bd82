import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from '@breakwater/system-runner';
import { findProgram } from '@breakwater/system-runner/programs';
import type { Arm, BuildContext, NotChecked, Program } from './arm.ts';
import { migrate } from './programs.ts';

const project = path.join(import.meta.dirname, '../spring');

/** The release of Java that the project requires (`java.version` in pom.xml). */
const requiredJava = 25;

/** A heap that suits the memory that account requests in Kubernetes; it makes the garbage collector no measurable work. */
const heap = '-Xmx256m';

/** The same service with Spring MVC on virtual threads, JdbcTemplate and Resilience4j. */
export const springAccount: Arm = { name: 'spring', build: buildSpring };

/** @param profiles of Spring, as in application.yml. Default: none */
export async function buildSpring({ signal }: BuildContext, profiles: string = ''): Promise<Program | NotChecked> {
  const java = await findJava();
  if (java === undefined) return { notChecked: `there is no Java ${requiredJava} (JAVA_HOME, PATH, /usr/lib/jvm)` };
  const maven = findProgram('mvn');
  if (maven === undefined) return { notChecked: 'there is no Maven (mvn)' };
  try {
    const env = childEnvironment({ JAVA_HOME: path.resolve(java, '../..') });
    await promisify(execFile)(maven, ['-B', '-q', 'package'], { cwd: project, env, signal });
  } catch (error) {
    const { stdout = '', message } = error as Error & { readonly stdout?: string };
    if (!/Could not (?:transfer|find|resolve)|could not be resolved/.test(stdout)) {
      throw new Error(`Maven could not build ${project}: ${stdout || message}`, { cause: error });
    }
    return { notChecked: 'its packages cannot be downloaded' };
  }
  return {
    name: 'spring',
    command: [java, heap, '-jar', path.join(project, 'target/account.jar')],
    env: { SPRING_PROFILES_ACTIVE: profiles },
    migrate,
  };
}

async function findJava(): Promise<string | undefined> {
  const folder = '/usr/lib/jvm';
  const homes = [
    process.env['JAVA_HOME'],
    ...(existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : []),
  ];
  const candidates = [...homes.flatMap((home) => (home ? [path.join(home, 'bin/java')] : [])), findProgram('java')];
  for (const java of candidates) {
    if (java !== undefined && existsSync(java) && (await releaseOf(java)) >= requiredJava) return java;
  }
  return undefined;
}

async function releaseOf(java: string): Promise<number> {
  const { stderr } = await promisify(execFile)(java, ['-version']).catch(() => ({ stderr: '' }));
  return javaRelease(stderr);
}

/** The release in the output of `java -version`, such as 25; 0 when there is none. */
export function javaRelease(output: string): number {
  return Number(/version "(?:1\.)?(\d+)/.exec(output)?.[1] ?? 0);
}

import { run } from './command.ts';

/** Tearing down takes a few seconds; an engine that does not answer must not keep us for ever. */
const cleanUpTimeoutMs = 120_000;

/** What runs, as `docker inspect` tells it. */
export interface RunningContainer {
  readonly id: string;
  /** As the image names the replica: the service's name and the start of the container's id. */
  readonly instance: string;
  readonly startedAt: string;
}

/** A compose system of its own, beside others on the same engine. */
export class ComposeProject {
  readonly #name: string;
  readonly #cwd: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #signal: AbortSignal;

  /**
   * @param name of the project: of containers, networks and volumes, the first part
   * @param cwd where docker-compose.yml is; `COMPOSE_FILE` may name others
   * @param env laid over this process's own
   * @param signal ends whatever runs, but not {@link remove}
   */
  constructor(name: string, cwd: string, env: Readonly<Record<string, string>>, signal: AbortSignal) {
    this.#name = name;
    this.#cwd = cwd;
    this.#env = { ...process.env, ...env };
    this.#signal = signal;
  }

  /** @returns what it wrote to standard output */
  compose(...args: readonly string[]): Promise<string> {
    return this.#docker(['compose', '--project-name', this.#name, '--progress', 'plain', ...args]);
  }

  /** @returns what it wrote to standard output */
  docker(...args: readonly string[]): Promise<string> {
    return this.#docker(args);
  }

  /** Runs a program of this project on this machine. @returns what it wrote to standard output */
  node(...args: readonly string[]): Promise<string> {
    return run(process.execPath, args, { cwd: this.#cwd, env: this.#env, signal: this.#signal });
  }

  /** The containers of a service that run now. */
  async containersOf(service: string): Promise<RunningContainer[]> {
    const ids = lines(await this.compose('ps', '--quiet', '--status', 'running', service));
    if (ids.length === 0) return [];
    const told = await this.docker('inspect', '--format', '{{.Id}} {{.Config.Hostname}} {{.State.StartedAt}}', ...ids);
    return lines(told).map((line) => {
      const [id = '', hostname = '', startedAt = ''] = line.split(' ');
      return { id, instance: `${service}-${hostname}`, startedAt };
    });
  }

  /** Asks the database, as its superuser. @returns rows of columns, as text */
  async query(sql: string): Promise<string[][]> {
    const database = ['--username=postgres', '--dbname=breakwater', '--no-psqlrc', '--tuples-only', '--no-align'];
    const told = await this.compose('exec', '-T', 'postgres', 'psql', ...database, '--command', sql);
    return lines(told).map((line) => line.split('|'));
  }

  /** The end of every container's log. */
  logs(): Promise<string> {
    return this.#dockerToTheEnd(['compose', '--project-name', this.#name, 'logs', '--no-color', '--tail', '15']);
  }

  /** Removes containers, networks and volumes. Works in any state, and when nothing is there. */
  async remove(): Promise<void> {
    const args = [
      '--project-name',
      this.#name,
      '--profile',
      '*',
      'down',
      '--volumes',
      '--remove-orphans',
      '--timeout',
      '5',
    ];
    await this.#dockerToTheEnd(['compose', ...args]);
  }

  /** What of it the engine still has. */
  async leftovers(): Promise<string[]> {
    const label = `label=com.docker.compose.project=${this.#name}`;
    const kinds = [
      ['ps', '--all'],
      ['volume', 'ls'],
      ['network', 'ls'],
    ];
    const found = await Promise.all(kinds.map((kind) => this.#dockerToTheEnd([...kind, '--quiet', '--filter', label])));
    return found.flatMap(lines);
  }

  #docker(args: readonly string[]): Promise<string> {
    return run('docker', args, { cwd: this.#cwd, env: this.#env, signal: this.#signal });
  }

  /** What has to be done whether or not somebody wants all to end. */
  #dockerToTheEnd(args: readonly string[]): Promise<string> {
    return run('docker', args, { cwd: this.#cwd, env: this.#env, signal: AbortSignal.timeout(cleanUpTimeoutMs) });
  }
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

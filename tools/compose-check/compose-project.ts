import { run } from './command.ts';

/** The removal takes a few seconds; the timeout is for an engine that does not respond. */
const cleanUpTimeoutMs = 120_000;

/** A running container according to `docker inspect`. */
export interface RunningContainer {
  readonly id: string;
  /** The replica's name in the image: the service's name and the start of the container's id. */
  readonly instance: string;
  readonly startedAt: string;
}

/** A compose project that is independent of others on the same engine. */
export class ComposeProject {
  readonly #name: string;
  readonly #cwd: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #signal: AbortSignal;

  /**
   * @param name prefix of containers, networks and volumes
   * @param cwd where docker-compose.yml is; `COMPOSE_FILE` may name others
   * @param env in addition to the environment of this process
   * @param signal ends all commands except {@link remove}
   */
  constructor(name: string, cwd: string, env: Readonly<Record<string, string>>, signal: AbortSignal) {
    this.#name = name;
    this.#cwd = cwd;
    this.#env = { ...process.env, ...env };
    this.#signal = signal;
  }

  /** @returns its standard output */
  compose(...args: readonly string[]): Promise<string> {
    return this.#docker(['compose', '--project-name', this.#name, '--progress', 'plain', ...args]);
  }

  /** @returns its standard output */
  docker(...args: readonly string[]): Promise<string> {
    return this.#docker(args);
  }

  /** Runs a program of this project on this machine. @returns its standard output */
  node(...args: readonly string[]): Promise<string> {
    return run(process.execPath, args, { cwd: this.#cwd, env: this.#env, signal: this.#signal });
  }

  /** The containers of a service that run now. */
  async containersOf(service: string): Promise<RunningContainer[]> {
    const ids = lines(await this.compose('ps', '--quiet', '--status', 'running', service));
    if (ids.length === 0) return [];
    const output = await this.docker(
      'inspect',
      '--format',
      '{{.Id}} {{.Config.Hostname}} {{.State.StartedAt}}',
      ...ids,
    );
    return lines(output).map((line) => {
      const [id = '', hostname = '', startedAt = ''] = line.split(' ');
      return { id, instance: `${service}-${hostname}`, startedAt };
    });
  }

  /** Queries the database as its superuser. @returns rows of columns as text */
  async query(sql: string): Promise<string[][]> {
    const database = ['--username=postgres', '--dbname=breakwater', '--no-psqlrc', '--tuples-only', '--no-align'];
    const output = await this.compose('exec', '-T', 'postgres', 'psql', ...database, '--command', sql);
    return lines(output).map((line) => line.split('|'));
  }

  /** The end of every container's log. */
  logs(): Promise<string> {
    return this.#dockerUninterrupted(['compose', '--project-name', this.#name, 'logs', '--no-color', '--tail', '15']);
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
    await this.#dockerUninterrupted(['compose', ...args]);
  }

  /** The remaining objects of the project. */
  async leftovers(): Promise<string[]> {
    const label = `label=com.docker.compose.project=${this.#name}`;
    const kinds = [
      ['ps', '--all'],
      ['volume', 'ls'],
      ['network', 'ls'],
    ];
    const found = await Promise.all(
      kinds.map((kind) => this.#dockerUninterrupted([...kind, '--quiet', '--filter', label])),
    );
    return found.flatMap(lines);
  }

  #docker(args: readonly string[]): Promise<string> {
    return run('docker', args, { cwd: this.#cwd, env: this.#env, signal: this.#signal });
  }

  /** Runs a command that an interruption must not end. */
  #dockerUninterrupted(args: readonly string[]): Promise<string> {
    return run('docker', args, { cwd: this.#cwd, env: this.#env, signal: AbortSignal.timeout(cleanUpTimeoutMs) });
  }
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import {
  type DatabaseServer,
  DatabaseServerError,
  type LocalPostgres,
  provideDatabaseServer,
  startLocalPostgres,
  withClient,
} from './postgres/index.ts';
import { SystemFailure } from './system-failure.ts';
import type { ServiceName } from './workspace.ts';

const connectTimeoutMs = 5_000;

export interface DatabaseOptions {
  /** `given`: the server of `DATABASE_URL`, if it is set. `own`: always a server of this run. */
  readonly which: 'given' | 'own';
  /** The name of the run in messages, such as `demo`. */
  readonly runName: string;
  /** Called once when the server goes away without having been stopped. */
  readonly onLost: (failure: SystemFailure) => void;
}

/** The PostgreSQL of a system. */
export class SystemDatabase {
  /** Connection URL of the owner of the tables. */
  readonly url: string;
  /** Version and address without a password: `PostgreSQL 18.4 on 127.0.0.1:40123`. */
  readonly description: string;
  readonly #server: DatabaseServer;
  /** Undefined for a given server. */
  readonly #own: LocalPostgres | undefined;
  #monitor: ConnectionMonitor;

  private constructor(server: DatabaseServer, own: LocalPostgres | undefined, monitor: ConnectionMonitor) {
    this.url = server.url;
    this.#server = server;
    this.#own = own;
    this.#monitor = monitor;
    this.description = `PostgreSQL ${monitor.version} on ${addressOf(server.url)}`;
  }

  /**
   * Uses the server of `DATABASE_URL`, or starts one.
   *
   * @throws SystemFailure when neither is possible
   */
  static async open({ which, runName, onLost }: DatabaseOptions): Promise<SystemDatabase> {
    const isGiven = which === 'given' && Boolean(process.env['DATABASE_URL']);
    try {
      const own = isGiven ? undefined : await startLocalPostgres();
      const server = own ?? (await provideDatabaseServer());
      const remedy = isGiven ? 'Check the server that DATABASE_URL names.' : `Start the ${runName} again.`;
      const monitor = await monitorConnection(server.url, (reason) => {
        onLost(new SystemFailure(`PostgreSQL on ${addressOf(server.url)} went away (${reason})`, remedy));
      }).catch(async (error: unknown) => {
        await server.stop();
        throw error;
      });
      return new SystemDatabase(server, own, monitor);
    } catch (error) {
      if (error instanceof DatabaseServerError) throw new SystemFailure(error.problem, error.remedy);
      throw error;
    }
  }

  /** Whether the server was started for this run and has no other users. */
  get isOwn(): boolean {
    return this.#own !== undefined;
  }

  /**
   * Ends the server like a crash: connections are closed and uncommitted changes are lost.
   *
   * @throws SystemFailure for a given server
   */
  async stop(): Promise<void> {
    const own = this.#requireOwn();
    await this.#monitor.end();
    await own.halt();
  }

  /**
   * Starts a stopped server again with the same data and port. Resolves when it accepts connections.
   *
   * @throws SystemFailure for a given server
   */
  async start(): Promise<void> {
    await this.#requireOwn().resume();
    this.#monitor = await this.#monitor.reconnect();
  }

  /**
   * Stops all processes of the server where they are (SIGSTOP): connections stay open, and nothing responds.
   *
   * @throws SystemFailure for a given server
   */
  freeze(): Promise<void> {
    return this.#requireOwn().freeze();
  }

  /** Lets a frozen server continue (SIGCONT). */
  thaw(): void {
    this.#requireOwn().thaw();
  }

  /** Ends an own server permanently; a given server keeps running. */
  async close(): Promise<void> {
    await this.#monitor.end();
    await this.#server.stop();
  }

  #requireOwn(): LocalPostgres {
    if (this.#own !== undefined) return this.#own;
    throw new SystemFailure(
      `PostgreSQL on ${addressOf(this.url)} cannot be stopped, frozen or started: DATABASE_URL names it`,
      'Unset DATABASE_URL; a server is then started for this run.',
    );
  }
}

/** One connection that stays open and breaks when the server goes away. */
interface ConnectionMonitor {
  /** The server version, such as `18.4`. */
  readonly version: string;
  /** Opens a new connection. */
  reconnect(): Promise<ConnectionMonitor>;
  end(): Promise<void>;
}

/** @throws SystemFailure when the server does not respond */
async function monitorConnection(url: string, onBroken: (reason: string) => void): Promise<ConnectionMonitor> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  let isEnding = false;
  client.on('error', (error) => {
    if (isEnding) return;
    isEnding = true;
    onBroken(error.message);
  });
  const end = async (): Promise<void> => {
    isEnding = true;
    await client.end().catch(() => {});
  };
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    const version = rows[0]?.server_version.split(' ')[0] ?? 'of unknown version';
    return { version, reconnect: () => monitorConnection(url, onBroken), end };
  } catch (error) {
    await end();
    throw new SystemFailure(
      `PostgreSQL on ${addressOf(url)} does not respond (${error instanceof Error ? error.message : String(error)})`,
      'Start it, correct DATABASE_URL, or unset DATABASE_URL; a server is then started for this run.',
    );
  }
}

function addressOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || '5432'}`;
}

/** How a service connects. */
export interface ServiceLogin {
  /** The service's role; undefined when it connects as the owner of the tables. */
  readonly role: string | undefined;
  readonly url: string;
}

export type ServiceLogins = Readonly<Record<ServiceName, ServiceLogin>>;

/** Both services connect as the owner of the tables. */
export function ownerLogins(ownerUrl: string): ServiceLogins {
  const login = { role: undefined, url: ownerUrl };
  return { account: login, customer: login };
}

/** Creates a login role per service, or gives an existing one a new password. The services' migrations grant its rights. */
export async function createServiceLogins(ownerUrl: string): Promise<ServiceLogins> {
  return withClient(ownerUrl, async (client) => ({
    account: await createLogin(client, 'breakwater_account', ownerUrl),
    customer: await createLogin(client, 'breakwater_customer', ownerUrl),
  }));
}

async function createLogin(client: Client, role: string, ownerUrl: string): Promise<ServiceLogin> {
  // base64url needs no escaping in SQL or in a URL.
  const password = randomBytes(18).toString('base64url');
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  await client.query(`${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${role} LOGIN PASSWORD '${password}'`);

  const url = new URL(ownerUrl);
  url.username = role;
  url.password = password;
  return { role, url: url.href };
}

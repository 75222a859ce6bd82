import type { ServiceReplica } from './service-replica.ts';

const numbers = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const list = new Intl.ListFormat('en');

/** `two customer services`. */
export function countOf(count: number, service: string): string {
  return `${numbers[count] ?? count} ${service} ${count === 1 ? 'service' : 'services'}`;
}

/** `customer-1 and customer-2 are ready on ports 8091 and 8092`. */
export function readyOn(replicas: readonly Pick<ServiceReplica, 'name' | 'url'>[]): string {
  const names = list.format(replicas.map(({ name }) => name));
  const ports = list.format(replicas.map(({ url }) => new URL(url).port));
  return replicas.length === 1 ? `${names} is ready on port ${ports}` : `${names} are ready on ports ${ports}`;
}

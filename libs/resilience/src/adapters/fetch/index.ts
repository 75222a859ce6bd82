export type { HttpAdapterOptions, OutgoingRequest } from '../http/http-adapter.ts';
export type { Fetch, ResilientFetchOptions } from './resilient-fetch.ts';
export { resilientFetch } from './resilient-fetch.ts';

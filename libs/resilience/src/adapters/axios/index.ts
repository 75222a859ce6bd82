export type { HttpAdapterOptions, OutgoingRequest } from '../http/http-adapter.ts';
export { protectAxios } from './protect-axios.ts';

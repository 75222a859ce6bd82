export { type Direction, FaultProxy, type NetworkFault } from './fault-proxy.ts';
export { type Edge, edges, type Ends, SystemNetwork } from './system-network.ts';

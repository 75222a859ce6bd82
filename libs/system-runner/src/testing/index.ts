export { StandInServers } from './stand-in-server.ts';

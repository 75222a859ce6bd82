import { protectAxios } from '@breakwater/resilience/axios';
import { resilientFetch } from '@breakwater/resilience/fetch';
import { resilienceInterceptor } from '@breakwater/resilience/undici';
import axios from 'axios';
import { Agent } from 'undici';

export const protectedFetch = resilientFetch();
export const payments = protectAxios(axios.create({ baseURL: 'https://payments.example.com' }));
export const dispatcher = new Agent().compose(resilienceInterceptor());

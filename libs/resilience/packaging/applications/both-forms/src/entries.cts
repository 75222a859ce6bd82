import core = require('@breakwater/resilience');
import actuator = require('@breakwater/resilience/actuator');
import axios = require('@breakwater/resilience/axios');
import config = require('@breakwater/resilience/config');
import doctor = require('@breakwater/resilience/doctor');
import fetch = require('@breakwater/resilience/fetch');
import grpc = require('@breakwater/resilience/grpc');
import logging = require('@breakwater/resilience/logging');
import nest = require('@breakwater/resilience/nest');
import nestAxios = require('@breakwater/resilience/nest-axios');
import nestTesting = require('@breakwater/resilience/nest-testing');
import opentelemetry = require('@breakwater/resilience/opentelemetry');
import opossum = require('@breakwater/resilience/opossum');
import prometheus = require('@breakwater/resilience/prometheus');
import terminus = require('@breakwater/resilience/terminus');
import testing = require('@breakwater/resilience/testing');
import undici = require('@breakwater/resilience/undici');

/** Every entry, as CommonJS loads it. */
export const required = {
  core,
  actuator,
  axios,
  config,
  doctor,
  fetch,
  grpc,
  logging,
  nest,
  nestAxios,
  nestTesting,
  opentelemetry,
  opossum,
  prometheus,
  terminus,
  testing,
  undici,
};

/** A CommonJS package for NestJS, as far as loading it goes. */
exports.Injectable = require('@nestjs/common').Injectable;

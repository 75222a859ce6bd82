/** Customer answered, and this customer does not exist. */
export class CustomerNotFoundError extends Error {}

/** Customer answered with a status of 500 or above. */
export class CustomerFailedError extends Error {}

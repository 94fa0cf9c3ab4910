/** A request that the server does not know: an older one serves while the new one is made ready. */

const METHOD_NOT_FOUND = -32_601;

export class UnknownRequestError extends Error {}

/** Returns the error of a request as it is to be told. */
export function knownWords(error: unknown): unknown {
  if ((error as { code?: unknown }).code !== METHOD_NOT_FOUND) return error;
  const message = 'The server that runs is of an older version and cannot do this yet. It is being updated; ask again when that is done.';
  return new UnknownRequestError(message, { cause: error });
}

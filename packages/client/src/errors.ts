/** A request that the server refused, or that did not reach it (`status` 0, `code` `unreachable`). Decide by `code`: it is stable. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    /** HTTP status of the answer; 0: none came. */
    readonly status: number,
    /** The server's code; `http_…` with the status if what answered is no Housecount. */
    readonly code: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The refusal that an answer carries. */
export async function errorOf(response: Response): Promise<ApiError> {
  const fallback = `The server answered ${response.status}.`;
  try {
    const body: unknown = await response.json();
    const holder = isObject(body) && isObject(body.error) ? body.error : body;
    if (isObject(holder) && typeof holder.code === 'string')
      return new ApiError(
        response.status,
        holder.code,
        typeof holder.message === 'string' ? holder.message : fallback,
      );
  } catch {
    // The answer is not JSON: a proxy's page, say. The status tells enough.
  }
  return new ApiError(response.status, `http_${response.status}`, fallback);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

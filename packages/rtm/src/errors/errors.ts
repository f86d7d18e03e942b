import { type ErrorCodeName, errorCodes } from './error-codes.ts';

/** The fields that apps read of an error. */
export interface ErrorInfo {
  error: boolean;
  reason: string;
  operation: string;
  errorCode: number;
}

export interface IErrorInfo {
  code?: number;
  serverCode?: number;
  // biome-ignore lint/suspicious/noExplicitAny: as the API has it: whatever was thrown.
  originalError?: any;
}

/** Every call throws or rejects with this. A number as third argument is the code, a string the name. */
export class RTMBaseError extends Error implements ErrorInfo {
  originalError?: Error = undefined;
  code?: number = undefined;
  serverCode?: number = undefined;
  error = true;
  reason: string;
  operation: string;
  errorCode: number;

  constructor(
    operation: string,
    args: string | readonly [string, ...unknown[]] = '',
    errorInfo: IErrorInfo | string | number = {},
  ) {
    const reason = sentence(typeof args === 'string' ? args : format(...args));
    const { code, serverCode, originalError }: IErrorInfo =
      typeof errorInfo === 'number'
        ? { code: errorInfo }
        : typeof errorInfo === 'string'
          ? {}
          : (errorInfo ?? {});
    const server = serverCode === undefined ? '' : `, server Code ${serverCode}`;
    super(code === undefined ? reason : `Error Code ${code}${server} - ${reason}`);
    this.originalError = originalError;
    this.code = code;
    this.serverCode = serverCode;
    this.reason = reason;
    this.operation = operation;
    this.errorCode = code ?? 0;
    if (typeof errorInfo === 'string') this.name = errorInfo;
  }
}

/** An error of `operation` by a code's name, or by a number that the server sent. */
export function rtmError(
  operation: string,
  code: ErrorCodeName | number,
  reason: string,
  originalError?: unknown,
): RTMBaseError {
  const number = typeof code === 'number' ? code : errorCodes[code];
  const error = new RTMBaseError(operation, reason, { code: number, originalError });
  error.name = nameOf(number);
  return error;
}

const invalidStatus: readonly number[] = [-10002, -10023, -10025, -11001, -11002, -11013, -11016, -13001];
const invalidArgument: readonly number[] = [
  -10005, -10006, -10008, -10014, -10019, -10024, -11008, -11009, -11011, -11010, -11018, -11029, -11030,
  -12003, -12004, -12005, -12006, -12007, -12009, -12010, -12011, -12012, -12013, -13003, -13005, -13006,
  -13007, -13008, -13009, -13010, -14005, -15002,
];

function nameOf(code: number): string {
  if (invalidStatus.includes(code)) return 'RtmInvalidStatusError';
  return invalidArgument.includes(code) ? 'RtmInvalidArgumentError' : 'RtmUnavailableError';
}

function sentence(text: string): string {
  return text === '' || text.endsWith('.') ? text : `${text}.`;
}

/** Puts each argument in the place of one `%s` (or `%d`, `%o` …), and those left over behind. */
function format(template: string, ...args: readonly unknown[]): string {
  const rest = [...args];
  const filled = template.replace(/%[sdifjoO%]/g, (place) =>
    place === '%%' ? '%' : rest.length > 0 ? show(rest.shift()) : place,
  );
  return [filled, ...rest.map(show)].join(' ');
}

function show(value: unknown): string {
  if (typeof value !== 'object' || value === null || value instanceof Error) return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

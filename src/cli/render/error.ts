import { isJetpackError } from '../exit-code.js';

/** How an error is shown. */
export interface ErrorStyle {
  readonly json: boolean;
  /** Adds the stack, and those of its causes. */
  readonly debug: boolean;
}

const bugHint = 'this is a bug in jetpack: run it again with --debug and report what it prints';

/** An error for stderr: one line that says what failed and why, one that says what to do. */
export function renderError(error: unknown, exitCode: number, style: ErrorStyle): string {
  const { message, hint, code } = describe(error);
  const stack = style.debug ? `${stackOf(error)}\n` : '';
  if (style.json) {
    return `${JSON.stringify({ error: { code, exitCode, message, ...(hint === undefined ? {} : { hint }) } })}\n${stack}`;
  }
  return `jetpack: ${message}\n${hint === undefined ? '' : `${hint}\n`}${stack}`;
}

function describe(error: unknown): { message: string; hint: string | undefined; code: string } {
  if (isJetpackError(error)) {
    return { message: oneLine(error.message), hint: error.hint, code: error.code };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: `unexpected error: ${oneLine(message)}`,
    hint: bugHint,
    code: 'ERR_JETPACK_BUG',
  };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

import type { ReceivedMessage } from '../../index.js';

/** Longer ones are cut: a line is for the eye, and `--json` has all of it. */
const longest = 500;

/** One line for a person: when, what, who, and what it says. */
export function renderMessage(message: ReceivedMessage): string {
  const body = jsonOf(message);
  const time = textOf(body['time']) ?? new Date(message.timestamp).toISOString();
  const node = textOf(body['node']) ?? textOf(message.headers['node']) ?? '-';
  const said = textOf(body['message']) ?? textOf(body['reason']) ?? bodyText(message);
  return `${[time, message.routingKey, node, said].map((part) => printable(part)).join(' ')}\n`;
}

type Body = Readonly<Record<string, unknown>>;

function jsonOf(message: ReceivedMessage): Body {
  if (!message.contentType.startsWith('application/json')) return {};
  try {
    return { ...message.json<Body>() };
  } catch {
    return {}; // it calls itself JSON and is none: its text is shown as it is
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function bodyText({ body }: ReceivedMessage): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return `(${body.length} bytes)`;
  }
}

/** A message may come from anywhere: it gets no second line, and no say over the terminal. */
function printable(text: string): string {
  const shown = text.length > longest ? `${text.slice(0, longest)}…` : text;
  // oxlint-disable-next-line no-control-regex -- they are what it is about
  return shown.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) =>
    character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

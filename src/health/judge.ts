import type { LogReport, Report } from '../messaging/messages.js';
import type { CheckVerdict } from './check.js';
import type { KeepAliveState } from './keep-alive.js';
import type { CheckMemory } from './memory.js';
import { decide, emptyHistory, isFlapping, record } from './policy.js';
import type { Decision, HealthPolicy } from './policy.js';

/** What one judgement rests on, beside the verdict. */
export interface Circumstances {
  /** What is remembered of this check; absent on its first run. */
  readonly before: CheckMemory | undefined;
  readonly requests: readonly number[];
  readonly keepAlive: KeepAliveState;
  readonly policy: HealthPolicy;
  /** Wall clock, milliseconds since 1970. */
  readonly now: number;
}

/** What a verdict leads to. */
export interface Judgement {
  readonly verdict: CheckVerdict;
  readonly decision: Decision;
  /** To be remembered once everything was said. */
  readonly after: CheckMemory;
  /** What the server is told, in this order. */
  readonly reports: readonly Report[];
}

/** An unknown check is reported when it becomes so, and then no more often than this. */
const hour = 3_600_000;

/** From a verdict to what is asked, said and remembered. Does nothing by itself. */
export function judge(verdict: CheckVerdict, circumstances: Circumstances): Judgement {
  const { before, now } = circumstances;
  const history = record(before?.history ?? emptyHistory, verdict.verdict, now);
  const decision = decide({ ...circumstances, history });
  const isUnknownDue = isDue(verdict, before, now);
  const unknownReported = isUnknownDue ? now : before?.unknownReported;
  const after: CheckMemory = {
    history: decision.action === 'request' ? { ...history, requested: true } : history,
    message: verdict.message,
    ...(unknownReported === undefined ? {} : { unknownReported }),
    ...(decision.action === 'hold' ? { held: decision.cause } : {}),
  };
  const reports = [
    ...changeReports(verdict, before),
    ...(isUnknownDue ? [warning(verdict.check, verdict.message)] : []),
    ...flapReports(verdict.check, before, after),
    ...decisionReports(verdict, decision, before),
  ];
  return { verdict, decision, after, reports };
}

/** The last verdict of a check. Before its first run it is unknown, never healthy. */
export function latestVerdict(memory: CheckMemory | undefined): CheckVerdict['verdict'] {
  return memory?.history.results.at(-1)?.verdict ?? 'unknown';
}

function isDue(verdict: CheckVerdict, before: CheckMemory | undefined, now: number): boolean {
  if (verdict.verdict !== 'unknown') return false;
  const last = before?.unknownReported;
  const hasChanged = before === undefined || latestVerdict(before) !== 'unknown';
  // A report from the future was made before the wall clock was set back.
  return hasChanged || last === undefined || now - last >= hour || last > now;
}

function changeReports(verdict: CheckVerdict, before: CheckMemory | undefined): Report[] {
  if (before !== undefined && latestVerdict(before) === verdict.verdict) return [];
  const { check, exitCode, message, outputTail } = verdict;
  return [
    {
      kind: 'node.health',
      check,
      verdict: verdict.verdict,
      message,
      outputTail,
      ...(exitCode === undefined ? {} : { exitCode }),
    },
  ];
}

function flapReports(check: string, before: CheckMemory | undefined, after: CheckMemory): Report[] {
  const wasFlapping = before !== undefined && isFlapping(before.history);
  if (wasFlapping || !isFlapping(after.history)) return [];
  return [warning(check, 'it flaps, and cannot end this node until it has settled')];
}

function decisionReports(
  verdict: CheckVerdict,
  decision: Decision,
  before: CheckMemory | undefined,
): Report[] {
  const { check, message, outputTail } = verdict;
  if (decision.action === 'request') {
    return [{ kind: 'node.terminate', check, reason: message, outputTail }];
  }
  if (decision.action !== 'hold' || before?.held === decision.cause) return [];
  return [warning(check, `the request to end this node is held back: ${decision.why}`)];
}

function warning(check: string, message: string): LogReport {
  const text = `health check ${check}: ${message}`;
  return { kind: 'log', level: 'warn', priority: 'medium', message: text };
}

import type { Receipt, Report, Reporter } from '../../src/messaging/messages.js';

/** Keeps what it is told, or fails with what it was given for that kind of report. */
export class RecordingSender implements Reporter {
  readonly reports: Report[] = [];
  readonly failures = new Map<Report['kind'], Error>();

  async report(report: Report): Promise<Receipt> {
    const failure = this.failures.get(report.kind);
    if (failure !== undefined) throw failure;
    this.reports.push(report);
    return { messageId: String(this.reports.length), delivered: false };
  }

  /** The kinds of what it was told since the last call. */
  takeKinds(): string[] {
    return this.reports.splice(0).map(({ kind }) => kind);
  }
}

import type { Outcome } from '../transport.js';

/** What became of one message in a pass. */
export type Settlement =
  | { readonly status: 'delivered' }
  | { readonly status: 'aside'; readonly reason: string };

/** What an outcome means for the queue; `undefined`: the message is sent again. */
export function settlementOf(outcome: Outcome): Settlement | undefined {
  if (outcome.status === 'confirmed') return { status: 'delivered' };
  if (outcome.status === 'rejected' && outcome.permanent) {
    return { status: 'aside', reason: outcome.reason };
  }
  return undefined;
}

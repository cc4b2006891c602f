import type { Message } from '../transport.js';

/** What travels beside the body: persistent, and returned when no queue is bound for it. */
export function propertiesOf(message: Message, attempt: number) {
  return {
    mandatory: true,
    deliveryMode: 2, // persistent
    messageId: message.messageId,
    timestamp: Math.floor(message.timestamp / 1000),
    appId: 'jetpack',
    type: message.type,
    contentType: message.contentType,
    headers: { ...message.headers, attempt },
  };
}

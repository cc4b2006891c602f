import type { Platform } from '../platform.js';
import { LinuxPlatform } from './linux.js';
import { WindowsPlatform } from './windows.js';

/**
 * The platform of this machine. macOS and the BSDs count as Linux as far as they go: good enough to develop on.
 *
 * @public
 */
export function detectPlatform(): Platform {
  return process.platform === 'win32' ? new WindowsPlatform() : new LinuxPlatform();
}

import type { Io } from './command.js';

/** Shows on stderr what a person should know although the command goes on. */
export function showWarnings(io: Io): (warning: string) => void {
  return (warning) => {
    io.err(`jetpack: warning: ${warning}\n`);
  };
}

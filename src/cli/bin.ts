#!/usr/bin/env node
import { main } from './main.js';
import { createProcessIo } from './process-io.js';

// Everything was written when main resolves; waiting for a forgotten handle would only make the caller wait.
void main(process.argv.slice(2), createProcessIo()).then((code) => process.exit(code));

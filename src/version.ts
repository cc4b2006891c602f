import manifest from '../package.json' with { type: 'json' };

/**
 * The version of this package.
 *
 * @public
 */
export const version: string = manifest.version;

/**
 * The Jetpack level that callers may rely on. Cluster scripts compare it as numbers: from 8.8.0 on they use `condition`.
 *
 * @public
 */
export const compatibleVersion = '8.10.0';

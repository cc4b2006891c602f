/**
 * One blob in a locker's listing.
 *
 * @public
 */
export interface LockerEntry {
  /** Path below the locker's root, segments separated by `/`, never starting with one. */
  readonly path: string;
  /** Bytes. Absent when the locker does not say. */
  readonly size?: number;
  /** MD5 of the content, lower-case hex. Absent when the locker does not say. */
  readonly md5?: string;
  /** Opaque version of the content: it changes when the content does. */
  readonly etag?: string;
}

/**
 * One blob being read.
 *
 * @public
 */
export interface LockerBlob extends LockerEntry {
  /** Where {@link LockerBlob.content} really begins: the requested offset, or 0 from a locker that cannot seek. */
  readonly offset: number;
  /** The content, from {@link LockerBlob.offset} on. Read it to the end, or `return()` the iterator to let go of it. */
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * Options of {@link Locker.open}.
 *
 * @public
 */
export interface LockerOpenOptions {
  /** First byte wanted. See {@link LockerBlob.offset} for what a locker that cannot seek does. @defaultValue 0 */
  readonly offset?: number;
  /** Ends the request and the reading of its content with `ERR_JETPACK_ABORTED`. */
  readonly signal?: AbortSignal;
}

/**
 * Where projects, cookbooks, scripts and blobs come from. The layout below the root is the locker layout of CycleCloud:
 * `projects/<project>/<version>/…`, `projects/<project>/blobs/…`, `blobs/<project>/…`, `cache/projects/…`.
 *
 * - Nothing is contacted before the first call. Calls may run side by side.
 * - `list` yields every blob below a prefix (a folder, without a trailing `/`), in any order; a prefix with nothing below
 *   it yields nothing.
 * - `open` resolves with `undefined` when there is no such blob.
 * - Both reject with `ERR_JETPACK_UNREACHABLE` ({@link TemporaryError}) when a later attempt may succeed, and with
 *   `ERR_JETPACK_PERMISSION` when access is refused.
 * - `close` ends what is under way. A second `close` does nothing.
 *
 * @public
 */
export interface Locker extends AsyncDisposable {
  /** Where it is, for a person: a url without user info and query. */
  readonly target: string;
  /** Every blob below a folder: see {@link Locker} for the order, and for what it rejects with. */
  list(prefix: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<LockerEntry>;
  /** Begins to read a blob, at an offset if one is given; `undefined` when there is no such blob. */
  open(path: string, options?: LockerOpenOptions): Promise<LockerBlob | undefined>;
  /** Ends what is under way. A second call does nothing. */
  close(): Promise<void>;
}

/** A key that is ready: armors its signature of bytes, made at `time`, in seconds since the Unix epoch. */
export type SignBytes = (bytes: Uint8Array, time: number) => Promise<string>

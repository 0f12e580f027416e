/** Standard input to its end, but no more than one byte above `limit`: who asks sees then that it is too long. */
export async function readStdin(limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of process.stdin) {
      const bytes: Uint8Array = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      chunks.push(bytes);
      length += bytes.length;
      if (length > limit) break;
    }
  } catch (error) {
    // Closed by whoever started us, or a directory: there is nothing to read.
    if (!(error instanceof Error && "code" in error)) throw error;
  }
  return Buffer.concat(chunks).subarray(0, limit + 1);
}

const longest = 3_600_000; // what the server takes: an hour

// startConfirmation begins to measure when a dialog opens; the function that it
// gives tells the whole milliseconds since, for as long as somebody may think.
export function startConfirmation(now: () => number = () => performance.now()): () => number {
  const opened = now();
  return () => Math.min(longest, Math.max(0, Math.round(now() - opened)));
}

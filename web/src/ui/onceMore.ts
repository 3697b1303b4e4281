const pause = 1_500; // ms

// onceMore loads a script of the console, and tries again when that failed: the
// server may have been away for a moment.
export const onceMore =
  <T>(load: () => Promise<T>) =>
  (): Promise<T> =>
    load().catch(() => new Promise<T>((done) => setTimeout(() => done(load()), pause)));

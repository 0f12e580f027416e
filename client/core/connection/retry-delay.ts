/** Of the first try after a connection that stood; each that fails doubles it. */
export const FIRST_DELAY_MS = 1_000;
export const LONGEST_DELAY_MS = 10_000;

/**
 * Milliseconds until the next try, behind what the relay asks for. All clients of a relay that ends lose it in the same
 * moment: spread over nearly the whole delay, they do not come back to the next one in the same moment.
 */
export function retryDelay(delay: number, retryAfter = 0, random: () => number = Math.random): number {
  return retryAfter + delay * (0.1 + 0.9 * random());
}

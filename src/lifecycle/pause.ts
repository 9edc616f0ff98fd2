/**
 * Whether a pause lasts until `until`, where none is longer than `longestMs`. One that would end later than that was begun by a
 * clock that has been set back since, and is over: nobody waits as long as the clock was wrong.
 */
export function isPausing(until: number, now: number, longestMs: number): boolean {
  return now < until && until - now <= longestMs
}

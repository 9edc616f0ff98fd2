/** Of a browser's tab. */
export const ICON = icon('#0b6b7a')
/** The same while something fails, so that a tab in the background tells it. */
export const FAILING_ICON = icon('#b3261e')

function icon(color: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${color}"/><path fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" d="M6 11h20M6 18c3.3-4 6.7-4 10 0s6.7 4 10 0M6 25c3.3-4 6.7-4 10 0s6.7 4 10 0"/></svg>`
}

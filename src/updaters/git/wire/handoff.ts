/** Hands values over while they are made, and lets the maker be ahead by one. */
export interface Handoff<T> {
  /** Resolves when the value is taken, or nobody takes any more. One at a time. */
  put(value: T): Promise<void>
  /** What is put until `made` resolves. Throws what it rejects with. */
  taken(made: Promise<void>): AsyncGenerator<T>
}

export function handoff<T>(): Handoff<T> {
  let offered: { readonly value: T; readonly accept: () => void } | undefined
  let isOver = false
  let isMade = false
  let wake = () => {}

  async function* take(made: Promise<void>): AsyncGenerator<T> {
    try {
      while (offered !== undefined || !isMade) {
        const { value, accept } = offered ?? {}
        offered = undefined
        accept?.()
        if (value !== undefined) yield value
        else
          await new Promise<void>((resolve) => {
            wake = resolve
          })
      }
      await made
    } finally {
      isOver = true
      offered?.accept()
    }
  }

  return {
    put(value) {
      if (isOver) return Promise.resolve()
      return new Promise((accept) => {
        offered = { value, accept }
        wake()
      })
    },
    taken(made) {
      const end = () => {
        isMade = true
        wake()
      }
      made.then(end, end)
      return take(made)
    },
  }
}

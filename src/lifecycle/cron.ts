import { createTask, validate } from 'node-cron'

/** True for a cron expression that has a next time: five fields, or six with seconds first, or a nickname such as `@daily`. */
export function isCronExpression(expression: string): boolean {
  // A range is expanded number by number, so that `0-999999999` would fill the memory.
  if (expression.length > 256 || /[0-9]{3}/.test(expression) || !validate(expression)) return false
  // Only with these can a day pass for valid that no month has, such as `30W` of February.
  return !/[LW#]/i.test(expression) || hasNextTime(expression)
}

/**
 * Calls `run` at the times of the expression, in the time zone given or else this machine's. The returned function ends it.
 *
 * Times that passed while the process was busy or asleep are made up for by one call, however many they were.
 */
export function scheduleCron(
  expression: string,
  options: { readonly timezone?: string | undefined },
  run: () => void,
): () => void {
  let due: NodeJS.Immediate | undefined
  const trigger = () => {
    due ??= setImmediate(() => {
      due = undefined
      run()
    })
  }
  const task = createTask(expression, trigger, options.timezone === undefined ? {} : { timezone: options.timezone })
  task.on('execution:missed', trigger)
  task.start()
  return () => {
    task.destroy()
    clearImmediate(due)
  }
}

function hasNextTime(expression: string): boolean {
  const task = createTask(expression, () => {})
  try {
    return task.getNextRuns(1).length === 1
  } catch {
    return false
  } finally {
    task.destroy() // The library keeps every task that it made.
  }
}

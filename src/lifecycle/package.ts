/** Loads an npm package that is only installed where it is wanted. */
export async function loadPackage<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
    throw missing ? new Error(`the npm package "${name}" is not installed`, { cause: error }) : error
  }
}

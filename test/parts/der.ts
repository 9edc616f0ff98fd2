/** The few forms of DER (ITU-T X.690) that a certificate is made of. */
export const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts)
export const set = (...parts: readonly Buffer[]) => der(0x31, ...parts)
export const octets = (...parts: readonly Buffer[]) => der(0x04, ...parts)
export const bits = (content: Buffer, unused = 0) => der(0x03, Buffer.from([unused]), content)
export const text = (content: string) => der(0x0c, Buffer.from(content))
export const integer = (value: number) => der(0x02, Buffer.from([value]))
export const yes = der(0x01, Buffer.from([0xff]))
export const time = (at: number) =>
  der(0x18, Buffer.from(`${new Date(at).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`))

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

export function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), content])
}

function base128(value: number): readonly number[] {
  const bytes = [value & 0x7f]
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80)
  return bytes
}

import { scanManifest } from '../src/updaters/manifests/scan.js'
import { spliceManifest } from '../src/updaters/manifests/splice.js'

/** How long scanning and splicing take on files like those of real repositories. One line per kind of file. */
const MEASURED_MS = 1000

const config = `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  greeting: "hello"
  text: some prose that tells nothing of containers
`
const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: podinfo
  labels: { app.kubernetes.io/name: podinfo }
spec:
  replicas: 2
  selector:
    matchLabels: { app.kubernetes.io/name: podinfo }
  template:
    metadata:
      labels: { app.kubernetes.io/name: podinfo }
    spec:
      containers:
        - name: podinfo
          image: ghcr.io/stefanprodan/podinfo:6.9.0 # {"$imagepolicy": "apps:podinfo"}
          ports:
            - containerPort: 9898
              protocol: TCP
          livenessProbe:
            httpGet: { path: /healthz, port: 9898 }
          resources:
            limits: { cpu: 100m, memory: 64Mi }
`
const template = `{{- if .Values.enabled }}
${deployment.replace('name: podinfo', 'name: {{ include "podinfo.fullname" . }}')}{{- end }}
`

function values(images: number): string {
  const image = (index: number) =>
    `app-${index}:\n  image:\n    repository: ghcr.io/stefanprodan/podinfo\n    tag: "6.9.0" # of app ${index}\n`
  return Array.from({ length: images }, (_, index) => image(index)).join('')
}

const files: readonly (readonly [string, string])[] = [
  ['1 KB without images', repeat(config, 2 ** 10)],
  ['1 MB without images', repeat(config, 2 ** 20)],
  ['1 KB Deployment', `${deployment}# ${'-'.repeat(250)}\n`],
  ['1 KB Helm template', template],
  ['8 KB of Deployments', repeat(`---\n${deployment}`, 8 * 2 ** 10)],
  ['1 MB of Deployments', repeat(`---\n${deployment}`, 2 ** 20)],
  ['10 MB of Deployments', repeat(`---\n${deployment.replace(/ # .*/, '')}`, 9.9 * 2 ** 20)],
  [
    '1 MB that needs the parser',
    repeat(`---\n${deployment.replace('name: podinfo', 'name: &name "pod\\x69nfo"')}`, 2 ** 20),
  ],
  ['400 images in values', values(400)],
  ['1,600 images in values', values(1600)],
]

for (const [name, text] of files) {
  const bytes = Buffer.from(text)
  const { places } = scanManifest('app.yaml', bytes)
  const edits = places.map((place) => ({ place, value: place.value.replace('6.9.0', '6.9.1') }))
  report(`scan ${name}`, bytes.length, () => scanManifest('app.yaml', bytes))
  if (edits.length > 0) report(`splice ${name}`, bytes.length, () => spliceManifest('app.yaml', bytes, edits))
}

function report(name: string, size: number, work: () => unknown): void {
  measure(work)
  const microseconds = measure(work)
  const columns = [
    name.padEnd(32),
    `${microseconds.toFixed(1)} µs`.padStart(14),
    `${(size / microseconds).toFixed(0)} MB/s`.padStart(12),
  ]
  console.log(columns.join(''))
}

/** The median of one call, in microseconds. */
function measure(work: () => unknown): number {
  const times: number[] = []
  const end = performance.now() + MEASURED_MS / 2
  for (let now = performance.now(); now < end; ) {
    work()
    const after = performance.now()
    times.push(after - now)
    now = after
  }
  return (times.sort((a, b) => a - b)[times.length >> 1] ?? 0) * 1000
}

function repeat(text: string, size: number): string {
  return text.repeat(Math.ceil(size / text.length))
}

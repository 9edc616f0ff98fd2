import type { Files } from '../../test/parts/git-server.js'
import { fleetFiles } from './fleet.js'

/**
 * A repository as platform teams keep it: 25 files an app, of which five have images. Beside Kustomize's files there are
 * Helm templates and values, JSON, text, literal and folded blocks, and for every hundredth app 200 KB of custom resource definitions.
 */
export function mixedFiles(apps: number): Files {
  const files: Record<string, string> = {}
  for (const [path, text] of Object.entries(fleetFiles(apps))) {
    const [, app = '', file = ''] = /^(apps\/[^/]+\/[^/]+)\/(.+)$/.exec(path) ?? []
    const [name, content] = OTHERS[file]?.(String(text)) ?? [file, String(text)]
    files[`${app}/${name}`] = content
    if (file === 'base/role.yaml' && app.endsWith('/app-0')) files[`${app}/base/crds.yaml`] = definitions(200_000)
  }
  return files
}

/** What stands instead of some of Kustomize's files. */
const OTHERS: Readonly<Record<string, (text: string) => readonly [name: string, content: string]>> = {
  'overlays/dev/job.yaml': (text) => ['chart/values.yaml', values(/image: (\S+):/.exec(text)?.[1] ?? '')],
  'overlays/dev/quota.yaml': (text) => ['chart/templates/configmap.yaml', `{{- if .Values.on }}\n${text}{{- end }}\n`],
  'overlays/dev/scaler.yaml': () => ['chart/templates/deployment.yaml', TEMPLATE],
  'overlays/staging/quota.yaml': () => [
    'config.json',
    JSON.stringify({ pools: [{ size: 3 }], names: ['a', 'b'] }, null, 2),
  ],
  'overlays/staging/scaler.yaml': (text) => ['README.md', `# An app\n\n${text}`],
  'overlays/staging/job.yaml': (text) => ['overlays/staging/job.yaml', text.replace('  name:', `${FOLDED}  name:`)],
}

const FOLDED = `  annotations:
    description: >-
      What the job does,
      in two lines
`

const TEMPLATE = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "app.fullname" . }}
  labels: {{- include "app.labels" . | nindent 4 }}
spec:
  template:
    spec:
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
          {{- with .Values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
`

function values(repository: string): string {
  return `# Default values
replicaCount: 2
image:
  repository: ${repository}
  # Overrides the version of the chart
  tag: "1.0.0"
  pullPolicy: IfNotPresent
imagePullSecrets: []
podAnnotations: {}
service: { type: ClusterIP, port: 80 }
ingress:
  enabled: false
  hosts:
    - host: chart.example.com
      paths: [{ path: /, pathType: Prefix }]
resources:
  limits: { cpu: 100m, memory: 128Mi }
nodeSelector: {}
`
}

function definitions(size: number): string {
  const field = (index: number) => `                field${index}:
                  description: |-
                    What the field is for, and the image that it names.
                    More about it.
                  type: string
                image${index}:
                  description: The image of this.
                  type: string
`
  const head = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          properties:
            spec:
              properties:
                image: { type: string }
`
  return `${head}${Array.from({ length: Math.ceil(size / field(0).length) }, (_, index) => field(index)).join('')}`
}

import type { Files } from '../../test/parts/git-server.js'

/** The part of an app's files that a policy's image stands in. */
export interface App {
  readonly image: string
  /** The one file with this image. */
  readonly file: string
}

const APPS_PER_TEAM = 40
const ENVIRONMENTS = ['dev', 'staging', 'production']
export const FILES_PER_APP = 25

export function appAt(index: number, registry = 'registry.example.com'): App {
  const folder = folderOf(index)
  return { image: `${registry}/${folder}`, file: `apps/${folder}/base/deployment.yaml` }
}

/** The only place of the app's image, with its tag. */
export function imageLine({ image }: App, tag: string): string {
  return `image: ${image}:${tag}`
}

/**
 * A repository as Kustomize users lay it out, `apps/<team>/<app>/{base,overlays/<environment>}`: 25 files an app, about
 * 440 bytes each, of which five have images. 2,000 apps make 50,000 files in 12,051 folders.
 */
export function fleetFiles(apps: number, registry?: string): Files {
  return Object.fromEntries(Array.from({ length: apps }, (_, index) => filesOf(index, registry)).flat())
}

function folderOf(index: number): string {
  return `team-${Math.floor(index / APPS_PER_TEAM)}/app-${index % APPS_PER_TEAM}`
}

function filesOf(index: number, registry: string | undefined): (readonly [string, string])[] {
  const { image } = appAt(index, registry)
  const folder = folderOf(index)
  const base: Record<string, string> = {
    'deployment.yaml': workload('apps/v1', 'Deployment', folder, `${image}:1.0.0`),
    'cronjob.yaml': workload('batch/v1', 'CronJob', folder, `${image}-report:1.0.0`),
    'kustomization.yaml': kustomization(['deployment.yaml', 'cronjob.yaml', 'service.yaml', 'configmap.yaml']),
  }
  for (const kind of ['Service', 'ConfigMap', 'ServiceAccount', 'Role', 'RoleBinding', 'NetworkPolicy', 'Ingress']) {
    base[`${kind.toLowerCase()}.yaml`] = object(kind, folder)
  }
  const overlay = (environment: string): Record<string, string> => ({
    'job.yaml': workload('batch/v1', 'Job', `${folder}-${environment}`, `${image}-migrate-${environment}:1.0.0`),
    'kustomization.yaml': kustomization(['../../base', 'job.yaml', 'configmap.yaml']),
    'configmap.yaml': object('ConfigMap', `${folder}-${environment}`),
    'quota.yaml': object('ResourceQuota', `${folder}-${environment}`),
    'scaler.yaml': object('HorizontalPodAutoscaler', `${folder}-${environment}`),
  })
  return [
    ...within(`apps/${folder}/base`, base),
    ...ENVIRONMENTS.flatMap((environment) => within(`apps/${folder}/overlays/${environment}`, overlay(environment))),
  ]
}

function within(folder: string, files: Record<string, string>): (readonly [string, string])[] {
  return Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text] as const)
}

function workload(apiVersion: string, kind: string, folder: string, image: string): string {
  return `apiVersion: ${apiVersion}
kind: ${kind}
metadata:
  name: ${nameOf(folder)}
  labels: { app.kubernetes.io/name: ${nameOf(folder)} }
spec:
  replicas: 2
  template:
    metadata:
      labels: { app.kubernetes.io/name: ${nameOf(folder)} }
    spec:
      containers:
        - name: main
          image: ${image}
          ports:
            - containerPort: 8080
              protocol: TCP
          resources:
            limits: { cpu: 100m, memory: 64Mi }
`
}

function kustomization(resources: readonly string[]): string {
  return `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
${resources.map((name) => `  - ${name}\n`).join('')}`
}

function object(kind: string, folder: string): string {
  return `apiVersion: v1
kind: ${kind}
metadata:
  name: ${nameOf(folder)}
  labels:
    app.kubernetes.io/name: ${nameOf(folder)}
    app.kubernetes.io/managed-by: kustomize
data:
  greeting: "hello from ${folder}"
  settings.properties: |
    log.level=info
    log.format=json
    feature.one=true
    feature.two=false
    database.pool=10
    database.timeout=30s
    http.port=8080
    http.read-timeout=15s
`
}

function nameOf(folder: string): string {
  return folder.replace('/', '-')
}

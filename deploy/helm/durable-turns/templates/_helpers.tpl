{{- define "durable-turns.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end -}}
{{- end }}

{{- define "durable-turns.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "durable-turns.labels" -}}
{{ include "durable-turns.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "durable-turns.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* What no schema can say: every role has a worker, and several apis have a Redis. */}}
{{- define "durable-turns.check" -}}
{{- $roles := list }}
{{- range .Values.workers }}{{ $roles = concat $roles .roles }}{{ end }}
{{- range list "turns" "streams" "classifiers" }}
{{- if not (has . $roles) }}{{ fail (printf "workers: no worker has the role %s" .) }}{{ end }}
{{- end }}
{{- if and (gt (int .Values.api.replicas) 1) (not (include "durable-turns.relayed" .)) }}
{{- fail "api.replicas: several apis need a Redis: set settings.RELAY_URL or secrets.RELAY_URL" }}
{{- end }}
{{- end }}

{{- define "durable-turns.relayed" -}}
{{- if or (hasKey .Values.settings "RELAY_URL") (hasKey .Values.secrets "RELAY_URL") }}yes{{ end }}
{{- end }}

{{/* The environment of every process. Without a Redis, workers dial the api. */}}
{{- define "durable-turns.env" -}}
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $from := .Values.secrets }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef: { name: {{ $from.name }}, key: {{ $from.key }} }
{{- end }}
{{- if not (or (include "durable-turns.relayed" .) (hasKey .Values.settings "GATEWAY_URL")) }}
- name: GATEWAY_URL
  value: http://{{ include "durable-turns.name" . }}-api:{{ .Values.api.service.port }}
{{- end }}
- name: DATA_DIR
  value: /tmp/durable-turns
{{- end }}

{{/* No container writes anywhere but to /tmp. */}}
{{- define "durable-turns.podSecurity" -}}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
volumes:
  - name: tmp
    emptyDir: { sizeLimit: 1Gi }
{{- end }}

{{- define "durable-turns.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
volumeMounts:
  - { name: tmp, mountPath: /tmp }
{{- end }}

{{- define "durable-turns.placement" -}}
{{- with .nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

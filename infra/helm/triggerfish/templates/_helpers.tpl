{{/* The beginning of every name: "triggerfish" for the release "triggerfish". */}}
{{- define "triggerfish.name" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels of every object. */}}
{{- define "triggerfish.labels" -}}
app.kubernetes.io/part-of: triggerfish
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "triggerfish.tickSecret" -}}
{{- default (printf "%s-tick" (include "triggerfish.name" .)) .Values.tick.existingSecret -}}
{{- end -}}

{{- define "triggerfish.metricsSecret" -}}
{{- default (printf "%s-metrics" (include "triggerfish.name" .)) .Values.metrics.existingSecret -}}
{{- end -}}

{{/* A text that `--set` may have made a number of: 1, and not 1e+06. */}}
{{- define "triggerfish.text" -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ int64 . }}{{ end -}}
{{- end -}}

{{/* The image of a function: by its digest, or by the tag. */}}
{{- define "triggerfish.image" -}}
{{- $values := index .root.Values .function -}}
{{- $name := printf "triggerfish-%s" .function -}}
{{- if .root.Values.image.registry }}{{ $name = printf "%s/%s" (trimSuffix "/" .root.Values.image.registry) $name }}{{ end -}}
{{- if $values.digest -}}
{{- printf "%s@%s" $name $values.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .root.Chart.AppVersion (include "triggerfish.text" .root.Values.image.tag)) -}}
{{- end -}}
{{- end -}}

{{/* Settings that the chart itself gives; those of `env` come over them. */}}
{{- define "triggerfish.settings" -}}
{{- $settings := dict -}}
{{- if .root.Values.metrics.enabled }}{{ $_ := set $settings "METRICS" "on" }}{{ end -}}
{{- if .root.Values.namespaces }}{{ $_ := set $settings "MANAGED_NAMESPACE" (join "," .root.Values.namespaces) }}{{ end -}}
{{- with include "triggerfish.text" .root.Values.instanceId }}{{ $_ := set $settings "INSTANCE_ID" . }}{{ end -}}
{{- if eq .function "cron" -}}
{{- $every := .root.Values.tick.every | int -}}
{{- if .root.Values.tick.cronJob.enabled }}{{ $every = 0 }}{{ end -}}
{{- $_ := set $settings "TICK_EVERY" ($every | toString) -}}
{{- if gt (.root.Values.tick.shards | int) 1 }}{{ $_ := set $settings "TICK_SHARDS" (.root.Values.tick.shards | int | toString) }}{{ end -}}
{{- end -}}
{{- range $name, $value := (index .root.Values .function).env }}{{ $_ := set $settings $name ($value | toString) }}{{ end -}}
{{- range $name, $value := $settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/* A function as a Deployment. */}}
{{- define "triggerfish.deployment" -}}
{{- $root := .root -}}
{{- $function := .function -}}
{{- $values := index $root.Values $function -}}
{{- $name := printf "%s-%s" (include "triggerfish.name" $root) $function -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    app.kubernetes.io/name: {{ $name }}
    {{- include "triggerfish.labels" $root | nindent 4 }}
spec:
  {{- if not (and (eq $function "events") $root.Values.events.autoscaling.enabled) }}
  replicas: {{ $values.replicas }}
  {{- end }}
  strategy:
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ $name }}
  template:
    metadata:
      labels:
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        app.kubernetes.io/name: {{ $name }}
        app.kubernetes.io/part-of: triggerfish
      {{- $annotations := deepCopy $values.podAnnotations }}
      {{- if and (eq $function "cron") $root.Values.tick.token }}{{ $_ := set $annotations "checksum/tick" ($root.Values.tick.token | sha256sum) }}{{ end }}
      {{- if $root.Values.metrics.token }}{{ $_ := set $annotations "checksum/metrics" ($root.Values.metrics.token | sha256sum) }}{{ end }}
      {{- with $annotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ $name }}
      automountServiceAccountToken: true
      {{- with $root.Values.image.pullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      # SIGTERM lets running requests finish: ten seconds at most for a delivery, a minute for a tick.
      terminationGracePeriodSeconds: 60
      # Two replicas on one node would fail together with it.
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app.kubernetes.io/name: {{ $name }}
      securityContext:
        # No user is named: the image has 65532, and OpenShift gives each namespace users of its own.
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: {{ $function }}
          image: {{ include "triggerfish.image" . }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          {{- with $values.extraArgs }}
          args:
            - functions-framework
            - --target={{ $function }}
            - --source=main.py
            {{- toYaml . | nindent 12 }}
          {{- end }}
          ports:
            - name: http
              containerPort: 8080
          env:
            {{- include "triggerfish.settings" . | nindent 12 }}
            {{- if $root.Values.metrics.enabled }}
            # Who has this token may read the metrics.
            - name: METRICS_TOKEN
              valueFrom:
                secretKeyRef: {name: {{ include "triggerfish.metricsSecret" $root }}, key: token, optional: true}
            {{- end }}
            {{- if eq $function "cron" }}
            # Who has this token may call the tick, and nobody else.
            - name: TICK_TOKEN
              valueFrom:
                secretKeyRef: {name: {{ include "triggerfish.tickSecret" $root }}, key: token, optional: true}
            {{- end }}
            {{- with $values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          lifecycle:
            # Every node removes the endpoint from its tables before the process stops listening.
            preStop:
              sleep:
                seconds: 5
          # Once: a rollout stops at a pod without its rights. Later the API server may be away, and senders should get
          # the function's own answer.
          startupProbe:
            httpGet: {path: /readyz, port: http}
            periodSeconds: 2
            timeoutSeconds: 5
            failureThreshold: 30
          readinessProbe:
            httpGet: {path: /healthz, port: http}
            periodSeconds: 5
          livenessProbe:
            httpGet: {path: /healthz, port: http}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            # The worker of the server writes its heartbeat file here.
            - {name: tmp, mountPath: /tmp}
            {{- with $values.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: {medium: Memory, sizeLimit: 16Mi}
        {{- with $values.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end -}}

{{/* What both functions reach: DNS, and the API server, whose address a selector cannot name. */}}
{{- define "triggerfish.egress" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
    - {port: 5353, protocol: UDP}
    - {port: 5353, protocol: TCP}
    - {port: 443, protocol: TCP}
    - {port: 6443, protocol: TCP}
{{- end -}}

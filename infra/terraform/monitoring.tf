# Each tick ends with one log line; `left` counts the CronWorkflows that it had no time for, `inError` and `failing` those
# that a person must look at.
resource "google_logging_metric" "complete" {
  name        = "${local.metric}_complete_ticks"
  description = "Ticks that went through all CronWorkflows of their shard"
  filter      = <<-EOT
    resource.type="cloud_run_revision"
    resource.labels.service_name="${google_cloudfunctions2_function.function["cron"].name}"
    jsonPayload.logger="triggerfish.cron"
    jsonPayload.message="tick"
    jsonPayload.left=0
  EOT
  label_extractors = {
    shard = "EXTRACT(jsonPayload.shard)"
  }
  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    labels {
      key        = "shard"
      value_type = "STRING"
    }
  }
}

locals {
  # A metric's name has no dashes.
  metric = replace(var.prefix, "-", "_")
  # As PromQL in Cloud Monitoring calls the metric.
  complete_ticks = "logging_googleapis_com:user_${local.metric}_complete_ticks{monitored_resource=\"cloud_run_revision\"}"

  # A condition on log lines, and what to do. One notification an hour.
  line_alerts = {
    schedules = {
      title    = "CronWorkflows are in error, or their runs fail"
      function = "cron"
      filter   = "jsonPayload.logger=\"triggerfish.cron\" jsonPayload.message=\"tick\" (jsonPayload.inError>0 OR jsonPayload.failing>0)"
      advice   = "`triggerfish get crons -A` names them and says what is wrong."
    }
    ticks = {
      title    = "The tick fails"
      function = "cron"
      filter   = "jsonPayload.logger=\"triggerfish.cron\" severity=\"ERROR\" jsonPayload.message=~\"^the tick failed\""
      advice   = "The line says why. 401: the cluster does not accept the function's identity. 403: its Kubernetes role, or the binding of it, is missing."
    }
    webhooks = {
      title    = "Webhooks are refused"
      function = "events"
      filter   = "jsonPayload.logger=\"triggerfish.events\" jsonPayload.result=\"refused\" jsonPayload.known=true (jsonPayload.cause=\"account\" OR jsonPayload.cause=\"rights\" OR jsonPayload.cause=\"clients\")"
      advice   = "The line says which service account or webhook client is meant; `fix` is the command that grants a missing right."
    }
  }
}

# Also when no tick has ever come: an absence alone is not seen of a metric that never had a value.
resource "google_monitoring_alert_policy" "missed" {
  display_name          = "${var.prefix}: no complete tick for three minutes"
  combiner              = "OR"
  notification_channels = var.alert_channels

  conditions {
    display_name = "No complete tick"
    condition_prometheus_query_language {
      query                     = "absent(${local.complete_ticks}) or sum(increase(${local.complete_ticks}[3m])) < 1"
      duration                  = "60s"
      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }

  conditions {
    display_name = "A shard without a complete tick"
    condition_prometheus_query_language {
      query                     = "count(sum by (shard) (increase(${local.complete_ticks}[3m])) >= 1) < ${var.shards}"
      duration                  = "120s"
      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "No schedule starts now, or none of one shard. Look at the last result of each scheduler job and at the log of the cron function."
  }
}

resource "google_monitoring_alert_policy" "line" {
  for_each              = local.line_alerts
  display_name          = "${var.prefix}: ${each.value.title}"
  combiner              = "OR"
  notification_channels = var.alert_channels

  conditions {
    display_name = each.value.title
    condition_matched_log {
      filter = "resource.type=\"cloud_run_revision\" resource.labels.service_name=\"${google_cloudfunctions2_function.function[each.value.function].name}\" ${each.value.filter}"
    }
  }

  alert_strategy {
    auto_close = "3600s"
    notification_rate_limit {
      period = "3600s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = each.value.advice
  }
}

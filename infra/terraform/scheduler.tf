resource "google_cloud_scheduler_job" "tick" {
  count            = var.shards
  name             = "triggerfish-tick-${count.index + 1}"
  region           = var.region
  description      = "Shard ${count.index + 1} of ${var.shards} of the CronWorkflows"
  schedule         = "* * * * *"
  time_zone        = "Etc/UTC"
  attempt_deadline = "60s"

  # If a tick fails, the tick of the next minute makes up for it.
  retry_config {
    retry_count = 0
  }

  http_target {
    http_method = "POST"
    uri         = "${google_cloudfunctions2_function.function["cron"].service_config[0].uri}/?shard=${count.index + 1}/${var.shards}"
    oidc_token {
      service_account_email = google_service_account.scheduler.email
      audience              = google_cloudfunctions2_function.function["cron"].service_config[0].uri
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.tick]
}

# Each tick ends with one log line; `left` counts the CronWorkflows that it had no time for.
resource "google_logging_metric" "complete" {
  name        = "triggerfish_complete_ticks"
  description = "Ticks that went through all CronWorkflows"
  filter      = <<-EOT
    resource.type="cloud_run_revision"
    resource.labels.service_name="${google_cloudfunctions2_function.function["cron"].name}"
    jsonPayload.logger="triggerfish.cron"
    jsonPayload.message="tick"
    jsonPayload.left=0
  EOT
  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
}

resource "google_monitoring_alert_policy" "missed" {
  display_name          = "Triggerfish: no complete tick for three minutes"
  combiner              = "OR"
  notification_channels = var.alert_channels

  conditions {
    display_name = "No complete tick"
    condition_absent {
      filter   = "resource.type = \"cloud_run_revision\" AND metric.type = \"logging.googleapis.com/user/${google_logging_metric.complete.name}\""
      duration = "180s"
      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "No schedule starts now. Look at the last result of the scheduler job and at the log of the cron function."
  }
}

resource "google_cloud_scheduler_job" "tick" {
  count            = var.shards
  name             = "${var.prefix}-tick-${count.index + 1}"
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

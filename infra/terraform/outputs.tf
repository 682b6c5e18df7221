output "events_url" {
  description = "Webhooks go to this address, followed by /api/v1/events/NAMESPACE/."
  value       = google_cloudfunctions2_function.function["events"].service_config[0].uri
}

output "cron_url" {
  description = "Where the scheduler ticks."
  value       = google_cloudfunctions2_function.function["cron"].service_config[0].uri
}

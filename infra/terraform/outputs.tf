output "events_url" {
  description = "Send webhooks to this address, followed by /api/v1/events/NAMESPACE/."
  value       = google_cloudfunctions2_function.function["events"].service_config[0].uri
}

output "cron_url" {
  description = "The address that the scheduler calls."
  value       = google_cloudfunctions2_function.function["cron"].service_config[0].uri
}

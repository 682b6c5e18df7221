"""The events function: deliveries, events, and Argo's API for submitting by hand."""

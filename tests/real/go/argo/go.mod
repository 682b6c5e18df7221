module triggerfish.dev/tests/argo

go 1.25.7

require (
	github.com/argoproj/argo-workflows/v4 v4.0.5
	sigs.k8s.io/controller-tools v0.17.3
)

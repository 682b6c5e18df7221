module triggerfish.dev/tests/celspec

go 1.25.7

require cel.dev/expr v0.26.0

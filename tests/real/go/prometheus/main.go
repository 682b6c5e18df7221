// Reads manifests from stdin and says of each what the Prometheus operator and Prometheus would: decoded strictly
// into the operator's types, each expression of a rule parsed. A line for each object; exit code 1 when one is refused.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"
)

func check(document []byte) (string, error) {
	var meta metav1.PartialObjectMetadata
	if err := sigsyaml.Unmarshal(document, &meta); err != nil {
		return "?", err
	}
	kind := meta.APIVersion + " " + meta.Kind
	name := kind + " " + meta.Name
	switch kind {
	case "monitoring.coreos.com/v1 PodMonitor":
		return name, sigsyaml.UnmarshalStrict(document, &monitoring.PodMonitor{})
	case "monitoring.coreos.com/v1 PrometheusRule":
		var found monitoring.PrometheusRule
		if err := sigsyaml.UnmarshalStrict(document, &found); err != nil {
			return name, err
		}
		return name, rules(&found)
	}
	return name, errors.New("no kind of the operator's that is looked at here")
}

func rules(found *monitoring.PrometheusRule) error {
	var problems []error
	for _, group := range found.Spec.Groups {
		for _, rule := range group.Rules {
			if _, err := parser.ParseExpr(rule.Expr.String()); err != nil {
				problems = append(problems, fmt.Errorf("%s%s: %w", rule.Alert, rule.Record, err))
			}
			if rule.For != nil {
				if _, err := model.ParseDuration(string(*rule.For)); err != nil {
					problems = append(problems, fmt.Errorf("%s: %w", rule.Alert, err))
				}
			}
		}
	}
	return errors.Join(problems...)
}

func main() {
	refused := false
	reader := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		if len(bytes.TrimSpace(document)) == 0 {
			continue
		}
		name, err := check(document)
		if err != nil {
			refused = true
			fmt.Printf("%s: %s\n", name, strings.ReplaceAll(err.Error(), "\n", "; "))
			continue
		}
		fmt.Printf("%s: good\n", name)
	}
	if refused {
		os.Exit(1)
	}
}

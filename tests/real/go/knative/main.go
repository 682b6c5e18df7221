// Reads manifests from stdin and says of each what Knative's own admission would: decoded strictly into its types,
// given its defaults, validated. A line for each object; exit code 1 when one is refused.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	"knative.dev/eventing/pkg/apis/config"
	eventing "knative.dev/eventing/pkg/apis/eventing/v1"
	sources "knative.dev/eventing/pkg/apis/sources/v1"
	"knative.dev/pkg/apis"
	serving "knative.dev/serving/pkg/apis/serving/v1"
	sigsyaml "sigs.k8s.io/yaml"
)

type object interface {
	metav1.Object
	apis.Defaultable
	apis.Validatable
}

var kinds = map[string]func() object{
	"serving.knative.dev/v1 Service":    func() object { return &serving.Service{} },
	"eventing.knative.dev/v1 Broker":    func() object { return &eventing.Broker{} },
	"eventing.knative.dev/v1 Trigger":   func() object { return &eventing.Trigger{} },
	"sources.knative.dev/v1 PingSource": func() object { return &sources.PingSource{} },
}

// As Knative's release installs the ConfigMap config-br-defaults.
const brokerDefaults = "clusterDefault:\n  brokerClass: MTChannelBasedBroker\n  apiVersion: v1\n  kind: ConfigMap\n" +
	"  name: config-br-default-channel\n  namespace: knative-eventing\n"

func admit(ctx context.Context, document []byte) (string, error) {
	var meta metav1.PartialObjectMetadata
	if err := sigsyaml.Unmarshal(document, &meta); err != nil {
		return "?", err
	}
	kind := meta.APIVersion + " " + meta.Kind
	name := kind + " " + meta.Name
	empty, known := kinds[kind]
	if !known {
		return name, errors.New("no kind of Knative that is looked at here")
	}
	found := empty()
	if err := sigsyaml.UnmarshalStrict(document, found); err != nil {
		return name, err
	}
	ctx = apis.WithinCreate(ctx)
	found.SetDefaults(ctx)
	if err := found.Validate(ctx); err != nil {
		return name, err
	}
	return name, nil
}

func run() (refused bool, err error) {
	defaults, err := config.NewDefaultsConfigFromMap(map[string]string{config.BrokerDefaultsKey: brokerDefaults})
	if err != nil {
		return false, err
	}
	ctx := config.ToContext(context.Background(), &config.Config{Defaults: defaults})
	reader := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return refused, nil
		}
		if err != nil {
			return false, err
		}
		if len(bytes.TrimSpace(document)) == 0 {
			continue
		}
		name, err := admit(ctx, document)
		if err != nil {
			refused = true
			fmt.Printf("%s: %s\n", name, strings.ReplaceAll(err.Error(), "\n", "; "))
			continue
		}
		fmt.Printf("%s: good\n", name)
	}
}

func main() {
	refused, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if refused {
		os.Exit(1)
	}
}

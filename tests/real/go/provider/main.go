// Command provider stands in for a Terraform provider while a configuration is validated: it has the schemas of a file
// and nothing behind them. Its own name says which provider it is (terraform-provider-google_v6.50.0), and the variable
// PROVIDER_SCHEMAS where the file is: tests/infra/provider_schemas.json. What has no type there takes any value.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// What the provider's own block takes, as far as the examples have it.
var settings = []string{"host", "project", "region", "token"}

type argument struct {
	Required bool            `json:"required"`
	Type     json.RawMessage `json:"type"`
	// Of a block: what is in it, what can be read besides, and whether there may be several.
	Block      map[string]argument `json:"block"`
	Attributes []string            `json:"attributes"`
	Many       bool                `json:"many"`
}

type kind struct {
	Arguments  map[string]argument `json:"arguments"`
	Attributes []string            `json:"attributes"`
}

func (a argument) kind() tftypes.Type {
	if a.Type == nil {
		return tftypes.DynamicPseudoType
	}
	found, err := tftypes.ParseJSONType(a.Type)
	if err != nil {
		log.Fatalf("%s: %v", a.Type, err)
	}
	return found
}

func block(arguments map[string]argument, attributes []string) *tfprotov6.SchemaBlock {
	made := &tfprotov6.SchemaBlock{}
	computed := map[string]bool{}
	for _, name := range attributes {
		computed[name] = true
	}
	for name, given := range arguments {
		if given.Block != nil {
			nested := &tfprotov6.SchemaNestedBlock{
				TypeName: name,
				Nesting:  tfprotov6.SchemaNestedBlockNestingModeList,
				Block:    block(given.Block, given.Attributes),
			}
			if !given.Many {
				nested.MaxItems = 1
			}
			if given.Required {
				nested.MinItems = 1
			}
			made.BlockTypes = append(made.BlockTypes, nested)
			continue
		}
		made.Attributes = append(made.Attributes, &tfprotov6.SchemaAttribute{
			Name:     name,
			Type:     given.kind(),
			Required: given.Required,
			Optional: !given.Required,
			Computed: !given.Required && computed[name],
		})
	}
	for name := range computed {
		if _, given := arguments[name]; !given {
			made.Attributes = append(made.Attributes, &tfprotov6.SchemaAttribute{
				Name: name, Type: tftypes.DynamicPseudoType, Computed: true,
			})
		}
	}
	return made
}

// provider answers what validation asks; the rest of the interface is nil.
type provider struct {
	tfprotov6.ProviderServer
	schemas *tfprotov6.GetProviderSchemaResponse
}

func (p provider) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return p.schemas, nil
}

func (provider) ValidateProviderConfig(_ context.Context, asked *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: asked.Config}, nil
}

func (provider) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (provider) ValidateDataResourceConfig(context.Context, *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return &tfprotov6.ValidateDataResourceConfigResponse{}, nil
}

func (provider) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

func read(path, name string) (*tfprotov6.GetProviderSchemaResponse, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, err
	}
	own := map[string]argument{}
	for _, setting := range settings {
		own[setting] = argument{}
	}
	found := &tfprotov6.GetProviderSchemaResponse{
		Provider:          &tfprotov6.Schema{Block: block(own, nil)},
		ResourceSchemas:   map[string]*tfprotov6.Schema{},
		DataSourceSchemas: map[string]*tfprotov6.Schema{},
	}
	for entry, content := range entries {
		section, title, two := strings.Cut(entry, " ")
		if !two || !strings.HasPrefix(title, name+"_") {
			continue
		}
		var one kind
		if err := json.Unmarshal(content, &one); err != nil {
			return nil, fmt.Errorf("%s: %w", entry, err)
		}
		schema := &tfprotov6.Schema{Block: block(one.Arguments, one.Attributes)}
		if section == "data" {
			found.DataSourceSchemas[title] = schema
		} else {
			found.ResourceSchemas[title] = schema
		}
	}
	return found, nil
}

func main() {
	name, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(os.Args[0]), "terraform-provider-"), "_")
	schemas, err := read(os.Getenv("PROVIDER_SCHEMAS"), name)
	if err != nil {
		log.Fatal(err)
	}
	serve := func() tfprotov6.ProviderServer { return provider{schemas: schemas} }
	if err := tf6server.Serve("registry.opentofu.org/hashicorp/"+name, serve); err != nil {
		log.Fatal(err)
	}
}

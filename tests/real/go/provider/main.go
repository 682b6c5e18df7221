// Command provider stands in for a Terraform provider while a configuration is validated and planned: it has the schemas
// of a file and nothing behind them. Its own name says which provider it is (terraform-provider-google_v6.50.0), and the
// variable PROVIDER_SCHEMAS where the file is: tests/infra/provider_schemas.json. What has no type there takes any value.
// PROVIDER_DATA names a file with what each data source has: {"google_project": {"number": "7"}}.
//
// It plans as a provider does that knows no defaults: what is not set is known after apply.
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
	Block      map[string]argument        `json:"block"`
	Attributes map[string]json.RawMessage `json:"attributes"`
	Many       bool                       `json:"many"`
}

type kind struct {
	Arguments  map[string]argument        `json:"arguments"`
	Attributes map[string]json.RawMessage `json:"attributes"`
}

func parsed(kind json.RawMessage) tftypes.Type {
	if len(kind) == 0 || string(kind) == "null" {
		return tftypes.DynamicPseudoType
	}
	found, err := tftypes.ParseJSONType(kind)
	if err != nil {
		log.Fatalf("%s: %v", kind, err)
	}
	return found
}

func block(arguments map[string]argument, attributes map[string]json.RawMessage, inner bool) *tfprotov6.SchemaBlock {
	made := &tfprotov6.SchemaBlock{}
	for name, given := range arguments {
		if given.Block != nil {
			nested := &tfprotov6.SchemaNestedBlock{
				TypeName: name,
				Nesting:  tfprotov6.SchemaNestedBlockNestingModeList,
				Block:    block(given.Block, given.Attributes, true),
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
		_, computed := attributes[name]
		made.Attributes = append(made.Attributes, &tfprotov6.SchemaAttribute{
			Name:     name,
			Type:     parsed(given.Type),
			Required: given.Required,
			Optional: !given.Required,
			Computed: !given.Required && computed,
		})
	}
	for name, given := range attributes {
		kind := parsed(given)
		// A list of blocks has one type: nothing in it may be of any.
		if _, argument := arguments[name]; argument || inner && kind.Is(tftypes.DynamicPseudoType) {
			continue
		}
		made.Attributes = append(made.Attributes, &tfprotov6.SchemaAttribute{Name: name, Type: kind, Computed: true})
	}
	return made
}

// planned is a value of that block in which everything computed that has no value is unknown.
func planned(schema *tfprotov6.SchemaBlock, value tftypes.Value) (tftypes.Value, error) {
	var fields map[string]tftypes.Value
	if value.IsNull() || !value.IsKnown() {
		return value, nil
	}
	if err := value.As(&fields); err != nil {
		return value, err
	}
	for _, each := range schema.Attributes {
		if each.Computed && fields[each.Name].IsNull() {
			fields[each.Name] = tftypes.NewValue(each.Type, tftypes.UnknownValue)
		}
	}
	for _, each := range schema.BlockTypes {
		var items []tftypes.Value
		if !fields[each.TypeName].IsKnown() {
			continue
		}
		if err := fields[each.TypeName].As(&items); err != nil {
			return value, err
		}
		for place := range items {
			item, err := planned(each.Block, items[place])
			if err != nil {
				return value, err
			}
			items[place] = item
		}
		fields[each.TypeName] = tftypes.NewValue(fields[each.TypeName].Type(), items)
	}
	return tftypes.NewValue(value.Type(), fields), nil
}

// told is JSON as a value: lists as tuples, maps as objects.
func told(content any) tftypes.Value {
	switch content := content.(type) {
	case string:
		return tftypes.NewValue(tftypes.String, content)
	case float64:
		return tftypes.NewValue(tftypes.Number, content)
	case bool:
		return tftypes.NewValue(tftypes.Bool, content)
	case []any:
		var kinds []tftypes.Type
		var values []tftypes.Value
		for _, each := range content {
			values = append(values, told(each))
			kinds = append(kinds, values[len(values)-1].Type())
		}
		return tftypes.NewValue(tftypes.Tuple{ElementTypes: kinds}, values)
	case map[string]any:
		kinds, values := map[string]tftypes.Type{}, map[string]tftypes.Value{}
		for name, each := range content {
			values[name] = told(each)
			kinds[name] = values[name].Type()
		}
		return tftypes.NewValue(tftypes.Object{AttributeTypes: kinds}, values)
	}
	log.Fatalf("%v is no value of a data source", content)
	panic("unreachable")
}

// provider answers what validation and a first plan ask; the rest of the interface is nil.
type provider struct {
	tfprotov6.ProviderServer
	schemas *tfprotov6.GetProviderSchemaResponse
	data    map[string]map[string]any
}

func (provider) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return &tfprotov6.ConfigureProviderResponse{}, nil
}

func (p provider) ReadDataSource(_ context.Context, asked *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	kind := p.schemas.DataSourceSchemas[asked.TypeName].ValueType()
	config, err := asked.Config.Unmarshal(kind)
	if err != nil {
		return nil, err
	}
	var fields map[string]tftypes.Value
	if err := config.As(&fields); err != nil {
		return nil, err
	}
	for name, content := range p.data[asked.TypeName] {
		fields[name] = told(content)
	}
	state, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, fields))
	return &tfprotov6.ReadDataSourceResponse{State: &state}, err
}

func (p provider) PlanResourceChange(_ context.Context, asked *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	schema := p.schemas.ResourceSchemas[asked.TypeName]
	proposed, err := asked.ProposedNewState.Unmarshal(schema.ValueType())
	if err != nil {
		return nil, err
	}
	value, err := planned(schema.Block, proposed)
	if err != nil {
		return nil, err
	}
	state, err := tfprotov6.NewDynamicValue(schema.ValueType(), value)
	return &tfprotov6.PlanResourceChangeResponse{PlannedState: &state}, err
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
		Provider:          &tfprotov6.Schema{Block: block(own, nil, false)},
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
		schema := &tfprotov6.Schema{Block: block(one.Arguments, one.Attributes, false)}
		if section == "data" {
			found.DataSourceSchemas[title] = schema
		} else {
			found.ResourceSchemas[title] = schema
		}
	}
	return found, nil
}

func values(path string) (found map[string]map[string]any, err error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &found)
	}
	return found, err
}

func main() {
	name, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(os.Args[0]), "terraform-provider-"), "_")
	schemas, err := read(os.Getenv("PROVIDER_SCHEMAS"), name)
	if err != nil {
		log.Fatal(err)
	}
	data, err := values(os.Getenv("PROVIDER_DATA"))
	if err != nil {
		log.Fatal(err)
	}
	serve := func() tfprotov6.ProviderServer { return provider{schemas: schemas, data: data} }
	if err := tf6server.Serve("registry.opentofu.org/hashicorp/"+name, serve); err != nil {
		log.Fatal(err)
	}
}

// Command vault serves HashiCorp Vault's own core and HTTP API on a TLS address of loopback, with its storage in memory.
//
// Of the secrets engines there is kv, and of the auth methods kubernetes: the many others, the storage backends and the
// user interface of Vault's own command would be built for nothing. It initializes and unseals itself, prints the root
// token and the unseal key as one line of JSON, and serves until it is stopped. Vault's licence (BUSL-1.1) allows this
// use; it is built on the machine that runs the tests, and nothing of it is published with Triggerfish.
package main

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"os"

	"github.com/hashicorp/go-hclog"
	kubernetes "github.com/hashicorp/vault-plugin-auth-kubernetes"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

var (
	engines = map[string]logical.Factory{"kv": kv.Factory}
	methods = map[string]logical.Factory{"kubernetes": kubernetes.Factory}
)

// builtins is Vault's catalog of the plugins that are compiled in.
type builtins struct{}

func kinds(kind consts.PluginType) map[string]logical.Factory {
	switch kind {
	case consts.PluginTypeSecrets:
		return engines
	case consts.PluginTypeCredential:
		return methods
	}
	return nil
}

func (builtins) Contains(name string, kind consts.PluginType) bool {
	return kinds(kind)[name] != nil
}

func (builtins) Get(name string, kind consts.PluginType) (func() (interface{}, error), bool) {
	factory, found := kinds(kind)[name]
	return func() (interface{}, error) { return factory, nil }, found
}

func (builtins) Keys(kind consts.PluginType) []string {
	var names []string
	for name := range kinds(kind) {
		names = append(names, name)
	}
	return names
}

func (builtins) DeprecationStatus(string, consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, true
}

func (builtins) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }

func main() {
	address := flag.String("listen", "127.0.0.1:8200", "address of the HTTPS API")
	certificate := flag.String("cert", "", "certificate chain, PEM")
	key := flag.String("key", "", "its private key, PEM")
	flag.Parse()
	if err := serve(*address, *certificate, *key); err != nil {
		log.Fatal(err)
	}
}

func serve(address, certificate, key string) error {
	logger := hclog.New(&hclog.LoggerOptions{Output: os.Stderr, Level: hclog.Warn})
	storage, err := inmem.NewInmem(nil, logger)
	if err != nil {
		return err
	}
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:           storage,
		LogicalBackends:    engines,
		CredentialBackends: methods,
		BuiltinRegistry:    builtins{},
		DisableMlock:       true,
		Logger:             logger,
	})
	if err != nil {
		return err
	}
	one := &vault.SealConfig{SecretShares: 1, SecretThreshold: 1}
	made, err := core.Initialize(context.Background(), &vault.InitParams{BarrierConfig: one, RecoveryConfig: one})
	if err != nil {
		return err
	}
	unsealing := append([]byte(nil), made.SecretShares[0]...) // Unseal wipes what it is given
	if _, err := core.Unseal(unsealing); err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return err
	}
	listener, err := tls.Listen("tcp", address, &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]string{
		"token":  made.RootToken,
		"unseal": base64.StdEncoding.EncodeToString(made.SecretShares[0]),
	}); err != nil {
		return err
	}
	return http.Serve(listener, vaulthttp.Handler.Handler(&vault.HandlerProperties{
		Core:           core,
		ListenerConfig: &configutil.Listener{},
	}))
}

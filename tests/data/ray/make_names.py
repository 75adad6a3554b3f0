#!/usr/bin/env python3
"""Writes ray_names.json: the public names of Ray Serve (2.60.0) that its users write, with the defaults of options.

Run with an interpreter that has ray[serve]==2.60.0 (`tools/setup ray-serve` makes one):

    ~/.cache/manta/ray-serve/bin/python tests/data/ray/make_names.py

Functions, classes and decorators, their parameters, fields of the configuration file, commands with their flags, paths of the REST API,
headers. Not in it: what Ray marks as alpha, names that begin with an underscore, LLM, gRPC and tracing.
"""
import inspect
import json
import pathlib

import ray
from ray import serve
from ray.serve import autoscaling_policy, config, context, exceptions, handle, schema
from ray.serve._private.config import DeploymentConfig
from ray.serve.scripts import cli

NAMES = pathlib.Path(__file__).parent / "ray_names.json"
SECTIONS = {"file": schema.ServeDeploySchema, "http_options": schema.HTTPOptionsSchema, "application": schema.ServeApplicationSchema,
            "deployment": schema.DeploymentSchema, "ray_actor_options": schema.RayActorOptionsSchema,
            "autoscaling_config": config.AutoscalingConfig, "policy": config.AutoscalingPolicy, "request_router_config": config.RequestRouterConfig,
            "backpressure_config": config.BackpressureConfig, "gang_scheduling_config": config.GangSchedulingConfig,
            "logging_config": schema.LoggingConfig}
ALPHA = {"serve.get_deployment_actor", "serve.get_deployment_actor_context", "serve.get_trace_context", "serve.shutdown_async", "serve.TracingConfig",
         "handle.shutdown_async", "handle.broadcast", "handle.choose_replica", "handle.dispatch", "handle.running_replicas_populated"}


def public(names):
    return [name for name in names if not name.startswith("_")]


def parameters(function):
    return [name for name in public(inspect.signature(function).parameters) if name not in ("self", "func", "func_or_class")]


def members(kind):
    return public(name for name, _ in inspect.getmembers(kind))


def fields(kind):
    return sorted(kind.model_fields)


def plain(value):
    return value if isinstance(value, (int, float, str)) and not isinstance(value, bool) else None


def defaults():
    """{option: default} of what has a number or a text as its default."""
    found = {}
    for section in (DeploymentConfig, config.AutoscalingConfig, config.RequestRouterConfig, schema.HTTPOptionsSchema):
        for name, field in section.model_fields.items():
            default = field.get_default(call_default_factory=False)
            if plain(default) is not None:
                found[name] = plain(default)
    return found


def main():
    assert ray.__version__ == "2.60.0", ray.__version__
    names = {
        "serve": [name for name in public(serve.__all__) if f"serve.{name}" not in ALPHA],
        "handle": [name for name in members(handle.DeploymentHandle) if f"handle.{name}" not in ALPHA],
        "handle.options": parameters(handle.DeploymentHandle.options),
        "response": members(handle.DeploymentResponse),
        "batch": parameters(serve.batch),
        "multiplexed": parameters(serve.multiplexed),
        "replica context": public(context.ReplicaContext.__dataclass_fields__),
        "request context": public(context._RequestContext.__dataclass_fields__),
        "autoscaling context": public(parameters(autoscaling_policy.AutoscalingContext)),
        "exceptions": [name for name, kind in vars(exceptions).items() if inspect.isclass(kind) and kind.__module__ == exceptions.__name__],
        "commands": sorted(cli.commands),
        "flags": sorted({flag for command in cli.commands.values() for option in command.params
                         for flag in option.opts + option.secondary_opts if flag.startswith("--")}),
        "hooks": ["reconfigure", "check_health", "record_autoscaling_stats", "record_routing_stats", "__init__", "__del__", "__call__"],
        "rest": ["/api/serve/applications/", "/api/v1/applications/", "/api/ray/version"],
        "http": ["/-/routes", "/-/healthz", "x-request-id", "x-session-id", "x-request-timeout-seconds", "x-request-disconnect-disabled",
                 "serve_multiplexed_model_id"],
    }
    names |= {section: fields(kind) for section, kind in SECTIONS.items()}
    NAMES.write_text(json.dumps({"names": names, "defaults": defaults()}, indent=1) + "\n")


if __name__ == "__main__":
    main()

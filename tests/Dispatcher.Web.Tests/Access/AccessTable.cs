using Dispatcher.Web.Access;
using static Dispatcher.Web.Access.Role;

namespace Dispatcher.Web.Tests.Access;

/// <summary>What the table says of an endpoint.</summary>
/// <param name="Needs">The role; null = everybody, without a key.</param>
internal sealed record AccessRow(Role? Needs)
{
    /// <summary>A body that the endpoint takes, so that what comes after the gate is seen too.</summary>
    public string? Body { get; init; }

    /// <summary>The address of a thing of tenant acme, in which <c>$job</c>, <c>$key</c>, <c>$delivery</c> and, also in the body, <c>$lease</c> stand for its ids: 404 for every other tenant.</summary>
    public string? Thing { get; init; }

    /// <summary>The thing need not be there: only who comes that far is looked at.</summary>
    public bool MayBeMissing { get; init; }

    /// <summary>The request is not whole, and whoever comes that far is told so.</summary>
    public bool MayBeBad { get; init; }

    /// <summary>The method of an endpoint that takes several.</summary>
    public string Method { get; init; } = "GET";
}

/// <summary>Every endpoint of the service and who may call it. A new endpoint needs a row here: the matrix test names those that have none.</summary>
internal static class AccessTable
{
    public static IReadOnlyDictionary<string, AccessRow> Rows { get; } = new Dictionary<string, AccessRow>(StringComparer.Ordinal)
    {
        ["GET /health/live"] = new(Needs: null),
        ["GET /health/ready"] = new(Needs: null),
        ["GET /openapi/{documentName}.json"] = new(Needs: null),
        ["GET /metrics"] = new(Role.Monitor),

        ["GET /api/v1/jobs"] = new(Viewer),
        ["POST /api/v1/jobs"] = new(Submitter) { Body = """{"workflow":"slow"}""", MayBeMissing = true },
        ["POST /api/v1/jobs:batch"] = new(Submitter) { Body = """{"jobs":[{"workflow":"slow"}]}""" },
        ["POST /api/v1/jobs:bulk"] = new(Operator) { Body = """{"filter":{"workflow":"nobody"},"command":"pause","dry_run":true}""" },
        ["GET /api/v1/jobs/{id}"] = new(Viewer) { Thing = "/api/v1/jobs/$job" },
        ["GET /api/v1/jobs/{id}/state"] = new(Viewer) { Thing = "/api/v1/jobs/$job/state?at=1" },
        ["GET /api/v1/jobs/{id}/events"] = new(Viewer) { Thing = "/api/v1/jobs/$job/events" },
        ["GET /api/v1/jobs/{id}/why"] = new(Viewer) { Thing = "/api/v1/jobs/$job/why" },
        ["GET /api/v1/jobs/{id}/graph"] = new(Viewer) { Thing = "/api/v1/jobs/$job/graph" },
        ["GET /api/v1/stats"] = new(Viewer),
        ["POST /api/v1/jobs/{id}/approve"] = Command("approve", Operator),
        ["POST /api/v1/jobs/{id}/reject"] = Command("reject", Operator),
        ["POST /api/v1/jobs/{id}/amend"] = Command("amend", Submitter, """{"input":{}}"""),
        ["POST /api/v1/jobs/{id}/pause"] = Command("pause", Operator),
        ["POST /api/v1/jobs/{id}/resume"] = Command("resume", Operator),
        ["POST /api/v1/jobs/{id}/cancel"] = Command("cancel", Submitter),
        ["POST /api/v1/jobs/{id}/recover"] = Command("recover", Operator, """{"from_step":"wait"}"""),
        ["POST /api/v1/jobs/{id}/steps/{step}/retry"] = new(Operator) { Thing = "/api/v1/jobs/$job/steps/wait/retry" },
        ["POST /api/v1/jobs/{id}/priority"] = Command("priority", Operator, """{"priority":1}"""),

        ["GET /api/v1/jobs/{id}/artifacts"] = new(Viewer) { Thing = "/api/v1/jobs/$job/artifacts" },
        ["GET /api/v1/jobs/{id}/artifacts/{**path}"] = new(Viewer) { Thing = "/api/v1/jobs/$job/artifacts/a.txt", MayBeMissing = true },

        ["GET /api/v1/workflows"] = new(Viewer),
        ["GET /api/v1/workflows/{name}/versions"] = new(Viewer) { Thing = "/api/v1/workflows/guarded/versions" },
        ["GET /api/v1/workflows/{name}/versions/{version:int}"] = new(Viewer) { Thing = "/api/v1/workflows/guarded/versions/1" },
        ["PUT /api/v1/workflows/{name}/versions/{version:int}"] = new(Submitter) { Body = """{"name":"x","version":1,"steps":[{"id":"one","uses":"noop"}]}""" },

        ["GET /api/v1/jobs/{id}/stream"] = new(Viewer) { Thing = "/api/v1/jobs/$job/stream" },
        ["GET /api/v1/stream"] = new(Viewer),
        ["* /hubs/jobs"] = new(Viewer) { MayBeBad = true },
        ["* /hubs/jobs/negotiate"] = new(Viewer) { Method = "POST" },

        ["GET /api/v1/webhooks/deliveries"] = new(Operator),
        ["POST /api/v1/webhooks/deliveries/{id}/replay"] = new(Operator) { Thing = "/api/v1/webhooks/deliveries/$delivery/replay" },
        ["GET /api/v1/webhooks/receivers"] = new(Operator),
        ["GET /api/v1/webhooks/secret"] = new(Role.Admin),
        ["POST /api/v1/webhooks/secret/rotate"] = new(Role.Admin),

        ["POST /api/v1/workers/lease"] = new(Worker) { Body = """{"queues":["q"],"worker":"w","wait_ms":0}""" },
        ["POST /api/v1/workers/heartbeat"] = new(Worker) { Body = """{"leases":[{"lease":"$lease"}]}""" },
        ["POST /api/v1/workers/complete"] = new(Worker) { Thing = "/api/v1/workers/complete", Body = """{"lease":"$lease","output":"acme's"}""" },
        ["POST /api/v1/workers/fail"] = new(Worker) { Thing = "/api/v1/workers/fail", Body = """{"lease":"$lease","error":{"message":"no"}}""" },
        ["PUT /api/v1/workers/artifacts/{lease}/{**path}"] = new(Worker) { Thing = "/api/v1/workers/artifacts/$lease/a.txt", Body = "{}" },
        ["GET /api/v1/workers/queues"] = new(Viewer),

        ["GET /api/v1/admin/cluster"] = new(Role.Monitor),
        ["GET /api/v1/admin/cluster/stream"] = new(Role.Monitor),
        ["POST /api/v1/admin/cluster/nodes/{node}/leave"] = new(ClusterAdmin),
        ["POST /api/v1/admin/cluster/nodes/{node}/drain"] = new(ClusterAdmin),
        ["POST /api/v1/admin/cluster/nodes/{node}/resume"] = new(ClusterAdmin),
        ["POST /api/v1/admin/cluster/nodes/{node}/down"] = new(ClusterAdmin),
        ["GET /api/v1/admin/shards"] = new(Role.Monitor),
        ["POST /api/v1/admin/shards/{shard:int}/move"] = new(ClusterAdmin) { Body = """{"node":"self"}""" },
        ["POST /api/v1/admin/shards/rebalance"] = new(ClusterAdmin),
        ["POST /api/v1/admin/shards/verify"] = new(ClusterAdmin),
        ["GET /api/v1/admin/jobs/{id}/location"] = new(Role.Monitor) { MayBeMissing = true },
        ["GET /api/v1/admin/actors"] = new(ClusterAdmin),
        ["GET /api/v1/admin/log"] = new(ClusterAdmin),
        ["GET /api/v1/admin/log/stream"] = new(ClusterAdmin),

        ["GET /api/v1/keys"] = new(Role.Admin),
        ["POST /api/v1/keys"] = new(Role.Admin) { Body = """{"roles":["viewer"]}""" },
        ["POST /api/v1/keys/{id}/rotate"] = new(Role.Admin) { Thing = "/api/v1/keys/$key/rotate" },
        ["DELETE /api/v1/keys/{id}"] = new(Role.Admin) { Thing = "/api/v1/keys/$key" },
    };

    private static AccessRow Command(string name, Role needs, string? body = null) => new(needs) { Thing = $"/api/v1/jobs/$job/{name}", Body = body };
}

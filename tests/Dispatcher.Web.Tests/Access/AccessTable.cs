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
        ["GET /openapi/v1.json"] = new(Needs: null),
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
        ["GET /api/v1/quota"] = new(Viewer),
        ["GET /api/v1/quota/{meter}"] = new(Viewer) { Thing = "/api/v1/quota/guarded-minutes" },
        ["PUT /api/v1/quota/{meter}"] = new(Role.Admin) { Body = """{"plan":"free","limit":100}""" },
        ["POST /api/v1/quota/{meter}/check"] = new(Viewer) { Body = """{"amount":1}""" },
        ["POST /api/v1/quota/{meter}/reserve"] = new(Submitter) { Body = """{"amount":1}""" },
        ["POST /api/v1/quota/{meter}/commit"] = new(Submitter) { Body = """{"reservation_id":"a","amount":1}""", MayBeMissing = true },
        ["POST /api/v1/quota/{meter}/rollback"] = new(Submitter) { Body = """{"reservation_id":"a"}""", MayBeMissing = true },
        ["GET /api/v1/quota/{meter}/ledger"] = new(Viewer),
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

        ["GET /api/v1/schedules"] = new(Viewer),
        ["POST /api/v1/schedules"] = new(Submitter) { Body = """{"workflow":"slow"}""", MayBeMissing = true },
        ["GET /api/v1/schedules/graph"] = new(Viewer),
        ["GET /api/v1/schedules/stream"] = new(Viewer),
        ["GET /api/v1/schedules/{id}"] = new(Viewer) { Thing = "/api/v1/schedules/nightly" },
        ["PUT /api/v1/schedules/{id}"] = new(Submitter) { Thing = "/api/v1/schedules/nightly", Body = """{"workflow":"guarded"}""" },
        ["DELETE /api/v1/schedules/{id}"] = new(Submitter) { Thing = "/api/v1/schedules/fleeting", MayBeMissing = true },
        ["GET /api/v1/schedules/{id}/next"] = new(Viewer) { Thing = "/api/v1/schedules/nightly/next" },
        ["GET /api/v1/schedules/{id}/runs"] = new(Viewer) { Thing = "/api/v1/schedules/nightly/runs" },
        ["POST /api/v1/schedules/{id}/run"] = new(Submitter) { Thing = "/api/v1/schedules/nightly/run" },
        ["POST /api/v1/schedules/{id}/pause"] = new(Operator) { Thing = "/api/v1/schedules/nightly/pause" },
        ["POST /api/v1/schedules/{id}/resume"] = new(Operator) { Thing = "/api/v1/schedules/nightly/resume" },
        ["POST /api/v1/schedules/{id}/backfill"] = new(Operator) { Thing = "/api/v1/schedules/nightly/backfill", Body = """{"from":"2020-01-01T00:00:00Z","to":"2020-01-01T00:00:00Z"}""" },

        ["GET /api/v1/patterns"] = new(Viewer),
        ["GET /api/v1/patterns/{id}/versions"] = new(Viewer) { Thing = "/api/v1/patterns/guard/versions" },
        ["GET /api/v1/patterns/{id}/versions/{version:int}"] = new(Viewer) { Thing = "/api/v1/patterns/guard/versions/1" },
        ["PUT /api/v1/patterns/{id}/versions/{version:int}"] = new(Submitter) { Body = """{"workflow":"guarded"}""", MayBeBad = true },
        ["POST /api/v1/patterns/{id}/jobs"] = new(Submitter) { Thing = "/api/v1/patterns/guard/jobs" },

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

using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Creating;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.Json;
using Dispatcher.Web.Limits;
using Dispatcher.Web.Requests;
using Dispatcher.Web.Schedules;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Contracts.SchedulerService;

/// <summary>The scheduler service: one path that takes actions, and its events.</summary>
internal static class SchedulerServiceEndpoints
{
    private static readonly string[] Actions =
    [
        "create_job", "update_job", "delete_job", "list_jobs", "get_job", "run_job", "list_job_runs",
        "get_job_graph", "get_job_status", "register_job_pattern", "trigger_job_from_orchestration",
    ];

    public static void MapSchedulerService(this IEndpointRouteBuilder root)
    {
        var ops = root.MapGroup("/api/scheduler_ops").ExcludeFromDescription().RequireRole(Role.Viewer);
        ops.MapPost("", Handle).AddEndpointFilter<StoreFaults>();
        ops.MapGet("/events", Stream).CountAsStream();
    }

    internal static async Task<IResult> Handle(HttpContext http, Caller caller, DispatcherEngine engine, JobReader reader)
    {
        try
        {
            var body = await Read(http.Request);
            return Results.Content((await Act(body, http, caller, engine, reader)).ToJsonString(ApiJson.Options), "application/json");
        }
        catch (OpsFault fault)
        {
            return Error(fault.Status, fault.Message);
        }
    }

    /// <summary>The events of schedules, as <see cref="ScheduleStream"/> tells them; refusals in the contract's form.</summary>
    internal static async Task<IResult> Stream(string? after, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        var answer = (await ScheduleStream.Stream(after, caller, http, engine)).Result;
        return answer is ProblemHttpResult { ProblemDetails: { Status: { } status, Detail: { } detail } } ? Error(status, detail) : answer;
    }

    private static async Task<JsonObject> Act(JsonObject body, HttpContext http, Caller caller, DispatcherEngine engine, JobReader reader)
    {
        var action = body.Text("action", "") ?? throw OpsFault.Bad($"action is required; known are {string.Join(", ", Actions)}");
        if (!Actions.Contains(action, StringComparer.Ordinal)) throw OpsFault.Bad($"unknown action '{OpsFault.Short(action)}'; known are {string.Join(", ", Actions)}");
        if (body.Object("metadata", "") is null && body.Object("job", "").Object("metadata", "job") is null) throw OpsFault.Bad("metadata is required");
        if (body.Integer("campaign_id", "") < 0) throw OpsFault.Bad("campaign_id must not be negative");
        var changes = action is not ("list_jobs" or "get_job" or "list_job_runs" or "get_job_graph" or "get_job_status");
        if (changes && !caller.Has(Role.Submitter)) throw new OpsFault(StatusCodes.Status403Forbidden, $"the action {action} needs the role submitter");
        var origin = RequestOrigin.Of(caller, http);
        var ops = new SchedulerOps(body, caller, origin, engine, reader);
        return action switch
        {
            "create_job" => await ops.Create(),
            "update_job" => await ops.Update(),
            "delete_job" => await ops.Delete(),
            "list_jobs" => await ops.List(),
            "get_job" => await ops.Get(),
            "run_job" => await ops.Run(KeyOf(body, http)),
            "list_job_runs" => await ops.ListRuns(),
            "get_job_graph" => await ops.Graph(),
            "get_job_status" => await ops.Status(),
            "register_job_pattern" => await new PatternOps(body, caller, origin, engine, ops).Register(),
            _ => await new PatternOps(body, caller, origin, engine, ops).Trigger(KeyOf(body, http)),
        };
    }

    private static string? KeyOf(JsonObject body, HttpContext http)
    {
        var key = body.Text("idempotency_key", "") ?? body.Object("metadata", "").Text("idempotency_key", "metadata") ?? IdempotencyKey.Of(http.Request);
        if (key is not null && IdempotencyKey.Form(key) is { } fault) throw OpsFault.Bad($"idempotency_key {fault}");
        return key;
    }

    private static async Task<JsonObject> Read(HttpRequest request)
    {
        try
        {
            // With the checks of all bodies: duplicates, depth, and texts that are no Unicode.
            var body = await JsonSerializer.DeserializeAsync(request.Body, ApiJson.Options.GetTypeInfo(typeof(JsonElement)), request.HttpContext.RequestAborted);
            return body is JsonElement { ValueKind: JsonValueKind.Object } json ? JsonObject.Create(json)! : throw OpsFault.Bad("the body must be a JSON object");
        }
        catch (JsonException exception)
        {
            throw OpsFault.Bad($"the body is not JSON: {exception.Message}");
        }
        catch (BadHttpRequestException exception)
        {
            throw new OpsFault(exception.StatusCode, exception.Message);
        }
    }

    private static IResult Error(int status, string message) => Results.Content(new JsonObject { ["error"] = message }.ToJsonString(ApiJson.Options), "application/json", statusCode: status);
}

using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Creating;
using Dispatcher.Web.Json;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Dispatcher.Web.Schedules;
using Dispatcher.Workflows.Patterns;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Patterns;

/// <summary>Patterns: register and read versions, and make jobs of them.</summary>
internal static class PatternEndpoints
{
    private const int MaxLimit = 200;
    private const int DefaultLimit = 50;

    public static void MapPatterns(this IEndpointRouteBuilder api)
    {
        var patterns = api.MapGroup("/patterns").WithTags("patterns");
        patterns.MapGet("", List).WithName("listPatterns").RequireRole(Role.Viewer).Refuses(ProblemCode.InvalidRequest, ProblemCode.InvalidCursor);
        patterns.MapGet("/{id}/versions", ListVersions).WithName("listPatternVersions").RequireRole(Role.Viewer).Refuses(ProblemCode.InvalidRequest, ProblemCode.InvalidCursor, ProblemCode.UnknownPattern);
        patterns.MapGet("/{id}/versions/{version:int}", Show).WithName("showPattern").RequireRole(Role.Viewer).Refuses(ProblemCode.UnknownPattern);
        patterns.MapPut("/{id}/versions/{version:int}", Register).WithName("registerPattern").RequireRole(Role.Submitter)
            .WithExample("""{"workflow":"report","params":{"type":"object","required":["week"],"properties":{"week":{"type":"string"}}},"input":{"week_of":"${params.week}"},"labels":{"week":"${params.week}"}}""")
            .Refuses(ProblemCode.InvalidPattern, ProblemCode.PatternExists, ProblemCode.UnknownWorkflow, ProblemCode.InvalidDefinition);
        patterns.MapPost("/{id}/jobs", Use).WithName("usePattern").RequireRole(Role.Submitter).WithRequestHeader(IdempotencyKey.Header, "As idempotency_key in the body.")
            .Refuses(ProblemCode.UnknownPattern, ProblemCode.UnknownWorkflow, ProblemCode.InvalidParams, ProblemCode.InvalidInput, ProblemCode.InvalidRequest, ProblemCode.IdempotencyConflict, ProblemCode.PayloadTooLarge);
    }

    /// <summary>Register a version of a pattern</summary>
    /// <remarks>A version never changes: the same pattern again is fine, another one is refused.</remarks>
    /// <param name="id">The pattern's id.</param>
    /// <param name="version">Its version, from 1.</param>
    internal static async Task<Results<JsonCreated<PatternView>, JsonOk<PatternView>, ProblemHttpResult>> Register(
        string id, int version, PatternRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        WorkflowReference? pinned = null;
        if (request.Definition is { } given)
        {
            var choice = await new WorkflowLookup(engine, caller.Tenant).Find(new CreateJobRequest { Definition = given });
            if (choice.Refusal is not null) return choice.Refusal.ToProblem(http);
            pinned = choice.Reference;
        }

        var pattern = new PatternDefinition
        {
            Id = id,
            Version = version,
            Description = request.Description,
            Params = request.Params,
            Workflow = request.Workflow,
            WorkflowVersion = request.WorkflowVersion,
            Pinned = pinned,
            Input = request.Input,
            Labels = request.Labels,
            Priority = request.Priority,
            Metadata = request.Metadata,
        };
        if (PatternRules.FaultsOf(pattern) is { Count: > 0 } faults)
            return Refusal.Of([.. faults.Select(fault => new RequestFault(fault.Path, fault.Message))], StatusCodes.Status400BadRequest, "invalid-pattern").ToProblem(http);
        var registration = await engine.Schedules.Store.RegisterPattern(caller.Tenant, pattern, engine.Gateway.Now);
        if (registration == WorkflowRegistration.Different)
            return new Refusal(StatusCodes.Status409Conflict, "pattern-exists", $"Version {version} of the pattern {id} is registered otherwise, and a version never changes. Register version {version + 1}.").ToProblem(http);
        var view = PatternView.Of((await engine.Schedules.Store.FindPattern(caller.Tenant, id, version))!);
        return registration == WorkflowRegistration.Registered ? JsonAnswers.Created(view.Links.Self, view) : JsonAnswers.Ok(view);
    }

    /// <summary>Show a version of a pattern</summary>
    /// <remarks>As it was registered.</remarks>
    /// <param name="id">The pattern's id.</param>
    /// <param name="version">Its version, from 1.</param>
    internal static async Task<Results<JsonOk<PatternView>, ProblemHttpResult>> Show(string id, int version, Caller caller, HttpContext http, DispatcherEngine engine) =>
        await engine.Schedules.Store.FindPattern(caller.Tenant, id, version) is { } found ? JsonAnswers.Ok(PatternView.Of(found)) : Unknown(id, version).ToProblem(http);

    /// <summary>List patterns</summary>
    /// <remarks>All versions, in the order of ids and versions.</remarks>
    /// <param name="limit">1..200; 50 if absent.</param>
    /// <param name="cursor">What the page before gave as `next`.</param>
    internal static async Task<Results<JsonOk<PatternPage>, ProblemHttpResult>> List(int? limit, string? cursor, Caller caller, HttpContext http, DispatcherEngine engine) =>
        await Page(null, limit, cursor, caller, engine) is var (page, refusal) && page is not null ? JsonAnswers.Ok(page) : refusal!.ToProblem(http);

    /// <summary>List the versions of a pattern</summary>
    /// <remarks>Oldest first.</remarks>
    /// <param name="id">The pattern's id.</param>
    /// <param name="limit">1..200; 50 if absent.</param>
    /// <param name="cursor">What the page before gave as `next`.</param>
    internal static async Task<Results<JsonOk<PatternPage>, ProblemHttpResult>> ListVersions(string id, int? limit, string? cursor, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        var (page, refusal) = await Page(id, limit, cursor, caller, engine);
        if (refusal is not null) return refusal.ToProblem(http);
        return page!.Patterns.Count == 0 && cursor is null ? Unknown(id, null).ToProblem(http) : JsonAnswers.Ok(page);
    }

    /// <summary>Make a job of a pattern</summary>
    /// <remarks>Durable when answered. With an idempotency key, the same request again gives the same job, and another one is refused.</remarks>
    /// <param name="id">The pattern's id.</param>
    internal static async Task<Results<JsonCreated<RunReceipt>, JsonOk<RunReceipt>, Accepted<RunReceipt>, ProblemHttpResult>> Use(
        string id, UsePatternRequest? request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        var key = request?.IdempotencyKey ?? IdempotencyKey.Of(http.Request);
        if (key is not null && IdempotencyKey.Fault(key) is { } fault) return Refusal.Of([new RequestFault("idempotency_key", fault)]).ToProblem(http);
        var job = await engine.Node.Patterns.Use(caller.Tenant, id, request?.Version, request?.Params);
        if (job.Refusal is { } refusal) return ScheduleRefusals.Of(refusal).ToProblem(http);
        var origin = RequestOrigin.Of(caller, http);
        var spec = job.SpecFor(caller.Tenant) with { IdempotencyKey = key, CorrelationId = origin.CorrelationId, TraceParent = origin.TraceParent };
        var reply = await engine.Gateway.Submit(spec, origin.By);
        return reply is CommandReply.Duplicate { SameRequest: false } other ? IdempotencyKey.Conflict(key, other, "job").ToProblem(http) : RunAnswers.Of(reply, http);
    }

    private static async ValueTask<(PatternPage? Page, Refusal? Refusal)> Page(string? id, int? limit, string? cursor, Caller caller, DispatcherEngine engine)
    {
        if (limit is < 1 or > MaxLimit) return (null, Refusal.Of([new RequestFault("limit", $"is {limit}; it must be from 1 to {MaxLimit}")]));
        if (!TryReadCursor(cursor, out var after)) return (null, Refusal.Invalid("invalid-cursor", "The cursor was changed, or belongs to another list. Begin again without one."));
        var wanted = limit ?? DefaultLimit;
        var found = await engine.Schedules.Store.ListPatterns(caller.Tenant, id, after, wanted);
        return (new PatternPage([.. found.Select(PatternView.Of)], found.Count == wanted ? Cursor(found[^1].Pattern) : null), null);
    }

    private static string Cursor(PatternDefinition last) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"patterns 1 {last.Version} {last.Id}")));

    private static bool TryReadCursor(string? cursor, out (string Id, int Version)? after)
    {
        after = null;
        if (cursor is null) return true;
        if (cursor.Length > 400 || !Base64Url.IsValid(cursor)) return false;
        if (Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)).Split(' ') is not ["patterns", "1", var number, var id] || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var version)) return false;
        after = (id, version);
        return true;
    }

    private static Refusal Unknown(string id, int? version) =>
        Refusal.NotFound($"There is no pattern {Excerpt.Of(id)}{(version is { } number ? $" version {number}" : "")}; register it first.", "unknown-pattern");
}

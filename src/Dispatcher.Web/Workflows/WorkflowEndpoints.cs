using System.Globalization;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Dispatcher.Workflows;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Workflows;

/// <summary>The tenant's registry of workflows: a version never changes.</summary>
internal static class WorkflowEndpoints
{
    /// <summary>Names that begin so are Dispatcher's own.</summary>
    private const string OwnNames = "dispatcher-";

    public static void MapWorkflows(this IEndpointRouteBuilder api)
    {
        var workflows = api.MapGroup("/workflows").WithTags("workflows");
        workflows.MapGet("", List).WithName("listWorkflows").RequireRole(Role.Viewer).Refuses(ProblemCode.InvalidRequest, ProblemCode.InvalidCursor);
        workflows.MapGet("/{name}/versions", ListVersions).WithName("listWorkflowVersions").RequireRole(Role.Viewer)
            .Refuses(ProblemCode.InvalidRequest, ProblemCode.InvalidCursor, ProblemCode.UnknownWorkflow);
        workflows.MapGet("/{name}/versions/{version:int}", Show).WithName("getWorkflow").RequireRole(Role.Viewer).Refuses(ProblemCode.UnknownWorkflow);
        workflows.MapPut("/{name}/versions/{version:int}", Register).WithName("registerWorkflow").RequireRole(Role.Submitter)
            .TakesText("A workflow definition; its name and version are those of the path. At most 1 MiB. JSON with StartAt and States is a state machine in the Amazon States Language, which has no name of its own.", WorkflowBody.Json, WorkflowBody.Yaml, WorkflowBody.TextYaml, WorkflowBody.StateMachine)
            .WithExample("""{"name":"hello","version":1,"steps":[{"id":"greet","uses":"noop"}]}""")
            .Refuses(ProblemCode.NameMismatch, ProblemCode.ReservedName, ProblemCode.InvalidEncoding, ProblemCode.WorkflowExists, ProblemCode.InvalidDefinition);
    }

    /// <summary>Register a version of a workflow</summary>
    /// <remarks>A version never changes: the same definition again is fine, another one is refused.</remarks>
    /// <param name="name">The workflow's name.</param>
    /// <param name="version">Its version, from 1.</param>
    internal static async Task<Results<Created<WorkflowListItem>, Ok<WorkflowListItem>, ProblemHttpResult>> Register(
        string name, int version, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        var (text, refusal) = await WorkflowBody.Read(http.Request);
        if (refusal is not null) return refusal.ToProblem(http);
        if (name.StartsWith(OwnNames, StringComparison.Ordinal))
            return Refusal.Invalid("reserved-name", $"Names that begin with '{OwnNames}' are Dispatcher's own; choose another.").ToProblem(http);
        try
        {
            var definition = DefinitionReader.Read(text!, name, engine.Handlers, version);
            if (definition.Name != name || definition.Version != version)
                return Refusal.Invalid("name-mismatch", $"The path names {name} version {version}, the definition {definition.Name} version {definition.Version}; they must agree.").ToProblem(http);
            var registration = await engine.Node.Workflows.Register(definition, caller.Tenant);
            if (registration == WorkflowRegistration.Different) return Different(name, version).ToProblem(http);
            var registered = await engine.Store.FindRegistered(caller.Tenant, name, version);
            var item = WorkflowListItem.Of(registered!);
            return registration == WorkflowRegistration.Registered ? TypedResults.Created(item.Links.Self, item) : TypedResults.Ok(item);
        }
        catch (WorkflowDefinitionException exception)
        {
            return DefinitionFaults(exception).ToProblem(http);
        }
    }

    /// <summary>Show a version of a workflow</summary>
    /// <remarks>With its definition.</remarks>
    /// <param name="name">The workflow's name.</param>
    /// <param name="version">Its version, from 1.</param>
    internal static async Task<Results<Ok<WorkflowDetails>, ProblemHttpResult>> Show(string name, int version, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (await engine.Store.FindRegistered(caller.Tenant, name, version) is not { } registered)
            return (await UnknownWorkflow.Refuse(engine, caller.Tenant, name, version)).ToProblem(http);
        var definition = await engine.Node.Workflows.Find(registered.Hash);
        return TypedResults.Ok(WorkflowDetails.Of(registered, definition!));
    }

    /// <summary>List workflows</summary>
    /// <remarks>Each name with its newest version, in the order of the names.</remarks>
    /// <param name="limit">1..200; 50 if absent.</param>
    /// <param name="cursor">What the page before gave as `next`.</param>
    internal static async Task<Results<Ok<WorkflowPage>, ProblemHttpResult>> List(int? limit, string? cursor, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        var place = cursor is null ? null : WorkflowPages.PlaceOf(cursor);
        if (FaultOf(limit, isCursorBad: cursor is not null && place is null) is { } refusal) return refusal.ToProblem(http);
        return TypedResults.Ok(await new WorkflowPages(engine.Store, caller.Tenant).Names(place, limit));
    }

    /// <summary>List the versions of a workflow</summary>
    /// <remarks>Oldest first.</remarks>
    /// <param name="name">The workflow's name.</param>
    /// <param name="limit">1..200; 50 if absent.</param>
    /// <param name="cursor">What the page before gave as `next`.</param>
    internal static async Task<Results<Ok<WorkflowPage>, ProblemHttpResult>> ListVersions(
        string name, int? limit, string? cursor, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        int? after = cursor is not null && int.TryParse(WorkflowPages.PlaceOf(cursor), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null;
        if (FaultOf(limit, isCursorBad: cursor is not null && after is null) is { } refusal) return refusal.ToProblem(http);
        var page = await new WorkflowPages(engine.Store, caller.Tenant).Versions(name, after, limit);
        return page.Workflows.Count == 0 && after is null ? (await UnknownWorkflow.Refuse(engine, caller.Tenant, name, null)).ToProblem(http) : TypedResults.Ok(page);
    }

    private static Refusal? FaultOf(int? limit, bool isCursorBad)
    {
        if (limit is < 1 or > WorkflowPages.MaxLimit) return Refusal.Of([new RequestFault("limit", $"is {limit}; it must be from 1 to {WorkflowPages.MaxLimit}")]);
        return isCursorBad ? Refusal.Invalid("invalid-cursor", "The cursor was changed, or belongs to another list. Begin again without one.") : null;
    }

    private static Refusal Different(string name, int version) => new(
        StatusCodes.Status409Conflict, "workflow-exists", $"Version {version} of the workflow {name} is registered with another definition, and a version never changes. Register version {version + 1}.");

    private static Refusal DefinitionFaults(WorkflowDefinitionException exception)
    {
        var faults = exception.Faults.Select(fault =>
            new RequestFault(fault.Path, fault.Message, fault.Line > 0 ? fault.Line : null, fault.Line > 0 ? fault.Column : null, fault.Code));
        return Refusal.Of([.. faults], StatusCodes.Status422UnprocessableEntity, "invalid-definition");
    }
}

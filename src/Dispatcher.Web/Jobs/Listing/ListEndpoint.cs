using System.ComponentModel;
using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Json;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Jobs.Listing;

/// <summary>The tenant's jobs by keyset pages.</summary>
internal static class ListEndpoint
{
    public const int MaxLimit = 200;
    private const int DefaultLimit = 50;
    private const string NewestFirst = "-created";

    public static void MapList(this IEndpointRouteBuilder api) => api.MapGet("/jobs", List).WithName("listJobs").RequireRole(Role.Viewer).Refuses(ProblemCode.InvalidRequest, ProblemCode.InvalidCursor);

    /// <summary>List jobs</summary>
    /// <remarks>The tenant's, newest first; all filters hold together. Follow `next` and keep the filters. A page may be short, even empty, and have a next one: it looks at a bounded number of jobs. Nothing is counted; /stats has counts.</remarks>
    internal static async Task<Results<JsonOk<JobPageView>, ProblemHttpResult>> List([AsParameters] ListRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        var faults = UnknownParameters.Faults<ListRequest>(http.Request);
        var filter = JobFilter.Read(request.Status, request.Workflow, request.Label ?? [], request.Text, request.CreatedFrom?.Value, request.CreatedBefore?.Value, faults);
        var fields = FieldsOf(request.Fields, faults);
        if (request.Limit is < 1 or > MaxLimit) faults.Add(new RequestFault("limit", $"is {request.Limit}; it must be from 1 to {MaxLimit}"));
        if (request.Sort is not (null or NewestFirst)) faults.Add(new RequestFault("sort", $"jobs are listed newest first only: {NewestFirst}"));
        if (faults.Count > 0) return Refusal.Of([.. faults]).ToProblem(http);
        Dispatcher.Jobs.JobId? before = null;
        if (request.Cursor is { } cursor)
        {
            if (!JobCursor.TryRead(cursor, caller.Tenant, filter, out var last)) return InvalidCursor().ToProblem(http);
            before = last;
        }

        var page = await engine.Store.ListJobs(filter.ToQuery(caller.Tenant, before, request.Limit ?? DefaultLimit));
        var next = page.Next is { } place ? JobCursor.Write(place, caller.Tenant, filter) : null;
        return JsonAnswers.Ok(new JobPageView([.. page.Rows.Select(row => JobListItem.Of(row, fields))], next));
    }

    private static ListFields FieldsOf(string? names, ICollection<RequestFault> faults)
    {
        if (names is null) return ListFields.All;
        var fields = ListFields.None;
        foreach (var name in names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (name == "id") continue;
            if (ListFieldNames.ByName.TryGetValue(name, out var field)) fields |= field;
            else faults.Add(new RequestFault("fields", $"'{Excerpt.Of(name)}' is no field of a list; known are id, {string.Join(", ", ListFieldNames.ByName.Keys)}"));
        }

        return fields;
    }

    private static Refusal InvalidCursor() =>
        Refusal.Invalid("invalid-cursor", "The cursor was changed, or belongs to a list with other filters. Begin again without one, and keep the filters while you follow next.");
}

/// <summary>Which of the tenant's jobs to list.</summary>
internal sealed record ListRequest
{
    [FromQuery(Name = "status")]
    [Description("One status, such as `running`.")]
    public string? Status { get; init; }

    [FromQuery(Name = "workflow")]
    [Description("A workflow's name.")]
    public string? Workflow { get; init; }

    [FromQuery(Name = "label")]
    [Description("A label as `name=value`; several as several parameters or with commas between.")]
    public string[]? Label { get; init; }

    [FromQuery(Name = "text")]
    [Description("Words that must all be among the job's terms: its workflow's name, its keys, words of its labels' values.")]
    public string? Text { get; init; }

    [FromQuery(Name = "created_from")]
    [Description("Created at this time or later.")]
    public Rfc3339? CreatedFrom { get; init; }

    [FromQuery(Name = "created_before")]
    [Description("Created before this time.")]
    public Rfc3339? CreatedBefore { get; init; }

    [FromQuery(Name = "sort")]
    [Description("Only `-created`: newest first.")]
    public string? Sort { get; init; }

    [FromQuery(Name = "limit")]
    [Description("1..200; 50 if absent.")]
    public int? Limit { get; init; }

    [FromQuery(Name = "cursor")]
    [Description("What the page before gave as `next`.")]
    public string? Cursor { get; init; }

    [FromQuery(Name = "fields")]
    [Description("Names of fields with commas between; all if absent.")]
    public string? Fields { get; init; }
}

using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Artifacts;

/// <summary>
/// The files of a job. Only those that its events name are there: a path is looked up among them and never on the disk, so none leads anywhere else.
/// </summary>
internal static class ArtifactEndpoints
{
    private const int MaxLimit = 1000;

    public static void MapArtifacts(this IEndpointRouteBuilder api)
    {
        var artifacts = api.MapGroup("/jobs/{id}/artifacts").WithTags("artifacts").RequireRole(Role.Viewer);
        artifacts.MapGet("", List).WithName("listArtifacts").Refuses(ProblemCode.NotFound, ProblemCode.InvalidRequest);
        artifacts.MapGet("/{**path}", Download).WithName("getArtifact").Refuses(ProblemCode.NotFound, ProblemCode.RangeNotSatisfiable)
            .WithRequestHeader("Range", "A part of the file: bytes=0-1023.")
            .WithRequestHeader("If-None-Match", "An ETag: 304 if the file is still that one.")
            .WithAnswerHeader("ETag", "The file's SHA-256, in quotes.")
            .AnswersFile("The file.").AnswersEmpty(StatusCodes.Status304NotModified, "The file is the one of If-None-Match.")
            .AnswersPart("The part of the file that Range asks for.");
    }

    /// <summary>List the files of a job</summary>
    /// <remarks>Those that its steps have left so far, in the order of the steps and their items.</remarks>
    /// <param name="id">The job's id.</param>
    /// <param name="after">Passes over so many: the `next` of the page before.</param>
    /// <param name="limit">1..1000; 1000 if absent.</param>
    internal static async Task<Results<Ok<ArtifactPage>, ProblemHttpResult>> List(string id, int? after, int? limit, Caller caller, HttpContext http, JobReader reader)
    {
        var faults = new List<RequestFault>();
        if (after < 0) faults.Add(new RequestFault("after", $"is {after}; give the next of the page before"));
        if (limit is < 1 or > MaxLimit) faults.Add(new RequestFault("limit", $"is {limit}; it must be from 1 to {MaxLimit}"));
        if (faults.Count > 0) return Refusal.Of(faults).ToProblem(http);
        if (!JobId.TryParse(id, out var jobId) || await reader.Find(jobId, caller.Tenant) is not { } job) return UnknownJob.Refuse(id).ToProblem(http);
        var (first, count) = (after ?? 0, limit ?? MaxLimit);
        var page = job.State is { } state ? StepViews.ArtifactsOf(state).Skip(first).Take(count + 1).ToList() : [];
        return TypedResults.Ok(new ArtifactPage([.. page.Take(count)], page.Count > count ? first + count : null));
    }

    /// <summary>Download a file of a job</summary>
    /// <remarks>With ranges. What a browser would run (HTML, SVG and the like) comes as an attachment.</remarks>
    /// <param name="id">The job's id.</param>
    /// <param name="path">The file's path in the job's folder.</param>
    internal static async Task<Results<PhysicalFileHttpResult, ProblemHttpResult>> Download(
        string id, string path, Caller caller, HttpContext http, JobReader reader, DispatcherEngine engine)
    {
        if (!JobId.TryParse(id, out var jobId) || await reader.Find(jobId, caller.Tenant) is not { State: { } job }) return UnknownJob.Refuse(id).ToProblem(http);
        return ArtifactFile.Answer(engine, job, path, http) is { } file
            ? file
            : Refusal.NotFound($"The job {id} has no file '{Excerpt.Of(path, 200)}'.").ToProblem(http);
    }
}

/// <summary>Files of a job.</summary>
/// <param name="Next">Give it as <c>after</c> for the next page; absent at the end.</param>
internal sealed record ArtifactPage(IReadOnlyList<ArtifactView> Artifacts, int? Next);
